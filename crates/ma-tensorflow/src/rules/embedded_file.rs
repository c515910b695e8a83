//! Files inside strings.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::graph::model::EmbeddedKind;

declare_rule! {
    /// ## What it finds
    /// A string of the graph that is a native executable or a script (Warning), or a pickle or an archive (Info; what they hold is scanned by itself). Base64 of these counts as they do.
    ///
    /// ## Why it matters
    /// A graph has no use for programs. Another node may write the string to a file, or a program that comes with the model may unpack it.
    ///
    /// ## What it leaves alone
    /// Text, serialised settings, vocabularies.
    ///
    /// ## What to do
    /// Look at what the string is used for before you load the model.
    pub static EMBEDDED_FILE = {
        code: "TFG015", name: "tensorflow-embedded-file", severity: Warning,
        title: "A string of the graph is a program or a file",
        references: [Cwe(506)],
    }
}

/// Fires on such a string. `head` is how it begins.
pub(crate) fn check(what: EmbeddedKind, base64: bool, holder: &str, head: &[u8]) -> Option<Issue> {
    let (what, severity) = match what {
        EmbeddedKind::Executable => ("a native executable", Severity::Warning),
        EmbeddedKind::Script => ("a script", Severity::Warning),
        EmbeddedKind::Pickle => ("a pickle", Severity::Info),
        EmbeddedKind::Zip => ("a zip archive", Severity::Info),
        EmbeddedKind::Graph | EmbeddedKind::Model => return None,
    };
    let coded = if base64 { " in Base64" } else { "" };
    let message = format!("A string of {holder} is {what}{coded}");
    let head = Evidence::bytes("first bytes", head.get(..16).unwrap_or(head));
    Some(
        Issue::new(&EMBEDDED_FILE, message)
            .severity(severity)
            .evidence(head),
    )
}
