//! Archives that contain themselves.

use ma_core::{Issue, declare_rule};

use super::shown;
use crate::anomaly::Anomaly;

declare_rule! {
    /// ## What it finds
    /// A member that unpacks to the very archive it lies in.
    /// ## Why it matters
    /// Whatever opens archives inside archives never comes to an end with it. Such a file is made by
    /// hand, to stop scanners.
    /// ## What it leaves alone
    /// Archives in archives that differ.
    /// ## What to do
    /// Do not unpack it recursively; do not trust its origin.
    pub static ARCHIVE_QUINE = {
        code: "ARC010", name: "archive-quine", severity: Critical,
        title: "The archive contains itself",
        references: [Cwe(674), Article("https://research.swtch.com/zip")],
    }
}

/// The issue, if it is one of these.
pub(crate) fn issue(anomaly: &Anomaly) -> Option<Issue> {
    let Anomaly::Quine { name, at } = anomaly else {
        return None;
    };
    let name = shown(name);
    let text = format!("`{name}` unpacks to the archive that it lies in");
    Some(Issue::new(&ARCHIVE_QUINE, text).at(at.clone()).route(name))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use super::*;

    #[test]
    fn fires_on_its_own_and_not_on_others() {
        let own = Anomaly::Quine {
            name: "a".into(),
            at: 0..1,
        };
        assert_eq!(issue(&own).map(|i| i.severity), Some(Severity::Critical));
        let other = Anomaly::Encrypted {
            name: "a".into(),
            at: 0..1,
        };
        assert_eq!(issue(&other), None);
    }
}
