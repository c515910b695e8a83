//! A pickle as Python-like source: one statement per effect.

use std::fmt;

use ma_core::{Blob, Budget, ScanError};

/// Bounds on the output of [`decompile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecompileLimits {
    /// Statements written.
    pub max_statements: usize,
    /// Characters per statement.
    pub max_width: usize,
}

impl Default for DecompileLimits {
    fn default() -> Self {
        Self {
            max_statements: 10_000,
            max_width: 2000,
        }
    }
}

/// Writes the pickle at the start of `blob` as source.
///
/// # Errors
/// When the bytes can't be read or the budget is used up.
pub fn decompile(
    _blob: &Blob,
    _budget: &Budget,
    _out: &mut dyn fmt::Write,
    _limits: DecompileLimits,
) -> Result<(), ScanError> {
    Ok(())
}
