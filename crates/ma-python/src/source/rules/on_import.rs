//! Programs, code, libraries or connections by the mere import.

use ma_core::{Issue, declare_rule};

use super::issue;
use crate::source::{Reason, SourceFinding};

declare_rule! {
    /// ## What it finds
    /// Calls that start programs, run program text that is put together, load native libraries or open network connections, where importing the file is enough to make them: at module level, in class bodies, decorators, default values and annotations, or in functions that module-level code calls. Names are followed through aliases, `getattr`, `__import__`, strings put together or decoded, and text handed to `exec`.
    /// ## Why it matters
    /// Loading a model whose repository brings Python imports these files. What they do at import happens on your computer before you have seen the model, with all your rights.
    /// ## What it leaves alone
    /// Calls inside functions that nothing calls at import; commands that only ask the system something (`nvidia-smi`, `git rev-parse`); imports; definitions; reading files beside the module.
    /// ## What to do
    /// Do not load the model with remote code enabled. Read the line; if the call is wanted, move it into a function that the user calls.
    pub static RUNS_ON_IMPORT = {
        code: "PY001", name: "python-runs-code-on-import", severity: Critical,
        title: "Acts on your computer as soon as it is imported",
        references: [Cwe(506), Cwe(94)],
    }
}

/// Fires on findings of its reason; their severity is their own.
#[must_use]
pub fn check(finding: &SourceFinding) -> Option<Issue> {
    (finding.reason == Reason::OnImport).then(|| issue(&RUNS_ON_IMPORT, finding))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::source::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "python-runs-code-on-import";
        assert_eq!(
            fired(rule, "import os\nos.system('echo pwned')"),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired(rule, "import os\ndef f():\n    os.system('echo pwned')"),
            None
        );
        assert_eq!(
            fired(rule, "import os\nos.makedirs('x', exist_ok=True)"),
            None
        );
    }
}
