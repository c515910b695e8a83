//! How values are written.

use ma_core::{Issue, Severity, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};

declare_rule! {
    /// ## What it finds
    /// A list of lists, a value type that does not exist, and truth values that are neither 0 nor 1
    /// (Info).
    /// ## Why it matters
    /// The specification allows lists of lists, and llama.cpp refuses them: a file with one loads in
    /// some programs and not in others, so what is behind it is seen by some only. Behind an unknown
    /// type nobody knows where the next key starts.
    /// ## What it leaves alone
    /// Plain lists of any length.
    /// ## What to do
    /// Ask which program wrote the file.
    pub static VALUE_ENCODING = {
        code: "GUF012", name: "gguf-value-encoding", severity: Warning,
        title: "A value is written in a way that readers take differently",
        references: [Cwe(436), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let (message, severity) = match &a.kind {
            AnomalyKind::NestedArray { depth } => (
                format!("The value is a list of lists, {depth} deep; llama.cpp refuses it"),
                Severity::Warning,
            ),
            AnomalyKind::UnknownValueType(id) => (
                format!("There is no value type {id}; where the value ends is not known"),
                Severity::Warning,
            ),
            AnomalyKind::BadBool { byte, count } => (
                format!("{count} truth values are neither 0 nor 1, the first is {byte}"),
                Severity::Info,
            ),
            _ => return None,
        };
        Some(about(&VALUE_ENCODING, a, message).severity(severity))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{INFO, WARNING, fired};

    #[test]
    fn fires_on_lists_of_lists_unknown_types_and_odd_bools() {
        let with = |value| {
            fired(
                "gguf-value-encoding",
                &File::new().kv(kv("a.b", value)).build(),
            )
        };
        assert_eq!(with(arr(9, [arr(4, [u32v(1)])])), WARNING);
        assert_eq!(with(Val::Num(13, 1, 4)), WARNING);
        assert_eq!(with(Val::Head(99, 0)), WARNING);
        assert_eq!(with(boolv(2)), INFO);
        assert_eq!(with(arr(7, [boolv(1), boolv(255)])), INFO);
        assert_eq!(with(boolv(1)), None);
        assert_eq!(with(arr(4, [u32v(1)])), None);
    }
}
