//! Bytes after the data.

use ma_core::{Issue, Severity, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf, Trailing};

declare_rule! {
    /// ## What it finds
    /// Bytes after the end of the data. Zeros below 64 KiB are Info, a program is Critical.
    /// ## Why it matters
    /// No loader reads them, other programs may: a zip or a program behind a model is a second file in
    /// disguise, found by readers that look at the end or at an offset.
    /// ## What it leaves alone
    /// A last tensor that is padded, or not.
    /// ## What to do
    /// Look at what follows; it was handed on for its own scan when it looked like something.
    pub static TRAILING_DATA = {
        code: "GUF015", name: "gguf-trailing-data", severity: Warning,
        title: "Bytes follow the last tensor",
        references: [Cwe(646), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on anything after the data.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let AnomalyKind::Trailing(what) = &a.kind else {
            return None;
        };
        let count = a.range.end.saturating_sub(a.range.start);
        let (message, severity) = match what {
            Trailing::Zeros => (
                format!("{count} zeros follow the last tensor"),
                Severity::Info,
            ),
            Trailing::Known(name) => (
                format!(
                    "{} follow the last tensor and begin a {name}",
                    super::count(count)
                ),
                super::severity_of(name),
            ),
            Trailing::Other => (
                format!("{} follow the last tensor", super::count(count)),
                Severity::Warning,
            ),
        };
        Some(about(&TRAILING_DATA, a, message).severity(severity))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{CRITICAL, INFO, WARNING, fired};

    #[test]
    fn severity_follows_what_is_there() {
        let with = |tail: &[u8]| fired("gguf-trailing-data", &File::plain().tail(tail).build());
        assert_eq!(with(b""), None);
        assert_eq!(with(&[0; 100]), INFO);
        assert_eq!(with(&[0; 70_000]), WARNING);
        assert_eq!(with(b"note"), WARNING);
        assert_eq!(with(b"PK\x03\x04rest"), WARNING);
        assert_eq!(with(b"\0\0\x7fELF\x02\x01\x01rest"), CRITICAL);
    }
}
