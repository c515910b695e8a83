//! The archives' own rules, one file each, and the one list of them.

use ma_core::{Cx, Issue, Rule, ScanError, Severity};

use crate::anomaly::{Anomaly, Member};

mod bomb;
mod checksum;
mod duplicate_name;
mod encrypted;
mod gap_data;
mod header_mismatch;
mod hidden_member;
mod link_escape;
mod overlap;
mod path_escape;
mod prefix;
mod quine;
mod special_file;
mod trailing_data;
mod truncated;
mod unsupported_method;

pub use bomb::ARCHIVE_BOMB;
pub use checksum::ARCHIVE_CHECKSUM;
pub use duplicate_name::ARCHIVE_DUPLICATE_NAME;
pub use encrypted::ARCHIVE_ENCRYPTED;
pub use gap_data::ARCHIVE_GAP_DATA;
pub use header_mismatch::ARCHIVE_HEADER_MISMATCH;
pub use hidden_member::ARCHIVE_HIDDEN_MEMBER;
pub use link_escape::ARCHIVE_LINK_ESCAPE;
pub use overlap::ARCHIVE_OVERLAP;
pub use path_escape::ARCHIVE_PATH_ESCAPE;
pub use prefix::ARCHIVE_PREFIX;
pub use quine::ARCHIVE_QUINE;
pub use special_file::ARCHIVE_SPECIAL_FILE;
pub use trailing_data::ARCHIVE_TRAILING_DATA;
pub use truncated::ARCHIVE_TRUNCATED;
pub use unsupported_method::ARCHIVE_UNSUPPORTED_METHOD;

/// All rules of this crate.
pub static RULES: &[&Rule] = &[
    &ARCHIVE_PATH_ESCAPE,
    &ARCHIVE_LINK_ESCAPE,
    &ARCHIVE_SPECIAL_FILE,
    &ARCHIVE_HEADER_MISMATCH,
    &ARCHIVE_HIDDEN_MEMBER,
    &ARCHIVE_CHECKSUM,
    &ARCHIVE_DUPLICATE_NAME,
    &ARCHIVE_OVERLAP,
    &ARCHIVE_BOMB,
    &ARCHIVE_QUINE,
    &ARCHIVE_ENCRYPTED,
    &ARCHIVE_PREFIX,
    &ARCHIVE_TRAILING_DATA,
    &ARCHIVE_GAP_DATA,
    &ARCHIVE_TRUNCATED,
    &ARCHIVE_UNSUPPORTED_METHOD,
];

/// Reports what one oddity means.
///
/// # Errors
/// When the receiver wants no more.
pub(crate) fn report(anomaly: &Anomaly, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    match issue(anomaly) {
        Some(issue) => cx.issue(issue),
        None => Ok(()),
    }
}

fn issue(anomaly: &Anomaly) -> Option<Issue> {
    match anomaly {
        Anomaly::Mismatch { .. } => header_mismatch::issue(anomaly),
        Anomaly::Hidden { .. } => hidden_member::issue(anomaly),
        Anomaly::Overlap { .. } => overlap::issue(anomaly),
        Anomaly::Unclaimed { .. } => prefix::issue(anomaly)
            .or_else(|| gap_data::issue(anomaly))
            .or_else(|| trailing_data::issue(anomaly)),
        Anomaly::Truncated { .. } => truncated::issue(anomaly),
        Anomaly::Unsupported { .. } => unsupported_method::issue(anomaly),
        Anomaly::Encrypted { .. } => encrypted::issue(anomaly),
        Anomaly::Checksum { .. } | Anomaly::ChecksumText { .. } => checksum::issue(anomaly),
        Anomaly::Bomb { .. } => bomb::issue(anomaly),
        Anomaly::Quine { .. } => quine::issue(anomaly),
    }
}

/// Applies the rules that look at the members together.
///
/// # Errors
/// When the receiver wants no more.
pub(crate) fn members<'m>(
    members: impl Iterator<Item = &'m Member> + Clone,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let members = members.filter(|m| !m.again);
    path_escape::check(members.clone(), cx)?;
    special_file::check(members.clone(), cx)?;
    link_escape::check(members.clone(), cx)?;
    duplicate_name::check(members, cx)
}

pub(crate) use path_escape::stored_name;

/// Counts what was told by severity, so that a flood of one rule does not fill the memory and a flood
/// of mild issues does not hide a grave one.
#[derive(Default)]
pub(crate) struct Told {
    counts: [u32; 3],
}

impl Told {
    /// Whether one more of this severity is to be told.
    pub(crate) fn more(&mut self, severity: Severity) -> bool {
        const ENOUGH: u32 = 1000;
        let [info, warning, critical] = &mut self.counts;
        let count = match severity {
            Severity::Info => info,
            Severity::Warning => warning,
            Severity::Critical => critical,
        };
        *count = count.saturating_add(1);
        *count <= ENOUGH
    }
}

/// A name for a message: escaped and short.
pub(crate) fn shown(name: &str) -> String {
    use ma_core::text::{escape, shorten};
    shorten(&escape(name), 120).into_owned()
}

#[cfg(test)]
pub(crate) mod tests_support {
    //! Members and runs for the unit tests of the rules.

    use ma_core::{
        Artifact, ArtifactPath, Blob, Budget, Collector, Cx, Entry, EntryKind, Issue, ScanError,
        ScanOptions,
    };

    use crate::anomaly::Member;

    pub(crate) fn member(name: &str, kind: EntryKind) -> Member {
        let mut entry = Entry::file(name);
        entry.kind = kind;
        Member::new(entry, 0..1)
    }

    pub(crate) fn issues(
        check: impl Fn(&[Member], &mut Cx<'_>) -> Result<(), ScanError>,
        members: &[Member],
    ) -> Vec<Issue> {
        let artifact = Artifact::new(ArtifactPath::new("x"), Blob::from_vec(Vec::new()));
        let budget = Budget::default();
        let mut found = Collector::default();
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        check(members, &mut cx).unwrap();
        found.issues
    }

    pub(crate) fn run(
        check: impl Fn(&[Member], &mut Cx<'_>) -> Result<(), ScanError>,
        members: &[Member],
    ) -> usize {
        issues(check, members).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_pages_are_complete() {
        let mut codes = std::collections::BTreeSet::new();
        for rule in RULES {
            assert!(codes.insert(rule.code), "{} twice", rule.code);
            for heading in [
                "What it finds",
                "Why it matters",
                "What it leaves alone",
                "What to do",
            ] {
                assert!(
                    !rule.section(heading).is_empty(),
                    "{}: {heading}",
                    rule.code
                );
            }
        }
    }
}
