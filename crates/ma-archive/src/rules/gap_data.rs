//! Bytes between the members.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::anomaly::{Anomaly, Place};
use ma_wire::Content;

declare_rule! {
    /// ## What it finds
    /// Bytes between the members of an archive, or between them and the directory, that belong to
    /// nothing and are no padding.
    /// ## Why it matters
    /// No reader unpacks them, so nobody sees them; code that knows the place can.
    /// ## What it leaves alone
    /// Zeros up to 64 KiB, the padding that PyTorch and alignment tools make, sizes that follow the
    /// data, and the signing block of Android packages.
    /// ## What to do
    /// Look at the bytes; they were scanned as a part of their own.
    pub static ARCHIVE_GAP_DATA = {
        code: "ARC014", name: "archive-gap-data", severity: Warning,
        title: "There is foreign data between the members",
        references: [Cwe(1285)],
    }
}

/// The issue, if it is one of these.
pub(crate) fn issue(anomaly: &Anomaly) -> Option<Issue> {
    let Anomaly::Unclaimed { at, place, content } = anomaly else {
        return None;
    };
    if !matches!(place, Place::Between) {
        return None;
    }
    let severity = match content {
        Content::Program(_) => Severity::Critical,
        Content::Zeros | Content::Known(_) => Severity::Info,
        _ => Severity::Warning,
    };
    let len = at.end.saturating_sub(at.start);
    let text = format!("{len} bytes between the members: {content}");
    let issue = Issue::new(&ARCHIVE_GAP_DATA, text).severity(severity);
    let fact = format!("bytes {}..{}", at.start, at.end);
    Some(issue.at(at.clone()).evidence(Evidence::fact("where", fact)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_follows_the_content() {
        let severity = |content, place| {
            issue(&Anomaly::Unclaimed {
                at: 0..9,
                place,
                content,
            })
            .map(|i| i.severity)
        };
        let here = Place::Between;
        assert_eq!(
            severity(Content::Program("ELF"), here),
            Some(Severity::Critical)
        );
        assert_eq!(severity(Content::Pickle, here), Some(Severity::Warning));
    }
}
