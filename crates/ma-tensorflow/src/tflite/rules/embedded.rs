//! Programs, pickles and archives in options and named buffers.

use ma_core::{Issue, Severity, declare_rule};
use ma_wire::content::Content;

use crate::tflite::model::{Embedded, Model};

declare_rule! {
    /// ## What it finds
    /// Options of operators and named buffers that begin like a native program, a script, a pickle or
    /// an archive.
    ///
    /// ## Why it matters
    /// The interpreter hands these bytes to the operator, whose code decides what to do with them. A
    /// program in there is one that somebody means to run.
    ///
    /// ## What it leaves alone
    /// Operators of accelerators, which hold code for their own processors, are information.
    ///
    /// ## What to do
    /// Find out which operator uses it, and what for. The part was scanned on its own.
    pub static TFLITE_EMBEDDED_CODE = {
        code: "LIT014", name: "tflite-embedded-code", severity: Warning,
        title: "Holds a program or an archive",
        references: [Cwe(506)],
    }
}

/// An issue for each.
pub(super) fn check(model: &Model) -> Vec<Issue> {
    model.embedded.iter().map(one).collect()
}

fn one(embedded: &Embedded) -> Issue {
    let severity = match embedded.content {
        _ if embedded.expected => Severity::Info,
        Content::Program(_) | Content::Portable => Severity::Critical,
        _ => Severity::Warning,
    };
    let len = embedded.range.end.saturating_sub(embedded.range.start);
    Issue::new(
        &TFLITE_EMBEDDED_CODE,
        format!(
            "{} holds {len} bytes that begin like {}",
            embedded.place, embedded.content
        ),
    )
    .severity(severity)
    .at(embedded.range.clone())
    .route(embedded.place.to_string())
}
