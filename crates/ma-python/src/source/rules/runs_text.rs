//! Text run by functions.

use ma_core::{Issue, declare_rule};

use super::issue;
use crate::source::{Reason, SourceFinding};

declare_rule! {
    /// ## What it finds
    /// `exec` and `eval` within functions and methods, of text that is not a constant.
    /// ## Why it matters
    /// Whoever controls the text controls the computer: a configuration value, a prompt or a file beside the model may be enough.
    /// ## What it leaves alone
    /// `ast.literal_eval`; constants, which are read like the rest of the file; `model.eval()`.
    /// ## What to do
    /// See where the text comes from. Where it names a function or type, a table of names does the same without running anything.
    pub static RUNS_TEXT = {
        code: "PY005", name: "python-runs-text", severity: Warning,
        title: "Runs program text when a function is called",
        references: [Cwe(95)],
    }
}

/// Fires on findings of its reason; their severity is their own.
#[must_use]
pub fn check(finding: &SourceFinding) -> Option<Issue> {
    (finding.reason == Reason::RunsText).then(|| issue(&RUNS_TEXT, finding))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::source::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "python-runs-text";
        assert_eq!(
            fired(rule, "def f(x):\n    return eval(x)"),
            Some(Severity::Warning)
        );
        assert_eq!(
            fired(
                rule,
                "import ast\ndef f(x, model):\n    model.eval()\n    return ast.literal_eval(x)"
            ),
            None
        );
        assert_eq!(fired(rule, "def f():\n    return eval('1 + 1')"), None);
    }
}
