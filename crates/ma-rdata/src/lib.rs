#![doc = include_str!("../README.md")]
//!
//! | module | what it does |
//! | --- | --- |
//! | [`model`] | plain data, a byte range on everything |
//! | [`parse`](mod@parse) | bytes to model and anomalies |
//! | [`rules`] | what is an issue |
//! | [`scanner`] | probe, parse, rules |

pub mod model;
pub mod parse;
pub mod rules;
pub mod scanner;

pub use parse::parse;
pub use scanner::Rdata;

use ma_core::Scanner;

/// All scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![Box::new(Rdata)]
}

/// Bodies of fuzz targets: they must return, whatever the bytes.
#[doc(hidden)]
pub mod fuzz {
    /// The parser.
    pub fn parse(bytes: &[u8]) {
        let budget = ma_core::Budget::default();
        let _ = crate::parse(&ma_core::Blob::from_vec(bytes.to_vec()), &budget);
    }
}
