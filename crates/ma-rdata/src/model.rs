//! Plain data of a rdata file, with a byte range on everything.

use std::ops::Range;

/// A rdata file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    /// Where the body lies, when all of it is there.
    pub body: Option<Range<u64>>,
}

/// Something that the specification does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anomaly {
    /// The file ends before what it declares.
    Truncated {
        /// The bytes that should be there.
        declared: Range<u64>,
        /// The length of the file.
        len: u64,
    },
}
