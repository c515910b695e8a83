//! Archives that end early.

use ma_core::{Issue, declare_rule};

use crate::anomaly::Anomaly;

declare_rule! {
    /// ## What it finds
    /// Archives whose end, directory or last member is missing.
    /// ## Why it matters
    /// A download that broke off, or a file cut on purpose: readers that go by the directory give up,
    /// readers that go through the file from its start unpack what is there.
    /// ## What it leaves alone
    /// Tar files without the two zero blocks at their end, which many tools write.
    /// ## What to do
    /// Get the file again. What is there was scanned.
    pub static ARCHIVE_TRUNCATED = {
        code: "ARC015", name: "archive-truncated", severity: Warning,
        title: "The archive is cut off",
        references: [Cwe(1284)],
    }
}

/// The issue, if it is one of these.
pub(crate) fn issue(anomaly: &Anomaly) -> Option<Issue> {
    let Anomaly::Truncated { at, detail } = anomaly else {
        return None;
    };
    Some(Issue::new(&ARCHIVE_TRUNCATED, detail.clone()).at(at.clone()))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use super::*;

    #[test]
    fn fires_on_its_own_and_not_on_others() {
        let own = Anomaly::Truncated {
            at: 0..1,
            detail: "cut".into(),
        };
        assert_eq!(issue(&own).map(|i| i.severity), Some(Severity::Warning));
        let other = Anomaly::Quine {
            name: "a".into(),
            at: 0..1,
        };
        assert_eq!(issue(&other), None);
    }
}
