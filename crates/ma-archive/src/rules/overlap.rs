//! Members that share bytes.

use ma_core::{Evidence, Issue, declare_rule};

use super::shown;
use crate::anomaly::Anomaly;

declare_rule! {
    /// ## What it finds
    /// Members of a zip file whose headers or data lie on the same bytes, and directories that list one
    /// member twice.
    /// ## Why it matters
    /// No tool writes this. It is how a small archive unpacks to petabytes without nesting: all members
    /// share one compressed core.
    /// ## What it leaves alone
    /// Hard links in tar files, which say openly that they are one file.
    /// ## What to do
    /// Do not unpack it.
    pub static ARCHIVE_OVERLAP = {
        code: "ARC008", name: "archive-overlap", severity: Critical,
        title: "Members of the archive overlap",
        references: [Cwe(409), Article("https://www.bamsoftware.com/hacks/zipbomb/")],
    }
}

/// The issue, if it is one of these.
pub(crate) fn issue(anomaly: &Anomaly) -> Option<Issue> {
    let Anomaly::Overlap {
        first,
        second,
        at,
        count,
    } = anomaly
    else {
        return None;
    };
    let (first, second) = (shown(first), shown(second));
    let text = format!("`{first}` and `{second}` share bytes");
    let fact = format!("{count} members overlap others");
    let issue = Issue::new(&ARCHIVE_OVERLAP, text)
        .at(at.clone())
        .route(second);
    Some(issue.evidence(Evidence::fact("extent", fact)))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use super::*;

    #[test]
    fn fires_on_its_own_and_not_on_others() {
        let own = Anomaly::Overlap {
            first: "a".into(),
            second: "b".into(),
            at: 0..1,
            count: 3,
        };
        assert_eq!(issue(&own).map(|i| i.severity), Some(Severity::Critical));
        let other = Anomaly::Quine {
            name: "a".into(),
            at: 0..1,
        };
        assert_eq!(issue(&other), None);
    }
}
