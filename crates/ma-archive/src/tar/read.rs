//! From bytes to members: header by header, with extended headers applied, and on past what stops
//! ordinary readers: end marks, broken headers, foreign blocks.

use std::ops::Range;

use ma_core::{Blob, Budget, Depth, Entry, EntryKind, GapReason, ScanError};

use super::header::{BLOCK, BLOCK_LEN, Header, padded, text};
use super::pax::{MAX_PAX, Pax};
use super::sparse::{self, Piece};
use crate::anomaly::{Anomaly, Hidden, Member, Place};
use crate::bytes::index;
use crate::window::Window;
use ma_wire::Content;

/// A member that can be opened.
#[derive(Debug, Clone)]
pub(crate) struct TarMember {
    pub(crate) member: Member,
    /// Where its data lies, as far as the file goes.
    pub(crate) data: Range<u64>,
    /// Pieces and real size of a sparse file.
    pub(crate) sparse: Option<(Vec<Piece>, u64)>,
}

/// Bytes after the end that a structure scan looks through.
const STRUCTURE_LOOK: u64 = 64 << 20;
/// Padding after the end that tools and tapes leave.
const MAX_PADDING: u64 = 64 * 1024;

/// A tar file while it is being read, and what was found.
pub(crate) struct Reading<'b> {
    blob: Blob,
    len: u64,
    budget: &'b Budget,
    depth: Depth,
    window: Window<'b>,
    pub(crate) members: Vec<TarMember>,
    pub(crate) anomalies: Vec<Anomaly>,
    pub(crate) gaps: Vec<(GapReason, String, Option<Range<u64>>)>,
    pub(crate) strays: Vec<(String, Range<u64>)>,
    global: Pax,
    next: Pax,
    long_name: Option<String>,
    long_link: Option<String>,
    /// True after the first block of zeros, where many readers stop.
    ended: bool,
}

/// Reads a tar file.
///
/// # Errors
/// When the bytes can't be read or a limit on time or steps was hit.
pub(crate) fn read<'b>(
    blob: &Blob,
    budget: &'b Budget,
    depth: Depth,
) -> Result<Reading<'b>, ScanError> {
    let mut reading = Reading {
        blob: blob.clone(),
        len: blob.len(),
        budget,
        depth,
        window: Window::new(blob, budget),
        members: Vec::new(),
        anomalies: Vec::new(),
        gaps: Vec::new(),
        strays: Vec::new(),
        global: Pax::default(),
        next: Pax::default(),
        long_name: None,
        long_link: None,
        ended: false,
    };
    reading.run()?;
    Ok(reading)
}

impl Reading<'_> {
    fn run(&mut self) -> Result<(), ScanError> {
        let mut at = 0u64;
        // Start of blocks that are neither zeros nor headers.
        let mut foreign: Option<u64> = None;
        let mut looked = 0u64;
        while at < self.len {
            self.budget.charge_steps(1)?;
            let block = self.window.get(at, BLOCK_LEN)?;
            let zeros = block.iter().all(|b| *b == 0);
            let header = Header::parse(block).filter(|_| !zeros);
            let certain = header.as_ref().is_some_and(Header::certain);
            let header = header.filter(|_| foreign.is_none() || certain);
            if let Some(header) = header {
                self.stranger(foreign.take(), at);
                let room = self.budget.limits().max_artifacts;
                if self.members.len() as u64 >= room {
                    let detail = format!("only the first {room} members are listed");
                    self.gaps
                        .push((GapReason::Limit, detail, Some(at..self.len)));
                    return Ok(());
                }
                at = self.member(at, &header)?;
                continue;
            }
            if zeros {
                self.ended = true;
            } else if foreign.is_none() {
                foreign = Some(at);
            }
            looked = looked.saturating_add(BLOCK);
            if self.depth == Depth::Structure && looked > STRUCTURE_LOOK {
                let detail = "much data follows the end of the archive; it was not looked through";
                self.gaps
                    .push((GapReason::Limit, detail.into(), Some(at..self.len)));
                break;
            }
            at = at.saturating_add(BLOCK);
        }
        self.stranger(foreign, self.len);
        Ok(())
    }

    /// Blocks from `start` to `end` that belong to nothing.
    fn stranger(&mut self, start: Option<u64>, end: u64) {
        let Some(start) = start else { return };
        let after = end == self.len;
        let range = start..end;
        let head = self
            .blob
            .slice(range.clone())
            .map(|b| b.head(4096).unwrap_or_default());
        let content = Content::of(&head.unwrap_or_default());
        // A last block that is not whole, with nothing in it that looks like something.
        let rest = after && end.saturating_sub(start) < BLOCK && content == Content::Zeros;
        if rest || (content == Content::Zeros && end.saturating_sub(start) <= MAX_PADDING) {
            return;
        }
        self.anomalies.push(Anomaly::Unclaimed {
            at: range.clone(),
            place: if after { Place::After } else { Place::Between },
            content,
        });
        if !self.ended {
            let detail = format!("no header at byte {start}, where readers expect one");
            self.gaps
                .push((GapReason::Malformed, detail, Some(range.clone())));
        }
        self.strays
            .push((format!("(unclaimed bytes at {start})"), range));
    }

    /// Takes the header at `at`; returns where the next one is.
    fn member(&mut self, at: u64, header: &Header) -> Result<u64, ScanError> {
        let data = at.saturating_add(BLOCK);
        let own = header.size.unwrap_or(0);
        match header.kind {
            b'x' | b'X' | b'g' | b'L' | b'K' => {
                let bytes = self.window.get(data, index(own.min(MAX_PAX)))?.to_vec();
                if own > MAX_PAX {
                    let detail = format!("the extended header at byte {at} has {own} bytes");
                    self.gaps.push((GapReason::Limit, detail, Some(at..data)));
                }
                let name = || String::from_utf8_lossy(text(&bytes)).into_owned();
                match header.kind {
                    b'g' => self.global.read(&bytes),
                    b'L' => self.long_name = Some(name()),
                    b'K' => self.long_link = Some(name()),
                    _ => self.next.read(&bytes),
                }
                self.check_sum(at, header, "an extended header");
                Ok(data.saturating_add(padded(own)))
            }
            _ => self.entry(at, header),
        }
    }

    fn check_sum(&mut self, at: u64, header: &Header, name: &str) {
        if !header.checksum_fits {
            self.anomalies.push(Anomaly::ChecksumText {
                name: name.to_owned(),
                at: at..at.saturating_add(BLOCK),
                detail: "the checksum of the header does not fit".into(),
            });
        }
    }

    fn entry(&mut self, at: u64, header: &Header) -> Result<u64, ScanError> {
        let pax = std::mem::take(&mut self.next).over(&self.global);
        let lossy = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let long = self.long_name.take();
        let name = pax
            .sparse
            .name
            .clone()
            .or_else(|| pax.path.clone())
            .or(long);
        let name = name.unwrap_or_else(|| lossy(&header.name));
        let link = pax.linkpath.clone().or_else(|| self.long_link.take());
        let link = link.unwrap_or_else(|| lossy(&header.link));
        self.long_link = None;
        self.check_sum(at, header, &name);
        let mut data = at.saturating_add(BLOCK);
        let stated = pax.size.or(header.size);
        let size = stated.unwrap_or(0);
        let kind = kind(header, &name, link);
        let has_data = kind == EntryKind::File || self.has_data_anyway(data, size)?;
        let mut sparse = None;
        let mut packed = if has_data { size } else { 0 };
        if header.kind == b'S' {
            sparse = Some(self.old_sparse(at, &mut data)?);
        } else if pax.sparse.real_size.is_some() || pax.sparse.major == Some(1) {
            sparse = self.pax_sparse(&pax, &mut data, &mut packed)?;
        }
        if stated.is_none() {
            let detail = format!("`{}`: the size is no number", crate::rules::shown(&name));
            self.gaps
                .push((GapReason::Malformed, detail, Some(at..data)));
        }
        let end = data.saturating_add(packed).min(self.len);
        if data.saturating_add(packed) > self.len {
            let there = self.len.saturating_sub(data);
            let shown = crate::rules::shown(&name);
            let detail = format!("`{shown}` is said to have {packed} bytes, {there} are there");
            let at = at..self.len;
            self.gaps
                .push((GapReason::Malformed, detail.clone(), Some(at.clone())));
            self.anomalies.push(Anomaly::Truncated { at, detail });
        }
        if self.ended {
            self.anomalies.push(Anomaly::Hidden {
                name: name.clone(),
                at: at..data,
                how: Hidden::AfterEnd,
            });
        }
        let mut entry = Entry::file(name);
        entry.kind = if has_data {
            EntryKind::File
        } else {
            kind.clone()
        };
        entry.size = Some(sparse.as_ref().map_or(packed, |s| s.1));
        entry.packed = Some(packed);
        let data = data.min(end)..end;
        if sparse.is_none() && entry.is_file() {
            entry.stored_at = Some(data.clone());
        }
        let mut member = Member::new(entry, at..at.saturating_add(BLOCK));
        member.claimed = kind;
        member.setuid = header.mode & 0o6000 != 0 && member.entry.is_file();
        let next = data.start.saturating_add(padded(packed));
        self.members.push(TarMember {
            member,
            data,
            sparse,
        });
        Ok(next.max(at.saturating_add(BLOCK)))
    }

    /// A link or folder with a size: most readers take it as empty, some skip its data. When what
    /// follows is no header and what comes after the data is one, the data is there.
    fn has_data_anyway(&mut self, data: u64, size: u64) -> Result<bool, ScanError> {
        if size == 0 || data.saturating_add(size) > self.len {
            return Ok(false);
        }
        let starts = |block: &[u8]| {
            block.iter().all(|b| *b == 0) || Header::parse(block).is_some_and(|h| h.certain())
        };
        if starts(self.window.get(data, BLOCK_LEN)?) {
            return Ok(false);
        }
        let after = data.saturating_add(padded(size));
        Ok(after >= self.len || starts(self.window.get(after, BLOCK_LEN)?))
    }

    fn old_sparse(&mut self, at: u64, data: &mut u64) -> Result<(Vec<Piece>, u64), ScanError> {
        let block = self.window.get(at, BLOCK_LEN)?;
        let real = super::header::number(block.get(483..495).unwrap_or(&[])).unwrap_or(0);
        let (mut pairs, mut more) = sparse::old_gnu(block, 386, 4);
        while more && pairs.len() < sparse::MAX_PIECES && *data < self.len {
            self.budget.charge_steps(1)?;
            let (next, again) = sparse::old_gnu(self.window.get(*data, BLOCK_LEN)?, 0, 21);
            pairs.extend(next);
            more = again;
            *data = data.saturating_add(BLOCK);
        }
        Ok((sparse::pieces(pairs.into_iter()), real))
    }

    fn pax_sparse(
        &mut self,
        pax: &Pax,
        data: &mut u64,
        packed: &mut u64,
    ) -> Result<Option<(Vec<Piece>, u64)>, ScanError> {
        let real = pax.sparse.real_size.unwrap_or(*packed);
        if pax.sparse.major == Some(1) {
            let bytes = self.window.get(*data, index((*packed).min(MAX_PAX)))?;
            let Some((pairs, len)) = sparse::map_in_data(bytes) else {
                return Ok(None);
            };
            let skip = padded(len).min(*packed);
            *data = data.saturating_add(skip);
            *packed = packed.saturating_sub(skip);
            return Ok(Some((sparse::pieces(pairs.into_iter()), real)));
        }
        let pairs = pax.sparse.map.chunks_exact(2);
        let pairs = pairs.filter_map(|p| Some((*p.first()?, *p.get(1)?)));
        Ok(Some((sparse::pieces(pairs), real)))
    }
}

fn kind(header: &Header, name: &str, link: String) -> EntryKind {
    match header.kind {
        b'1' => EntryKind::Hardlink(link),
        b'2' => EntryKind::Symlink(link),
        b'3' | b'4' | b'6' => EntryKind::Special,
        b'5' | b'D' => EntryKind::Directory,
        b'V' => EntryKind::Directory,
        0 | b'0' if name.ends_with('/') && header.size.unwrap_or(0) == 0 => EntryKind::Directory,
        // Unknown types are files, says POSIX.
        _ => EntryKind::File,
    }
}
