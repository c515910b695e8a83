//! Zip archives.

pub(crate) mod container;
pub(crate) mod directory;
pub(crate) mod leftovers;
pub(crate) mod locate;
pub(crate) mod member;
pub(crate) mod read;
pub(crate) mod record;
pub(crate) mod unpack;

use std::sync::Arc;

use ma_core::{
    Artifact, Container, Cx, FormatInfo, Kind, Match, Opener, Probe, Region, RegionKind, ScanError,
};

use self::record::NOT_PLAIN;
use crate::anomaly::{Anomaly, Harm};
use crate::rules::{self, RULES};

/// Opens zip archives.
#[derive(Debug, Default, Clone, Copy)]
pub struct Zip;

static INFO: FormatInfo = FormatInfo {
    id: "zip",
    title: "Zip archive",
    extensions: &["zip", "npz", "mar", "whl", "jar", "apk", "egg", "pyz"],
    kinds: &[Kind::ZIP],
    runs_code: false,
    recognised_by: "a plausible local header at the start, or an end record near the end, whatever comes before",
    checks: "directory against local headers, hidden and overlapping members, names, links, checksums, sizes, foreign bytes",
    spec: "PKWARE APPNOTE.TXT 6.3.10",
    rules: RULES,
};

impl Opener for Zip {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let head = probe.head;
        let spanned =
            head.starts_with(b"PK00PK\x03\x04") || head.starts_with(b"PK\x07\x08PK\x03\x04");
        let header = record::Local::parse(head, 0).is_some_and(|l| l.plausible());
        if header || spanned || probe.hinted(&INFO) {
            return Match::Strong;
        }
        let tail = probe.tail();
        let at = probe.len().saturating_sub(tail.len() as u64);
        let ends = directory::ends(tail, at, probe.len());
        match ends.iter().any(|e| e.entries == 0 || e.size != 0) {
            true if !nested(probe, &ends) => Match::Strong,
            // Four bytes are no proof, but with the name they are worth a look.
            _ if head.starts_with(&record::LOCAL) && probe.named(&INFO) => Match::Weak,
            _ => Match::No,
        }
    }

    fn open(&self, artifact: &Artifact, cx: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError> {
        let chain = artifact.path.extension() == "distcp";
        let mut reading = read::read(&artifact.blob, cx.budget(), cx.depth(), chain)?;
        for member in &mut reading.members {
            judge(member, artifact, &mut reading.anomalies, cx)?;
        }
        for anomaly in &reading.anomalies {
            rules::report(anomaly, cx)?;
        }
        rules::members(reading.members.iter().map(|m| &m.member), cx)?;
        for (reason, detail, range) in reading.gaps {
            match range {
                Some(range) => cx.gap_at(reason, detail, range),
                None => cx.gap(reason, detail),
            }
        }
        for (name, range) in reading.strays {
            if let Ok(blob) = artifact.blob.slice(range.clone()) {
                cx.region(Region::new(range, RegionKind::Unclaimed))?;
                cx.child(name, blob, None)?;
            }
        }
        let container = container::ZipContainer::new(artifact.blob.clone(), reading.members);
        Ok(Arc::new(container))
    }
}

/// Decides whether a flagged member is encrypted, and where a stored one lies.
fn judge(
    member: &mut member::ZipMember,
    artifact: &Artifact,
    anomalies: &mut Vec<Anomaly>,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let flagged = member.flags & NOT_PLAIN != 0 || member.method == 99;
    let encrypted = flagged && unpack::is_encrypted(member, &artifact.blob, cx.budget())?;
    member.member.entry.encrypted = encrypted;
    if member.is_stored() && !encrypted && member.member.entry.is_file() {
        member.member.entry.stored_at = Some(member.data.clone());
    }
    if !flagged || member.member.again || !member.member.entry.is_file() {
        return Ok(());
    }
    let name = member.member.entry.name.clone();
    let at = member.member.at.clone();
    if encrypted {
        anomalies.push(Anomaly::Encrypted { name, at });
    } else if !member.flags_differ {
        anomalies.push(Anomaly::Mismatch {
            name,
            at,
            field: "encryption",
            central: "a header says that the data is encrypted or masked".into(),
            local: "the data is plain".into(),
            harm: Harm::Disagree,
        });
    }
    Ok(())
}

/// True when the archive lies inside a member of a tar file: then it is that member's content and is
/// opened there.
#[cfg(feature = "tar")]
fn nested(probe: &Probe<'_>, ends: &[record::End]) -> bool {
    crate::tar::recognised(probe.head)
        && ends
            .iter()
            .all(|e| crate::tar::inside_member(probe.blob(), e.at))
}

#[cfg(not(feature = "tar"))]
fn nested(_: &Probe<'_>, _: &[record::End]) -> bool {
    false
}
