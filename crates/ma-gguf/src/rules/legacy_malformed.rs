//! Old files that lie.

use ma_core::{Issue, Severity, declare_rule};

use crate::legacy::Old;

declare_rule! {
    /// ## What it finds
    /// Words, tensors or names of a file of the time before GGUF that do not fit into it, types that do
    /// not exist, and products of dimensions that overflow (Critical).
    /// ## Why it matters
    /// The programs that load these files trust the numbers in them. A tensor that is larger than the
    /// file is read from memory that is not the model's.
    /// ## What it leaves alone
    /// Files whose layout is not known here: they are reported as not looked at.
    /// ## What to do
    /// Fetch the file again. If it stays as it is, do not load it.
    pub static LEGACY_MALFORMED = {
        code: "GUF031", name: "ggml-legacy-malformed", severity: Warning,
        title: "An old file declares what it does not hold",
        references: [Cwe(130), Cwe(190)],
    }
}

/// Fires on the first problem.
#[must_use]
pub fn check(old: &Old) -> Option<Issue> {
    let problem = old.problem.as_ref()?;
    let layout = old.layout.unwrap_or(old.magic);
    let message = format!("Read as {layout}: {}", problem.what);
    let severity = if problem.overflow {
        Severity::Critical
    } else {
        Severity::Warning
    };
    Some(
        Issue::new(&LEGACY_MALFORMED, message)
            .severity(severity)
            .at(problem.range.clone())
            .route(problem.route.clone()),
    )
}

#[cfg(test)]
mod tests {
    use crate::build::{Old, llama};
    use ma_core::Severity;

    fn fired(file: Old) -> Option<Severity> {
        let found = ma_testkit::run::scan(&crate::Ggml, "x.bin", &file.out);
        let mut issues = found.issues.into_iter();
        let rule = "ggml-legacy-malformed";
        issues.find(|i| i.rule.name == rule).map(|i| i.severity)
    }

    #[test]
    fn fires_on_what_does_not_fit() {
        assert_eq!(fired(llama(b"tjgg", Some(3))), None);
        let more = |dims: &[u32], kind| llama(b"tjgg", Some(3)).tensor("w", dims, kind, 8, true);
        assert_eq!(fired(more(&[1000], 0)), Some(Severity::Warning));
        assert_eq!(fired(more(&[8], 77)), Some(Severity::Warning));
        assert_eq!(fired(more(&[u32::MAX; 3], 0)), Some(Severity::Critical));
    }
}
