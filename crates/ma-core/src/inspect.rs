//! What a format holds, for people who look: `modelaudit inspect` and the component list of a report.

use serde::Serialize;

/// A view of one artifact as one format reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// Format id.
    pub format: String,
    /// Short facts in the format's own order: (`protocol`, `4`), (`tensors`, `148`).
    pub facts: Vec<(String, String)>,
    /// Longer listings.
    pub sections: Vec<Section>,
}

/// A titled listing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line of a listing, tied to the bytes it comes from so that issues can be marked beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The first byte it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The text, not yet escaped.
    pub text: String,
}
