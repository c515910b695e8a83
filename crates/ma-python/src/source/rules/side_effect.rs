//! Milder effects of the mere import.

use ma_core::{Issue, declare_rule};

use super::issue;
use crate::source::{Reason, SourceFinding};

declare_rule! {
    /// ## What it finds
    /// By the mere import: files deleted, pickles loaded, weights downloaded, the text of another file run, builtins replaced, import hooks and trace functions installed, requests sent through a chain of calls.
    /// ## Why it matters
    /// A module that defines a model has no reason to do this before anybody asks for the model, and a pickle or file it loads can carry code of its own.
    /// ## What it leaves alone
    /// The same within functions; reading JSON and text; the cache directories that libraries make.
    /// ## What to do
    /// Read the line and see what file or address it depends on; scan that file too.
    pub static SIDE_EFFECT = {
        code: "PY006", name: "python-import-side-effect", severity: Warning,
        title: "Changes or fetches something as soon as it is imported",
        references: [Cwe(829)],
    }
}

/// Fires on findings of its reason; their severity is their own.
#[must_use]
pub fn check(finding: &SourceFinding) -> Option<Issue> {
    (finding.reason == Reason::SideEffect).then(|| issue(&SIDE_EFFECT, finding))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::source::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "python-import-side-effect";
        assert_eq!(
            fired(rule, "import pickle\nx = pickle.load(open('x.pkl', 'rb'))"),
            Some(Severity::Warning)
        );
        assert_eq!(
            fired(rule, "import builtins\nbuiltins.open = print"),
            Some(Severity::Warning)
        );
        assert_eq!(
            fired(rule, "import json\nx = json.load(open('x.json'))"),
            None
        );
    }
}
