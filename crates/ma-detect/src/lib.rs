#![doc = include_str!("../README.md")]

pub mod executable;

use ma_core::Scanner;

/// All scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![Box::new(executable::Executable)]
}
