//! What is an issue in a rdata file: the one list.

mod truncated;

use ma_core::Rule;

pub use truncated::TRUNCATED;
pub(crate) use truncated::check as truncated;

/// All rules of this crate.
pub static RULES: &[&Rule] = &[&TRUNCATED];
