//! The directory and the member's own header (or its data) say different things.

use ma_core::{Evidence, Issue, declare_rule};

use super::shown;
use crate::anomaly::Anomaly;

declare_rule! {
    /// ## What it finds
    /// A zip file says most things twice: in its directory and in a header before each member. This
    /// rule reports where the two, or the data itself, differ in name, encryption flags, compression
    /// method, sizes or checksum, and end records whose counts do not fit the directory.
    /// ## Why it matters
    /// Readers differ in which they believe. PyTorch believes the directory and looks at neither flags
    /// nor checksums; Python compares and refuses; streaming readers see only the local headers. A
    /// difference is the usual way to make a scanner fail on a file that loads well (CVE-2025-1944,
    /// CVE-2025-1945).
    /// ## What it leaves alone
    /// Sizes that are left blank because they follow the data, padding in extra fields, text encoding
    /// and compression level flags, and 16-bit counts that ran over.
    /// ## What to do
    /// Treat the archive as tampered with. Every reading of it was scanned.
    pub static ARCHIVE_HEADER_MISMATCH = {
        code: "ARC004", name: "archive-header-mismatch", severity: Critical,
        title: "The archive contradicts itself",
        references: [
            Cwe(436), Cve("CVE-2025-1944"), Cve("CVE-2025-1945"),
            Spec("https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT"),
        ],
    }
}

/// The issue, if it is one of these.
pub(crate) fn issue(anomaly: &Anomaly) -> Option<Issue> {
    let Anomaly::Mismatch {
        name,
        at,
        field,
        central,
        local,
        harm,
    } = anomaly
    else {
        return None;
    };
    let severity = harm.severity();
    let name = shown(name);
    let text = format!("`{name}`: the archive contradicts itself about the {field}");
    let issue = Issue::new(&ARCHIVE_HEADER_MISMATCH, text).severity(severity);
    let issue = issue.at(at.clone()).route(name);
    let issue = issue.evidence(Evidence::text("one says", shown(central)));
    Some(issue.evidence(Evidence::text("the other", shown(local))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anomaly::Harm;
    use ma_core::Severity;

    #[test]
    fn severity_follows_the_harm() {
        let severity = |harm| {
            let anomaly = Anomaly::Mismatch {
                name: "a".into(),
                at: 0..1,
                field: "name",
                central: "a".into(),
                local: "b".into(),
                harm,
            };
            issue(&anomaly).unwrap().severity
        };
        assert_eq!(severity(Harm::Disagree), Severity::Critical);
        assert_eq!(severity(Harm::Refuse), Severity::Warning);
        assert_eq!(severity(Harm::Untidy), Severity::Info);
    }
}
