//! `general.alignment`.

use ma_core::{Issue, Severity, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};

declare_rule! {
    /// ## What it finds
    /// `general.alignment` that is 0, no power of two, or not a 32-bit unsigned number. Info: more than
    /// 64 KiB.
    /// ## Why it matters
    /// Loaders divide by it, and 0 ends the process. Readers that take another type read another
    /// number and then find every tensor at another place.
    /// ## What it leaves alone
    /// Powers of two up to 64 KiB, and files without the key (32 is meant).
    /// ## What to do
    /// Do not load the file; convert the model again from its source.
    pub static ALIGNMENT = {
        code: "GUF008", name: "gguf-alignment", severity: Warning,
        title: "The alignment is no number that one can align to",
        references: [Cwe(369), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let AnomalyKind::BadAlignment { what, unusual } = &a.kind else {
            return None;
        };
        let severity = if *unusual {
            Severity::Info
        } else {
            Severity::Warning
        };
        let message = format!("`general.alignment` {what}");
        Some(about(&ALIGNMENT, a, message).severity(severity))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{INFO, WARNING, fired};

    #[test]
    fn fires_on_what_one_cannot_align_to() {
        let with = |value| {
            let file = File::new().kv(kv("general.alignment", value));
            fired("gguf-alignment", &file.tensor("a", &[8], 0, 32).build())
        };
        assert_eq!(with(u32v(0)), WARNING);
        assert_eq!(with(u32v(48)), WARNING);
        assert_eq!(with(u64v(32)), WARNING);
        assert_eq!(with(strv("32")), WARNING);
        assert_eq!(with(u32v(1 << 17)), INFO);
        assert_eq!(with(u32v(64)), None);
    }
}
