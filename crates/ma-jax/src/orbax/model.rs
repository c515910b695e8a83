//! What the metadata of a checkpoint or array says.

use std::ops::Range;

/// A metadata file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Short facts for who looks.
    pub facts: Vec<(String, String)>,
    /// Parameters or arrays with what is said of them.
    pub parameters: Vec<(u64, String)>,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// Pickles that readers load from the text itself: route, where, bytes.
    pub pickles: Vec<(String, Vec<u8>)>,
}

/// Something in the metadata that is an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind.
    pub kind: FindingKind,
    /// What was found, as a sentence.
    pub what: String,
    /// The value.
    pub text: String,
    /// The keys that lead to it.
    pub route: String,
    /// Where it stands.
    pub range: Range<u64>,
}

/// See [`Finding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// Data elsewhere.
    StoreElsewhere,
    /// A parameter whose name is a path.
    ParameterPath,
    /// A codec that unpickles.
    PickleCodec,
    /// A codec that is not known.
    UnknownCodec,
    /// A shape that can't be.
    Shape,
}
