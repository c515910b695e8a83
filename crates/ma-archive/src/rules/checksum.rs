//! Checksums that do not fit the data.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::shown;
use crate::anomaly::Anomaly;

declare_rule! {
    /// ## What it finds
    /// Members whose data does not have the checksum that the archive states.
    /// ## Why it matters
    /// Either the data is damaged, or the checksum was made wrong on purpose: PyTorch does not look at
    /// it and loads the member, while Python's `zipfile`, and scanners built on it, stop there
    /// (CVE-2025-10156). In a compressed stream the damage shows only at the end, when a loader that
    /// reads on the way has already used what came before.
    /// ## What it leaves alone
    /// Members whose end is missing altogether; those are reported as incomplete.
    /// ## What to do
    /// Get the file again from its source and compare. The member was scanned all the same.
    pub static ARCHIVE_CHECKSUM = {
        code: "ARC006", name: "archive-checksum", severity: Critical,
        title: "A checksum does not fit",
        references: [Cwe(354), Cve("CVE-2025-10156"), Advisory("GHSA-mjqp-26hc-grxg")],
    }
}

/// The issue, if it is one of these.
pub(crate) fn issue(anomaly: &Anomaly) -> Option<Issue> {
    match anomaly {
        Anomaly::Checksum {
            name,
            at,
            stated,
            actual,
        } => {
            let name = shown(name);
            let text = format!("`{name}` has another CRC-32 than the archive states");
            let fact = format!("stated {stated:08x}, actual {actual:08x}");
            let issue = Issue::new(&ARCHIVE_CHECKSUM, text)
                .at(at.clone())
                .route(name);
            Some(issue.evidence(Evidence::fact("CRC-32", fact)))
        }
        Anomaly::ChecksumText { name, at, detail } => {
            let name = shown(name);
            let text = format!("`{name}`: {detail}");
            let issue = Issue::new(&ARCHIVE_CHECKSUM, text).severity(Severity::Warning);
            Some(issue.at(at.clone()).route(name))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_member_is_worse_than_a_stream() {
        let zip = Anomaly::Checksum {
            name: "a".into(),
            at: 0..1,
            stated: 1,
            actual: 2,
        };
        let stream = Anomaly::ChecksumText {
            name: "a".into(),
            at: 0..1,
            detail: "x".into(),
        };
        assert_eq!(issue(&zip).unwrap().severity, Severity::Critical);
        assert_eq!(issue(&stream).unwrap().severity, Severity::Warning);
    }
}
