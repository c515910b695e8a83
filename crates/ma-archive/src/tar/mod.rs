//! Tar archives.

pub(crate) mod header;
pub(crate) mod pax;
pub(crate) mod read;
pub(crate) mod sparse;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ma_core::{
    Artifact, Blob, Budget, Container, Cx, Entry, EntryId, FormatInfo, GapReason, Kind, Match,
    Opener, Probe, Region, RegionKind, ScanError,
};

use self::header::{BLOCK, BLOCK_LEN, Header, padded};
use self::read::TarMember;
use crate::anomaly::Anomaly;
use crate::rules::{self, RULES, shown};
use crate::window::Window;

/// Opens tar archives.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tar;

static INFO: FormatInfo = FormatInfo {
    id: "tar",
    title: "Tar archive",
    extensions: &["tar", "nemo"],
    kinds: &[Kind::new("tar")],
    runs_code: false,
    recognised_by: "a header block with a fitting checksum, or the ustar magic, at the start",
    checks: "names, links, devices, members after the end, checksums, foreign bytes",
    spec: "POSIX.1-2001 pax and ustar, GNU tar, Unix v7",
    rules: RULES,
};

/// Whether the bytes start with a tar header.
pub(crate) fn recognised(head: &[u8]) -> bool {
    let Some(header) = Header::parse(head) else {
        return false;
    };
    // Without the magic (v7) the checksum alone says it, so the rest has to look like a header too.
    let plausible = !header.name.is_empty() || header.kind == b'g' || header.kind == b'x';
    let known = matches!(header.kind, 0 | b'0'..=b'7' | b'A'..=b'Z' | b'g' | b'x');
    header.ustar || header.gnu || (header.certain() && plausible && known)
}

/// Headers that are walked to find out whether something lies inside a member.
const MAX_WALK: usize = 20_000;

/// Whether byte `at` lies in the data of a member.
#[cfg(feature = "zip")]
pub(crate) fn inside_member(blob: &Blob, at: u64) -> bool {
    let budget = Budget::default();
    let mut window = Window::new(blob, &budget);
    let mut here = 0u64;
    for _ in 0..MAX_WALK {
        let Ok(block) = window.get(here, BLOCK_LEN) else {
            return false;
        };
        let Some(header) = Header::parse(block) else {
            return false;
        };
        let data = here.saturating_add(BLOCK);
        let end = data.saturating_add(header.size.unwrap_or(0));
        if (data..end).contains(&at) {
            return true;
        }
        here = data.saturating_add(padded(header.size.unwrap_or(0)));
        if here > at {
            return false;
        }
    }
    false
}

impl Opener for Tar {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        match Header::parse(probe.head) {
            Some(_) if recognised(probe.head) => Match::Strong,
            // Magic and checksum spoilt, everything else in place: Python refuses it, others do not.
            Some(header) if !header.checksum_fits => Match::Weak,
            _ => Match::No,
        }
    }

    fn open(&self, artifact: &Artifact, cx: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError> {
        let reading = read::read(&artifact.blob, cx.budget(), cx.depth())?;
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
        Ok(Arc::new(TarContainer::new(
            artifact.blob.clone(),
            reading.members,
        )))
    }
}

/// An opened tar file.
struct TarContainer {
    blob: Blob,
    entries: Vec<Entry>,
    members: Vec<TarMember>,
    told: Vec<AtomicBool>,
}

impl TarContainer {
    fn new(blob: Blob, members: Vec<TarMember>) -> Self {
        Self {
            blob,
            entries: members.iter().map(|m| m.member.entry.clone()).collect(),
            told: members.iter().map(|_| AtomicBool::new(false)).collect(),
            members,
        }
    }

    /// A sparse file, with its holes charged as what they are: output without input.
    fn sparse(
        &self,
        id: EntryId,
        data: Blob,
        pieces: &[sparse::Piece],
        real: u64,
        cx: &mut Cx<'_>,
    ) -> Result<Blob, ScanError> {
        let limits = cx.budget().limits();
        let most = data
            .len()
            .saturating_mul(limits.max_ratio)
            .max(limits.bomb_floor);
        let len = real.min(most);
        cx.budget()
            .charge_expanded(len.saturating_sub(data.len().min(len)))?;
        let first = self
            .told
            .get(id.0)
            .is_some_and(|t| !t.swap(true, Ordering::Relaxed));
        let member = self.members.get(id.0).filter(|_| first && len < real);
        if let Some(member) = member {
            let name = member.member.entry.name.clone();
            let detail = format!(
                "a sparse file of {real} bytes with {} bytes of data",
                data.len()
            );
            let gap = format!("`{}`: {detail}; the first {len} were kept", shown(&name));
            cx.gap_at(GapReason::Limit, gap, member.member.at.clone());
            let at = member.member.at.clone();
            let cut = true;
            rules::report(
                &Anomaly::Bomb {
                    name,
                    at,
                    detail,
                    cut,
                },
                cx,
            )?;
        }
        let sparse = sparse::Sparse::new(data, pieces.to_vec(), len);
        Ok(Blob::new(Arc::new(sparse)))
    }
}

impl Container for TarContainer {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn open(&self, id: EntryId, cx: &mut Cx<'_>) -> Result<Blob, ScanError> {
        let Some(member) = self.members.get(id.0) else {
            return Err(ScanError::Io(std::io::Error::other("no such member")));
        };
        let data = self.blob.slice(member.data.clone());
        let data = data.map_err(|e| ScanError::Io(std::io::Error::other(e)))?;
        match &member.sparse {
            Some((pieces, real)) => self.sparse(id, data, pieces, *real, cx),
            None => Ok(data),
        }
    }
}
