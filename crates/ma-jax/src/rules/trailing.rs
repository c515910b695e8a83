//! Bytes behind the value.

use std::ops::Range;

use ma_core::{Issue, Severity, declare_rule};
use ma_wire::Content;

declare_rule! {
    /// ## What it finds
    /// Bytes behind the one value that a checkpoint is.
    /// ## Why it matters
    /// The usual reader refuses such a file. What is appended can be a second file for another reader: an
    /// archive, a pickle or a program.
    /// ## What it leaves alone
    /// Up to 64 KiB of zeros are Info.
    /// ## What to do
    /// Look at what follows; it was handed on for its own scan when it looked like something.
    pub static TRAILING = {
        code: "JAX008", name: "flax-trailing-data", severity: Warning,
        title: "Bytes follow the checkpoint",
        references: [Cwe(646), Spec("https://flax.readthedocs.io/en/latest/api_reference/flax.serialization.html")],
    }
}

/// The issue; `content` is what the bytes look like.
pub(crate) fn issue(range: &Range<u64>, content: Content) -> Issue {
    let n = range.end.saturating_sub(range.start);
    let small = n <= ma_wire::content::MAX_PADDING as u64;
    let severity = match content {
        Content::Zeros if small => Severity::Info,
        _ => Severity::Warning,
    };
    let bytes = if n == 1 {
        "byte follows"
    } else {
        "bytes follow"
    };
    Issue::new(&TRAILING, format!("{n} {bytes} the checkpoint: {content}"))
        .severity(severity)
        .at(range.clone())
}
