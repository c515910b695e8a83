//! Members in a form that can't be unpacked here.

use ma_core::{Issue, declare_rule};

use super::shown;
use crate::anomaly::Anomaly;

declare_rule! {
    /// ## What it finds
    /// Members whose compression or format variant can't be undone here.
    /// ## Why it matters
    /// What is inside was not looked at. Model tools do not use such methods; somebody chose one.
    /// ## What it leaves alone
    /// The methods that are read: stored, deflate, deflate64, bzip2, LZMA, zstd, xz.
    /// ## What to do
    /// Ask for the model in an ordinary archive, or unpack it in a place apart and scan that.
    pub static ARCHIVE_UNSUPPORTED_METHOD = {
        code: "ARC016", name: "archive-unsupported-method", severity: Warning,
        title: "A member can't be unpacked here",
        references: [Cwe(1284)],
    }
}

/// The issue, if it is one of these.
pub(crate) fn issue(anomaly: &Anomaly) -> Option<Issue> {
    let Anomaly::Unsupported { name, at, what } = anomaly else {
        return None;
    };
    let name = shown(name);
    let text = format!("`{name}` was not unpacked: {what}");
    Some(
        Issue::new(&ARCHIVE_UNSUPPORTED_METHOD, text)
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
        let own = Anomaly::Unsupported {
            name: "a".into(),
            at: 0..1,
            what: "x".into(),
        };
        assert_eq!(issue(&own).map(|i| i.severity), Some(Severity::Warning));
        let other = Anomaly::Quine {
            name: "a".into(),
            at: 0..1,
        };
        assert_eq!(issue(&other), None);
    }
}
