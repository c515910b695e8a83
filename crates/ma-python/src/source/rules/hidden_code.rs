//! Code that was encoded or downloaded.

use ma_core::{Issue, declare_rule};

use super::issue;
use crate::source::{Reason, SourceFinding};

declare_rule! {
    /// ## What it finds
    /// `exec`, `eval`, process calls and built functions whose text or bytecode comes out of a decoder (base64, hex, zlib, marshal, reversed or assembled strings) or off the network.
    /// ## Why it matters
    /// Code that is meant to be read is not encoded. This is how malware keeps reviewers and scanners from seeing what it does, or lets its author change it after you looked.
    /// ## What it leaves alone
    /// Decoding of data that is not run; text constants handed to `exec` as they are, which are read like the rest of the file.
    /// ## What to do
    /// Do not load the model. Decode the text to see what it does.
    pub static HIDDEN_CODE = {
        code: "PY002", name: "python-hidden-code", severity: Critical,
        title: "Runs code that was hidden or downloaded",
        references: [Cwe(506), Cwe(494)],
    }
}

/// Fires on findings of its reason; their severity is their own.
#[must_use]
pub fn check(finding: &SourceFinding) -> Option<Issue> {
    (finding.reason == Reason::HiddenCode).then(|| issue(&HIDDEN_CODE, finding))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::source::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "python-hidden-code";
        assert_eq!(
            fired(
                rule,
                "import base64\ndef f(x):\n    exec(base64.b64decode(x))"
            ),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired(
                rule,
                "import base64\ndef f(x):\n    return base64.b64decode(x)"
            ),
            None
        );
    }
}
