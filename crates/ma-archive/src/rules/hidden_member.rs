//! Members that ordinary readers do not list.

use ma_core::{Issue, Severity, declare_rule};

use super::shown;
use crate::anomaly::{Anomaly, Hidden};

declare_rule! {
    /// ## What it finds
    /// Members that only some readers see: a zip member without an entry in the directory, a second
    /// directory that lists other members, tar members after the end mark, and folder entries that
    /// hold data.
    /// ## Why it matters
    /// Readers of the directory and readers that go through the file from its start unpack different
    /// things. Whoever inspects the archive with one kind of tool does not see what the other loads.
    /// ## What it leaves alone
    /// Archives stored inside archives, chance signatures inside data, and `.distcp` files, which
    /// PyTorch writes as several archives in a row.
    /// ## What to do
    /// Treat the archive as tampered with. The hidden members were scanned like the others.
    pub static ARCHIVE_HIDDEN_MEMBER = {
        code: "ARC005", name: "archive-hidden-member", severity: Critical,
        title: "A member is hidden from some readers",
        references: [Cwe(436), Cve("CVE-2025-1944")],
    }
}

/// The issue, if it is one of these.
pub(crate) fn issue(anomaly: &Anomaly) -> Option<Issue> {
    let Anomaly::Hidden { name, at, how } = anomaly else {
        return None;
    };
    let name = shown(name);
    let (severity, text) = match how {
        Hidden::LocalHeader => (
            Severity::Critical,
            format!("`{name}` is not in the directory"),
        ),
        Hidden::SecondDirectory => (
            Severity::Critical,
            format!("most readers do not see {name}"),
        ),
        Hidden::AfterEnd => (
            Severity::Critical,
            format!("`{name}` comes after the end mark"),
        ),
        Hidden::DirectoryData => (
            Severity::Warning,
            format!("the folder entry `{name}` holds data"),
        ),
    };
    let issue = Issue::new(&ARCHIVE_HIDDEN_MEMBER, text).severity(severity);
    Some(issue.at(at.clone()).route(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_follows_how_it_hides() {
        let severity = |how| {
            let anomaly = Anomaly::Hidden {
                name: "a".into(),
                at: 0..1,
                how,
            };
            issue(&anomaly).unwrap().severity
        };
        assert_eq!(severity(Hidden::LocalHeader), Severity::Critical);
        assert_eq!(severity(Hidden::DirectoryData), Severity::Warning);
    }
}
