//! Programs, pickles and archives in constants.

use ma_core::{Issue, Severity, declare_rule};
use ma_wire::content::Content;

use crate::tfjs::model::Embedded;

declare_rule! {
    /// ## What it finds
    /// Constants of a graph model that begin like a native program, a script, a pickle or an archive.
    ///
    /// ## Why it matters
    /// A model has no use for them. Somebody put them there for another program to take out.
    ///
    /// ## What it leaves alone
    /// Texts and numbers.
    ///
    /// ## What to do
    /// Find out what it is for. The part was scanned on its own.
    pub static TFJS_EMBEDDED_CODE = {
        code: "TFJ004", name: "tfjs-embedded-code", severity: Warning,
        title: "A constant holds a program or an archive",
        references: [Cwe(506)],
    }
}

/// The issue.
pub(super) fn issue(embedded: &Embedded) -> Issue {
    let severity = match embedded.content {
        Content::Program(_) | Content::Portable => Severity::Critical,
        _ => Severity::Warning,
    };
    let node = ma_core::text::shorten(&embedded.node, 120);
    let len = embedded.bytes.len();
    let message = format!(
        "The constant `{node}` holds {len} bytes that begin like {}",
        embedded.content
    );
    Issue::new(&TFJS_EMBEDDED_CODE, message)
        .severity(severity)
        .at(embedded.range.clone())
        .route(embedded.node.as_str())
}
