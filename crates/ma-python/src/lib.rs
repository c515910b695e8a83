#![doc = include_str!("../README.md")]

pub mod behaviour;
pub mod catalogue;
#[doc(hidden)]
pub mod fuzz;
pub mod marshal;
#[cfg(feature = "source")]
pub mod source;
pub mod value;

use ma_core::Scanner;

/// The scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![
        Box::new(marshal::Marshal),
        #[cfg(feature = "source")]
        Box::new(source::PythonSource),
        #[cfg(feature = "source")]
        Box::new(source::TorchScriptSource),
    ]
}
