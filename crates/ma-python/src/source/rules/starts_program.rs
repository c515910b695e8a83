//! Programs started by functions.

use ma_core::{Issue, declare_rule};

use super::issue;
use crate::source::{Reason, SourceFinding};

declare_rule! {
    /// ## What it finds
    /// Calls to `os.system`, `subprocess` and the like within functions and methods, with a shell, an interpreter, or a command that is not known before it runs. In text that is no valid Python 3: all calls of such names.
    /// ## Why it matters
    /// Models compute; they seldom need other programs. If a framework calls the function, the program runs on your computer.
    /// ## What it leaves alone
    /// Programs named with their arguments one by one, other than shells, interpreters, downloaders and installers (Info); commands that only ask the system something; code under `if __name__ == "__main__"` (Info).
    /// ## What to do
    /// Read the function and see who calls it and with what.
    pub static STARTS_PROGRAM = {
        code: "PY004", name: "python-starts-program", severity: Warning,
        title: "Starts a program when a function is called",
        references: [Cwe(78)],
    }
}

/// Fires on findings of its reason; their severity is their own.
#[must_use]
pub fn check(finding: &SourceFinding) -> Option<Issue> {
    (finding.reason == Reason::StartsProgram).then(|| issue(&STARTS_PROGRAM, finding))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::source::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "python-starts-program";
        assert_eq!(
            fired(rule, "import os\ndef f():\n    os.system('echo pwned')"),
            Some(Severity::Warning)
        );
        assert_eq!(
            fired(
                rule,
                "import subprocess\ndef f():\n    subprocess.run(['nvidia-smi', '-L'])"
            ),
            None
        );
        assert_eq!(
            fired(rule, "import os\ndef f():\n    os.listdir('.')"),
            None
        );
    }
}
