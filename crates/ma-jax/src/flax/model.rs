//! Plain data of a Flax checkpoint, with a byte range on everything.

use std::ops::Range;

/// A checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The arrays and numpy scalars, in their order; at most [`super::parse`] keeps.
    pub arrays: Vec<Array>,
    /// Arrays in all.
    pub count: u64,
    /// Values in all.
    pub values: u64,
    /// Where the first value ends.
    pub end: u64,
    /// Long texts and byte strings that may be something else.
    pub blobs: Vec<Leaf>,
    /// Whether an extension type of Flax occurs.
    pub has_arrays: bool,
    /// What Flax does not write.
    pub anomalies: Vec<Anomaly>,
}

/// An array, or a numpy scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array {
    /// The keys that lead to it.
    pub route: String,
    /// Where the whole extension value lies.
    pub range: Range<u64>,
    /// Its element type as written.
    pub dtype: String,
    /// Elements a dimension.
    pub shape: Vec<u64>,
    /// Where its elements lie.
    pub data: Range<u64>,
}

/// A text or byte string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The keys that lead to it.
    pub route: String,
    /// Where its content lies.
    pub range: Range<u64>,
    /// Whether it is text.
    pub text: bool,
}

/// Something that Flax does not write, or its reader refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// What.
    pub kind: AnomalyKind,
    /// The bytes it is about.
    pub range: Range<u64>,
    /// The keys that lead there.
    pub route: String,
}

/// See [`Anomaly`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnomalyKind {
    /// The bytes are no msgpack from here on.
    Broken(&'static str),
    /// An array whose elements are not as many bytes as shape and type say.
    ArraySize {
        /// Bytes that shape and type ask for; `None` when that can't be counted.
        want: Option<u64>,
        /// Bytes that are there.
        have: u64,
    },
    /// An element type that numpy and JAX do not have as plain numbers.
    Dtype(String),
    /// An extension value of Flax whose content is not what it should be.
    ArrayMalformed,
    /// An extension type that Flax does not know.
    Extension(i8),
    /// Maps and lists nested deeper than any model.
    Deep,
    /// A key that occurs twice in one map.
    DuplicateKey(String),
    /// A key that is a path elsewhere.
    OddKey(String),
    /// Bytes behind the value.
    Trailing,
}
