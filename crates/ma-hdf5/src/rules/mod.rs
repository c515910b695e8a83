//! What is an issue in an HDF5 file: the one list.

use ma_core::Rule;

/// All rules of this crate.
pub static RULES: &[&Rule] = &[];
