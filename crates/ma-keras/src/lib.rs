#![doc = include_str!("../README.md")]
//!
//! | module | what it does |
//! | --- | --- |
//! | [`model`] | plain data, a byte range on everything |
//! | [`names`], [`resolve`](mod@resolve) | what the names in a configuration are |
//! | [`parse`](mod@parse) | a configuration in JSON to what it builds |
//! | [`archive`], [`shards`], [`yaml`] | what lies around it: members, maps of weights, older descriptions |
//! | [`rules`] | what is an issue |
//! | [`scanner`] | configurations, archives, HDF5 files |

pub mod archive;
#[doc(hidden)]
pub mod fuzz;
pub mod model;
pub mod names;
pub mod parse;
pub mod resolve;
pub mod rules;
pub mod scanner;
pub mod shards;
pub mod yaml;

pub use parse::parse;
pub use rules::RULES;
pub use scanner::{KerasArchive, KerasConfig, KerasHdf5};

use ma_core::Scanner;

/// All scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![
        Box::new(KerasArchive),
        Box::new(KerasConfig),
        Box::new(KerasHdf5),
    ]
}
