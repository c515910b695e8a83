//! Bytes before the archive.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::anomaly::{Anomaly, Place};
use ma_wire::Content;

declare_rule! {
    /// ## What it finds
    /// Bytes before the first member of a zip file.
    /// ## Why it matters
    /// Readers of the directory skip them, readers that start at the first byte see something else: a
    /// program that unpacks itself, or a pickle that is loaded instead of the archive.
    /// ## What it leaves alone
    /// Zeros. Unknown data is reported as information, because some formats put a header of their own
    /// before an archive.
    /// ## What to do
    /// Find out why it is there. A model needs no program in front of it.
    pub static ARCHIVE_PREFIX = {
        code: "ARC012", name: "archive-prefix", severity: Warning,
        title: "There is something before the archive",
        references: [Cwe(436)],
    }
}

/// The issue, if it is one of these.
pub(crate) fn issue(anomaly: &Anomaly) -> Option<Issue> {
    let Anomaly::Unclaimed { at, place, content } = anomaly else {
        return None;
    };
    if !matches!(place, Place::Before) {
        return None;
    }
    let severity = match content {
        Content::Program(_) => Severity::Critical,
        Content::Portable | Content::Script | Content::Pickle | Content::Archive(_) => {
            Severity::Warning
        }
        Content::Zeros | Content::Known(_) | Content::Other => Severity::Info,
    };
    let len = at.end.saturating_sub(at.start);
    let text = format!("{len} bytes before the archive: {content}");
    let issue = Issue::new(&ARCHIVE_PREFIX, text).severity(severity);
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
        let here = Place::Before;
        assert_eq!(
            severity(Content::Program("ELF"), here),
            Some(Severity::Critical)
        );
        assert_eq!(severity(Content::Pickle, here), Some(Severity::Warning));
    }
}
