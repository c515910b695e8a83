//! Bytes after the archive.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::anomaly::{Anomaly, Place};
use ma_wire::Content;

declare_rule! {
    /// ## What it finds
    /// Bytes after the end of an archive or compressed stream, and archive comments that hold a
    /// program, a pickle or another archive, or more than 4 KiB.
    /// ## Why it matters
    /// Readers stop at the end and do not see them, while another program may read exactly these: a
    /// second archive, a pickle, a program.
    /// ## What it leaves alone
    /// Zeros up to 64 KiB, the padding of tapes and blocks, and ordinary comments.
    /// ## What to do
    /// Look at the bytes; they were scanned as a part of their own.
    pub static ARCHIVE_TRAILING_DATA = {
        code: "ARC013", name: "archive-trailing-data", severity: Warning,
        title: "There is foreign data after the archive",
        references: [Cwe(1285)],
    }
}

/// The issue, if it is one of these.
pub(crate) fn issue(anomaly: &Anomaly) -> Option<Issue> {
    let Anomaly::Unclaimed { at, place, content } = anomaly else {
        return None;
    };
    if !matches!(place, Place::After | Place::Comment) {
        return None;
    }
    let severity = match content {
        Content::Program(_) => Severity::Critical,
        Content::Zeros | Content::Known(_) => Severity::Info,
        _ => Severity::Warning,
    };
    let len = at.end.saturating_sub(at.start);
    let text = format!(
        "{len} bytes {}: {content}",
        if *place == Place::Comment {
            "of comment"
        } else {
            "after the archive"
        }
    );
    let issue = Issue::new(&ARCHIVE_TRAILING_DATA, text).severity(severity);
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
        let here = Place::After;
        assert_eq!(
            severity(Content::Program("ELF"), here),
            Some(Severity::Critical)
        );
        assert_eq!(severity(Content::Pickle, here), Some(Severity::Warning));
    }
}
