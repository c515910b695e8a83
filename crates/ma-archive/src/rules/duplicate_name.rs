//! Names that occur more than once.

use std::collections::HashMap;

use ma_core::{Cx, Evidence, Issue, ScanError, Severity, declare_rule};

use super::{Told, shown};
use crate::anomaly::Member;
use crate::paths::folded;

declare_rule! {
    /// ## What it finds
    /// Two members of one name: exactly the same, or the same to readers that fold case, drop empty and
    /// `.` parts, or strip trailing dots. Critical when a loader looks the name up (`data.pkl`,
    /// `config.json`, a manifest …) and the contents may differ.
    /// ## Why it matters
    /// Which of the two a reader gets depends on the reader: Python takes the last, others the first,
    /// PyTorch looks names up without case. A scanner that reads one and a loader that reads the other
    /// do not see the same model.
    /// ## What it leaves alone
    /// Folders that are listed twice, and repetitions with the same checksum and size.
    /// ## What to do
    /// Treat the archive as tampered with, unless you know the tool that writes it so.
    pub static ARCHIVE_DUPLICATE_NAME = {
        code: "ARC007", name: "archive-duplicate-name", severity: Warning,
        title: "Two members have the same name",
        references: [Cwe(694)],
    }
}

/// Names that loaders look up.
const LOOKED_UP: [&str; 24] = [
    "data.pkl",
    "constants.pkl",
    "bytecode.pkl",
    "attributes.pkl",
    "version",
    "byteorder",
    "config.json",
    "tokenizer_config.json",
    "tokenizer.json",
    "model_config.yaml",
    "model.json",
    "metadata.json",
    "schema.json",
    "manifest",
    "manifest.json",
    "model.weights.h5",
    "saved_model.pb",
    "model_index.json",
    "mlmodel",
    "model.pkl",
    "modules.json",
    "data",
    "pickle",
    "storages",
];

/// Looks at all names together.
pub(crate) fn check<'m>(
    members: impl Iterator<Item = &'m Member>,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let mut seen: HashMap<(u64, String), &Member> = HashMap::new();
    let mut told = Told::default();
    for member in members {
        if member.is_directory() {
            continue;
        }
        let key = folded(&member.entry.name);
        let place = (member.group, key.clone());
        let Some(first) = seen.get(&place) else {
            seen.insert(place, member);
            continue;
        };
        let same = member.stated.is_some() && member.stated == first.stated;
        let exact = first.entry.name == member.entry.name;
        let base = key.rsplit('/').next().unwrap_or(&key);
        let severity = match (LOOKED_UP.contains(&base) || base.ends_with(".pkl"), exact) {
            _ if same => Severity::Info,
            (true, _) => Severity::Critical,
            (false, true) => Severity::Warning,
            (false, false) => Severity::Info,
        };
        if (same && exact) || !told.more(severity) {
            continue;
        }
        let (a, b) = (shown(&first.entry.name), shown(&member.entry.name));
        let text = if exact {
            format!("`{a}` is in the archive more than once")
        } else {
            format!("`{a}` and `{b}` are one name to some readers")
        };
        let place = format!("bytes {} and {}", first.at.start, member.at.start);
        let issue = Issue::new(&ARCHIVE_DUPLICATE_NAME, text).severity(severity);
        let issue = issue.at(member.at.clone()).route(b);
        cx.issue(issue.evidence(Evidence::fact("headers at", place)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ma_core::EntryKind;

    use super::*;
    use crate::rules::tests_support::{issues, member};

    fn severities(names: &[(&str, u32)]) -> Vec<Severity> {
        let members: Vec<Member> = names
            .iter()
            .map(|(name, crc)| {
                let mut m = member(name, EntryKind::File);
                m.stated = Some((*crc, 1));
                m
            })
            .collect();
        let found = issues(
            |m: &[Member], cx: &mut Cx<'_>| check(m.iter(), cx),
            &members,
        );
        found.iter().map(|i| i.severity).collect()
    }

    #[test]
    fn severity_follows_what_a_loader_looks_up() {
        assert_eq!(
            severities(&[("a/data.pkl", 1), ("a/data.pkl", 2)]),
            [Severity::Critical]
        );
        assert_eq!(
            severities(&[("a/data.pkl", 1), ("a/Data.PKL", 2)]),
            [Severity::Critical]
        );
        assert_eq!(
            severities(&[("x.txt", 1), ("x.txt", 2)]),
            [Severity::Warning]
        );
        assert_eq!(
            severities(&[("README", 1), ("readme", 2)]),
            [Severity::Info]
        );
        assert_eq!(severities(&[("x", 1), ("x", 1)]), []);
        assert_eq!(severities(&[("x", 1), ("y", 2)]), []);
    }
}
