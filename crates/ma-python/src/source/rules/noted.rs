//! Good to know.

use ma_core::{Issue, declare_rule};

use super::issue;
use crate::source::{Reason, SourceFinding};

declare_rule! {
    /// ## What it finds
    /// Within functions: native libraries loaded, pickles loaded, code fetched with `torch.hub.load`, known programs started with a fixed list of arguments. Under `if __name__ == "__main__"`: programs started and text run.
    /// ## Why it matters
    /// It is usual in model code, but it is where the code leaves Python or reads other files.
    /// ## What it leaves alone
    /// `torch.load`, `numpy.load`, JSON, downloads from model hubs.
    /// ## What to do
    /// Nothing, unless you wonder what the model depends on.
    pub static NOTED = {
        code: "PY007", name: "python-noted", severity: Info,
        title: "Does something a reader should know about",
        references: [Cwe(829)],
    }
}

/// Fires on findings of its reason; their severity is their own.
#[must_use]
pub fn check(finding: &SourceFinding) -> Option<Issue> {
    (finding.reason == Reason::Noted).then(|| issue(&NOTED, finding))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::source::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "python-noted";
        assert_eq!(
            fired(rule, "import ctypes\ndef f(p):\n    return ctypes.CDLL(p)"),
            Some(Severity::Info)
        );
        assert_eq!(
            fired(rule, "import torch\ndef f(p):\n    return torch.load(p)"),
            None
        );
    }
}
