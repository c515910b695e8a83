//! Names.

use ma_core::{Issue, Severity, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};

declare_rule! {
    /// ## What it finds
    /// Empty keys, keys longer than 65,535 bytes or not UTF-8, tensor names of 64 bytes or more, and
    /// control characters or zero bytes in either.
    /// ## Why it matters
    /// Loaders in C end a name at the first zero byte and others do not, so two readers see two names;
    /// control characters can change what a terminal shows.
    /// ## What it leaves alone
    /// Ordinary names. Keys with letters beyond ASCII and tensor names that are no UTF-8 are Info.
    /// ## What to do
    /// Convert the model again from its source.
    pub static NAMES = {
        code: "GUF011", name: "gguf-name", severity: Warning,
        title: "A key or tensor has a name that loaders refuse",
        references: [Cwe(1287), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let AnomalyKind::BadName { of, what, harmless } = &a.kind else {
            return None;
        };
        let severity = if *harmless {
            Severity::Info
        } else {
            Severity::Warning
        };
        let message = format!("The name of a {of} {what}");
        Some(about(&NAMES, a, message).severity(severity))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{INFO, WARNING, fired};

    #[test]
    fn fires_on_names_that_loaders_refuse() {
        let key = |key: &str| fired("gguf-name", &File::new().kv(kv_u32(key, 1)).build());
        let name = |name: &str| fired("gguf-name", &File::new().tensor(name, &[8], 0, 32).build());
        assert_eq!(key(""), WARNING);
        assert_eq!(key("a\u{1b}[2J"), WARNING);
        assert_eq!(key("größe"), INFO);
        assert_eq!(key("General.Name"), None);
        assert_eq!(name(&"x".repeat(64)), WARNING);
        assert_eq!(name("a\0b"), WARNING);
        assert_eq!(name(&"x".repeat(63)), None);
    }
}
