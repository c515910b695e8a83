//! Members that need a password.

use ma_core::{Issue, declare_rule};

use super::shown;
use crate::anomaly::Anomaly;

declare_rule! {
    /// ## What it finds
    /// Members, or whole archives, that can't be read without a password.
    /// ## Why it matters
    /// Nobody can say what is inside. A model that is published with its password beside it is hidden
    /// from scanners and from nobody else.
    /// ## What it leaves alone
    /// Members that are only flagged as encrypted while their data is plain: those are read, and
    /// reported as a contradiction.
    /// ## What to do
    /// Ask for the model without a password, or unpack it in a place apart and scan that.
    pub static ARCHIVE_ENCRYPTED = {
        code: "ARC011", name: "archive-encrypted", severity: Warning,
        title: "The content needs a password",
        references: [Article("https://www.reversinglabs.com/blog/rl-identifies-malware-ml-model-hosted-on-hugging-face")],
    }
}

/// The issue, if it is one of these.
pub(crate) fn issue(anomaly: &Anomaly) -> Option<Issue> {
    let Anomaly::Encrypted { name, at } = anomaly else {
        return None;
    };
    let name = shown(name);
    let text = format!("`{name}` needs a password and was not looked at");
    Some(
        Issue::new(&ARCHIVE_ENCRYPTED, text)
            .at(at.clone())
            .route(name),
    )
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use super::*;

    #[test]
    fn fires_on_its_own_and_not_on_others() {
        let own = Anomaly::Encrypted {
            name: "a".into(),
            at: 0..1,
        };
        assert_eq!(issue(&own).map(|i| i.severity), Some(Severity::Warning));
        let other = Anomaly::Quine {
            name: "a".into(),
            at: 0..1,
        };
        assert_eq!(issue(&other), None);
    }
}
