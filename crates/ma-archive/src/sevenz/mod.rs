//! 7z archives (format description: 7zFormat.txt of the LZMA SDK 24).
//!
//! ```text
//! 37 7a bc af 27 1c  version 2  crc of the next 20 bytes  offset 8  size 8  crc 4 of the header
//! packed streams, then the header, itself usually packed: blocks of coders, files, names
//! ```
//!
//! The records and decompressors are `sevenz-rust2`'s; its memory limit is set, its checks of checksums
//! are switched off in favour of ours, so that what a careless reader would still unpack is scanned. A
//! block (several files packed as one) is unpacked once and its files are windows on the result.

mod block;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ma_core::{
    Artifact, Blob, Container, Cx, Entry, EntryId, EntryKind, FormatInfo, GapReason, Kind, Match,
    Opener, Probe, ScanError,
};
use sevenz_rust2::{Archive, ArchiveEntry, Error, Password};

use self::block::Block;
use crate::anomaly::{Anomaly, Member};
use crate::bytes::{u32_at, u64_at};
use crate::codec::MAX_WINDOW_KIB;
use crate::input::Input;
use crate::rules::{self, RULES};
use crate::{ending, output::Flow};

/// Opens 7z archives.
#[derive(Debug, Default, Clone, Copy)]
pub struct SevenZ;

static INFO: FormatInfo = FormatInfo {
    id: "7z",
    title: "7z archive",
    extensions: &["7z"],
    kinds: &[Kind::new("7z")],
    runs_code: false,
    recognised_by: "37 7a bc af 27 1c",
    checks: "names, links, encryption, checksums, ratio",
    spec: "7zFormat.txt, LZMA SDK 24",
    rules: RULES,
};

const MAGIC: &[u8] = b"7z\xbc\xaf\x27\x1c";
/// Signature and start header.
const HEADER: u64 = 32;
/// The largest block that is unpacked only to see where a link leads.
const LINK_BLOCK: u64 = 16 << 20;
/// Unpacked blocks kept.
const KEPT: usize = 3;

impl Opener for SevenZ {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.head.starts_with(MAGIC) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn open(&self, artifact: &Artifact, cx: &mut Cx<'_>) -> Result<Arc<dyn Container>, ScanError> {
        let mut input = Input::new(artifact.blob.clone(), cx.budget());
        let meter = input.meter();
        let limit = usize::try_from(MAX_WINDOW_KIB).unwrap_or(usize::MAX);
        let read = Archive::read_with_memory_limit(&mut input, &Password::empty(), limit);
        let mut archive = match read {
            Ok(archive) => archive,
            Err(e) => {
                if let Some(failure) = meter.failure() {
                    return Err(ScanError::Io(failure));
                }
                cx.budget().check()?;
                unreadable(artifact, &e, cx)?;
                return Ok(Arc::new(SevenZContainer::new(
                    artifact.blob.clone(),
                    Archive::default(),
                )));
            }
        };
        let room = crate::bytes::index(cx.budget().limits().max_artifacts);
        if archive.files.len() > room {
            cx.gap(
                GapReason::Limit,
                format!("only the first {room} members are listed"),
            );
        }
        cx.budget().charge_steps(archive.files.len() as u64)?;
        trailing(artifact, cx)?;
        let crcs = take_checksums(&mut archive);
        let mut container = SevenZContainer::new(artifact.blob.clone(), archive);
        container.crcs = crcs;
        container.list(room, cx)?;
        Ok(Arc::new(container))
    }
}

/// Takes the stated checksums out of the records, so that the library does not stop at a wrong one.
/// A block of one file states it for the block.
fn take_checksums(archive: &mut Archive) -> Vec<Option<u32>> {
    let number = |stated: bool, crc: u64| stated.then(|| u32::try_from(crc).unwrap_or(0));
    let mut blocks: Vec<(Option<u32>, usize)> = Vec::new();
    for block in &mut archive.blocks {
        blocks.push((number(block.has_crc, block.crc), 0));
        block.has_crc = false;
    }
    let of_file = &archive.stream_map.file_block_index;
    let block_of = |i: usize| of_file.get(i).copied().flatten();
    for (i, file) in archive.files.iter().enumerate() {
        let block = block_of(i).and_then(|b| blocks.get_mut(b));
        if let Some((_, files)) = block.filter(|_| file.has_stream) {
            *files = files.saturating_add(1);
        }
    }
    let mut out = Vec::new();
    for (i, file) in archive.files.iter_mut().enumerate() {
        let block = block_of(i)
            .and_then(|b| blocks.get(b))
            .filter(|(_, n)| *n == 1);
        let own = number(file.has_crc, file.crc);
        out.push(own.or_else(|| block.and_then(|(crc, _)| *crc)));
        file.has_crc = false;
    }
    out
}

/// Why there is nothing to list.
fn unreadable(artifact: &Artifact, error: &Error, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let head = artifact.blob.head(32)?;
    let end = u64_at(&head, 12)
        .unwrap_or(0)
        .saturating_add(u64_at(&head, 20).unwrap_or(0));
    let cut = end.saturating_add(HEADER) > artifact.blob.len();
    let at = 0..artifact.blob.len();
    let name = artifact.path.name().to_owned();
    let fits = head
        .get(12..32)
        .is_some_and(|b| u32_at(&head, 8) == Some(crc32fast::hash(b)));
    match error {
        Error::PasswordRequired => {
            rules::report(&Anomaly::Encrypted { name, at }, cx)?;
            cx.gap(
                GapReason::Encrypted,
                "even the list of members needs a password",
            );
        }
        Error::UnsupportedCompressionMethod(m) if m.contains("AES") => {
            rules::report(&Anomaly::Encrypted { name, at }, cx)?;
            cx.gap(
                GapReason::Encrypted,
                "even the list of members needs a password",
            );
        }
        Error::UnsupportedCompressionMethod(_)
        | Error::Unsupported(_)
        | Error::MaxMemLimited { .. } => {
            let what = format!("the list of members: {error}");
            let gap = what.clone();
            rules::report(&Anomaly::Unsupported { name, at, what }, cx)?;
            cx.gap(GapReason::Unsupported, gap);
        }
        _ => {
            let detail = if cut || (artifact.blob.len() < HEADER) {
                "the list of members lies beyond the end of the file".to_owned()
            } else if fits {
                format!("the list of members is broken: {error}")
            } else {
                "the start header is broken".to_owned()
            };
            cx.gap(GapReason::Malformed, detail.clone());
            rules::report(&Anomaly::Truncated { at, detail }, cx)?;
        }
    }
    Ok(())
}

/// Bytes after the header, which is the last thing in a 7z file.
fn trailing(artifact: &Artifact, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let head = artifact.blob.head(32)?;
    let (Some(offset), Some(size)) = (u64_at(&head, 12), u64_at(&head, 20)) else {
        return Ok(());
    };
    let end = HEADER.saturating_add(offset).saturating_add(size);
    crate::foreign::after(artifact, end, cx)
}

/// An opened 7z archive.
struct SevenZContainer {
    blob: Blob,
    archive: Archive,
    /// Stated checksums, taken out of the archive's records.
    crcs: Vec<Option<u32>>,
    entries: Vec<Entry>,
    told: Vec<AtomicBool>,
    blocks: Mutex<VecDeque<(usize, Arc<Block>)>>,
}

impl SevenZContainer {
    fn new(blob: Blob, archive: Archive) -> Self {
        Self {
            blob,
            archive,
            crcs: Vec::new(),
            entries: Vec::new(),
            told: Vec::new(),
            blocks: Mutex::default(),
        }
    }

    /// Lists the members and applies the rules to them.
    fn list(&mut self, room: usize, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        let at = 0..HEADER.min(self.blob.len());
        let mut members = Vec::new();
        for i in 0..self.archive.files.len().min(room) {
            let Some(file) = self.archive.files.get(i) else {
                break;
            };
            let mut entry = Entry::file(file.name.clone());
            entry.size = Some(file.size);
            entry.kind = kind(file);
            entry.encrypted = self.archive.is_file_encrypted(i);
            let mode = file.windows_attributes >> 16;
            let setuid = unix(file) && mode & 0o6000 != 0 && entry.is_file();
            if let EntryKind::Symlink(_) = entry.kind {
                entry.kind = self
                    .link(i, cx)?
                    .map_or(EntryKind::File, EntryKind::Symlink);
            }
            if entry.encrypted && entry.is_file() {
                let (name, at) = (file.name.clone(), at.clone());
                rules::report(&Anomaly::Encrypted { name, at }, cx)?;
            }
            let claimed = entry.kind.clone();
            if claimed == EntryKind::Special && file.has_stream {
                entry.kind = EntryKind::File;
            }
            let mut member = Member::new(entry, at.clone());
            member.claimed = claimed;
            member.setuid = setuid;
            let crc = self.crcs.get(i).copied().flatten();
            member.stated = crc.map(|crc| (crc, file.size));
            members.push(member);
        }
        self.entries = members.iter().map(|m| m.entry.clone()).collect();
        self.told = members.iter().map(|_| AtomicBool::new(false)).collect();
        rules::members(members.iter(), cx)
    }

    /// The target of a symbolic link, when it is cheap to get.
    fn link(&self, i: usize, cx: &mut Cx<'_>) -> Result<Option<String>, ScanError> {
        let block = self
            .archive
            .stream_map
            .file_block_index
            .get(i)
            .copied()
            .flatten();
        let small = block
            .and_then(|b| self.archive.blocks.get(b))
            .is_some_and(|b| b.get_unpack_size() <= LINK_BLOCK);
        let Some(index) = block.filter(|_| small) else {
            return Ok(None);
        };
        let block = self.block(index, cx)?;
        let Some((blob, _)) = block.file(i).filter(|(b, _)| b.len() <= 4096) else {
            return Ok(None);
        };
        let bytes = blob.read(0..blob.len(), cx.budget())?;
        let path = String::from_utf8(bytes).ok();
        Ok(path.filter(|p| !p.is_empty() && !p.chars().any(char::is_control)))
    }

    /// An unpacked block, from the last few or anew.
    fn block(&self, index: usize, cx: &mut Cx<'_>) -> Result<Arc<Block>, ScanError> {
        let mut kept = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, block)) = kept.iter().find(|(i, _)| *i == index) {
            return Ok(Arc::clone(block));
        }
        let block = Arc::new(block::unpack(
            &self.blob,
            &self.archive,
            index,
            cx.budget(),
        )?);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((index, Arc::clone(&block)));
        Ok(block)
    }

    fn first(&self, id: EntryId) -> bool {
        let told = self.told.get(id.0);
        told.is_some_and(|told| !told.swap(true, Ordering::Relaxed))
    }

    fn report(
        &self,
        id: EntryId,
        index: usize,
        block: &Block,
        cx: &mut Cx<'_>,
    ) -> Result<(), ScanError> {
        let Some(entry) = self.entries.get(id.0) else {
            return Ok(());
        };
        let at = 0..self.blob.len();
        let whole = block.file(id.0).is_some_and(|(_, whole)| whole);
        if whole {
            let (stated, actual) = (self.crcs.get(id.0).copied().flatten(), block.crc(id.0));
            if let (Some(stated), Some(actual)) = (stated, actual)
                && stated != actual
            {
                let (name, at) = (entry.name.clone(), 0..HEADER);
                rules::report(
                    &Anomaly::Checksum {
                        name,
                        at,
                        stated,
                        actual,
                    },
                    cx,
                )?;
            }
            return Ok(());
        }
        if matches!(block.out.flow, Flow::Broken(_)) && block.unsupported() {
            let what = format!("block {index}: {}", block.why());
            let (name, gap) = (entry.name.clone(), what.clone());
            rules::report(&Anomaly::Unsupported { name, at, what }, cx)?;
            cx.gap(GapReason::Unsupported, gap);
            return Ok(());
        }
        ending::report(&entry.name, at, &block.out, cx)
    }
}

fn unix(file: &ArchiveEntry) -> bool {
    file.has_windows_attributes && file.windows_attributes & 0x8000 != 0
}

fn kind(file: &ArchiveEntry) -> EntryKind {
    if file.is_directory {
        return EntryKind::Directory;
    }
    match file.windows_attributes >> 16 & 0o170_000 {
        0o120_000 if unix(file) => EntryKind::Symlink(String::new()),
        0o010_000 | 0o020_000 | 0o060_000 | 0o140_000 if unix(file) => EntryKind::Special,
        _ => EntryKind::File,
    }
}

impl Container for SevenZContainer {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn open(&self, id: EntryId, cx: &mut Cx<'_>) -> Result<Blob, ScanError> {
        let Some(entry) = self.entries.get(id.0) else {
            return Err(ScanError::Io(std::io::Error::other("no such member")));
        };
        let first = self.first(id);
        let index = self
            .archive
            .stream_map
            .file_block_index
            .get(id.0)
            .copied()
            .flatten();
        let has_stream = self.archive.files.get(id.0).is_some_and(|f| f.has_stream);
        let Some(index) = index.filter(|_| has_stream) else {
            return Ok(Blob::from_vec(Vec::new()));
        };
        if entry.encrypted {
            if first {
                let name = rules::shown(&entry.name);
                cx.gap(GapReason::Encrypted, format!("`{name}` needs a password"));
            }
            return Ok(Blob::from_vec(Vec::new()));
        }
        let block = self.block(index, cx)?;
        if first {
            self.report(id, index, &block, cx)?;
        }
        let Some((blob, _)) = block.file(id.0) else {
            return Ok(Blob::from_vec(Vec::new()));
        };
        ending::not_itself(&entry.name, 0..self.blob.len(), &blob, &self.blob, cx)?;
        Ok(blob)
    }
}
