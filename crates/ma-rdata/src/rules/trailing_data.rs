//! Bytes follow the object.

use ma_core::{Issue, Severity, declare_rule};
use ma_wire::Content;

use super::{Input, Trailer};

declare_rule! {
    /// ## What it finds
    /// Bytes after the end of the stream. Critical when they begin a program, a script or an archive.
    /// ## Why it matters
    /// R stops at the end of the object, other programs look further: a zip or a program appended to the file is a second file in disguise.
    /// ## What it leaves alone
    /// White space after a stream of text. Zeros and further R streams (several objects written to one connection) are Info; the latter are looked at on their own.
    /// ## What to do
    /// Look at what follows; it was handed on for its own scan when it looked like something.
    pub static TRAILING_DATA = {
        code: "RDA012", name: "rdata-trailing-data", severity: Warning,
        title: "Bytes follow the object",
        references: [Cwe(646)],
    }
}

/// Fires on anything after the object.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let Some(trailing) = &input.trailing else {
        return Vec::new();
    };
    let count = trailing.range.end.saturating_sub(trailing.range.start);
    let (severity, what) = match trailing.content {
        Trailer::Stream => (Severity::Info, "another R object".to_owned()),
        Trailer::Other(Content::Zeros) => (Severity::Info, "zeros".to_owned()),
        Trailer::Other(content) if content.is_active() => (Severity::Critical, content.to_string()),
        Trailer::Other(content) => (Severity::Warning, content.to_string()),
    };
    let message = format!("{count} bytes follow the object: {what}");
    vec![
        Issue::new(&TRAILING_DATA, message)
            .severity(severity)
            .at(trailing.range.clone()),
    ]
}
