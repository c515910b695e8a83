#![doc = include_str!("../README.md")]
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`model`] | an npy file as plain data |
//! | [`parse`] | bytes to model: prefix, literal, dtype |
//! | [`rules`] | one file per rule |
//! | [`scanner`], [`npz`] | the scanners of single files and of archives |

#[doc(hidden)]
pub mod fuzz;
pub mod model;
pub mod npz;
pub mod parse;
pub mod rules;
pub mod scanner;

use ma_core::Scanner;

pub use npz::Npz;
pub use rules::RULES;
pub use scanner::Npy;

/// The scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![Box::new(Npy), Box::new(Npz)]
}
