//! Versions.

use ma_core::{Issue, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};

declare_rule! {
    /// ## What it finds
    /// Version 1, which loaders refuse since 2023, and versions that do not exist.
    /// ## Why it matters
    /// A file that no current program loads was either left over or is meant for an old program with
    /// known holes.
    /// ## What it leaves alone
    /// Versions 2 and 3, little-endian or big-endian.
    /// ## What to do
    /// Convert the model again with current tools.
    pub static VERSION = {
        code: "GUF019", name: "gguf-version", severity: Info,
        title: "A version that today's loaders do not read",
        references: [Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on the version.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let message = match &a.kind {
            AnomalyKind::Obsolete => {
                "Version 1 is obsolete; loaders refuse it since 2023".to_owned()
            }
            AnomalyKind::UnknownVersion(n) => format!("Version {n} is not known"),
            _ => return None,
        };
        Some(about(&VERSION, a, message))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{INFO, fired};

    #[test]
    fn fires_on_other_versions() {
        let with = |n| fired("gguf-version", &File::plain().version(n).build());
        assert_eq!((with(0), with(1), with(4)), (INFO, INFO, INFO));
        assert_eq!((with(2), with(3)), (None, None));
    }
}
