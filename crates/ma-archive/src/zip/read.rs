//! From bytes to members: every end record, every directory, every local header, and what is left.
//!
//! Order of work: end records near the end of the file, the last first; their directories; the local
//! headers these point to; then the bytes that nobody claimed, where further archives, members
//! without a directory entry, and foreign data are found. A file without an end record is read by its
//! local headers alone. Cost: the directory and the headers once, and the unclaimed bytes once.

use std::collections::HashSet;
use std::ops::Range;

use ma_core::{Blob, Budget, Depth, EntryKind, GapReason, ScanError};

use super::directory::{self, Directory, View};
use super::locate::Span;
use super::member::ZipMember;
use super::record::{END, End};
use crate::anomaly::{Anomaly, Harm, Hidden, Place};
use crate::bytes::index;
use crate::claims::Claims;
use crate::window::Window;
use ma_wire::Content;

/// Bytes from the end in which the end record is looked for: its own 22, a comment of 64 KiB, and the
/// zip64 records before it.
const TAIL: u64 = 66 * 1024;

/// A zip file while it is being read, and what was found.
pub(crate) struct Reading<'b> {
    pub(crate) blob: Blob,
    pub(crate) len: u64,
    pub(crate) budget: &'b Budget,
    pub(crate) depth: Depth,
    pub(crate) window: Window<'b>,
    pub(crate) members: Vec<ZipMember>,
    /// Second readings of members.
    pub(crate) others: Vec<ZipMember>,
    /// Local header and name of all members.
    pub(crate) known: HashSet<(u64, Vec<u8>)>,
    pub(crate) spans: Vec<Span>,
    pub(crate) claims: Claims,
    pub(crate) anomalies: Vec<Anomaly>,
    pub(crate) gaps: Vec<(GapReason, String, Option<Range<u64>>)>,
    /// Unclaimed bytes that deserve their own look.
    pub(crate) strays: Vec<(String, Range<u64>)>,
    /// Starts of directories that were read.
    starts: Vec<u64>,
    /// Views that the usual readers do not take.
    pending: Vec<(View, End, u64)>,
    /// True when the first bytes are those of a zip file; otherwise it may just be none.
    pub(crate) starts_like_zip: bool,
    /// True for a file that tools write as several archives in a row.
    pub(crate) chain: bool,
}

/// Reads a zip file.
///
/// # Errors
/// When the bytes can't be read or a limit on time or steps was hit.
pub(crate) fn read<'b>(
    blob: &Blob,
    budget: &'b Budget,
    depth: Depth,
    chain: bool,
) -> Result<Reading<'b>, ScanError> {
    let mut reading = Reading {
        blob: blob.clone(),
        len: blob.len(),
        budget,
        depth,
        window: Window::new(blob, budget),
        members: Vec::new(),
        others: Vec::new(),
        known: HashSet::new(),
        spans: Vec::new(),
        claims: Claims::default(),
        anomalies: Vec::new(),
        gaps: Vec::new(),
        strays: Vec::new(),
        starts: Vec::new(),
        pending: Vec::new(),
        starts_like_zip: false,
        chain,
    };
    reading.run()?;
    Ok(reading)
}

impl Reading<'_> {
    fn run(&mut self) -> Result<(), ScanError> {
        let tail = self.len.saturating_sub(TAIL);
        let head = self.window.get(0, 8)?;
        self.starts_like_zip = head.starts_with(b"PK");
        if head == b"PK\x07\x08PK\x03\x04" || head == b"PK00PK\x03\x04" {
            // The mark of an archive that was meant to be split, and was not.
            self.claims.add(0..4);
        }
        self.window.load(tail, index(TAIL))?;
        let bytes = self.window.get(tail, index(TAIL))?.to_vec();
        for end in directory::ends(&bytes, tail, self.len) {
            self.end(end)?;
        }
        self.second_views()?;
        self.extend();
        let found = !self.starts.is_empty();
        self.leftovers(found)?;
        self.extend();
        self.overlaps();
        self.links()?;
        self.unsupported();
        let others = std::mem::take(&mut self.others);
        self.members.extend(others);
        Ok(())
    }

    /// Reads the directory of an end record; false when it leads nowhere or lies in a member.
    pub(crate) fn end(&mut self, end: End) -> Result<bool, ScanError> {
        if self.claims.holding(end.at).is_some() {
            return Ok(false);
        }
        let (views, anchor) = directory::views(&end, &mut self.window)?;
        let mut views = views.into_iter();
        let Some(first) = views.next() else {
            return Ok(false);
        };
        let first_one = self.starts.is_empty();
        for other in views {
            self.pending.push((other, end.clone(), anchor));
        }
        if self.starts.contains(&first.start) {
            self.claims.add(end.at..end.end());
            return Ok(false);
        }
        let fresh = self.directory(first, end.clone(), anchor)?;
        if !first_one {
            self.second(first, fresh);
        }
        Ok(true)
    }

    fn second(&mut self, view: View, fresh: u64) {
        if fresh > 0 && !self.chain {
            self.anomalies.push(Anomaly::Hidden {
                name: format!(
                    "a directory at byte {} (members of its own: {fresh})",
                    view.start
                ),
                at: view.start..view.start.saturating_add(4),
                how: Hidden::SecondDirectory,
            });
        }
    }

    /// Directories that only readers see who believe the stated offset, or the other pair of numbers.
    pub(crate) fn second_views(&mut self) -> Result<(), ScanError> {
        for (view, end, anchor) in std::mem::take(&mut self.pending) {
            let known = self.starts.contains(&view.start);
            if !known && self.claims.holding(view.start).is_none() {
                let fresh = self.directory(view, end, anchor)?;
                self.second(view, fresh);
            }
        }
        Ok(())
    }

    fn directory(&mut self, view: View, end: End, anchor: u64) -> Result<u64, ScanError> {
        let room = self.budget.limits().max_artifacts;
        let room = room.saturating_sub(self.members.len() as u64);
        let directory = directory::load(view, end, anchor, &mut self.window, self.budget, room)?;
        self.starts.push(view.start);
        self.claims.add(directory.range.clone());
        self.claims.add(directory.tail.clone());
        if directory.cut {
            let detail = format!("only the first {room} members are listed");
            self.gaps.push((GapReason::Limit, detail, None));
        }
        self.check_end(&directory);
        let fresh = self.take(&directory)?;
        self.comment(&directory.end)?;
        Ok(fresh)
    }

    /// What the end record says about the directory, against what is there.
    fn check_end(&mut self, directory: &Directory) {
        let name = String::from("the end record");
        let at = directory.end.at..directory.end.at.saturating_add(22);
        let mut differ = |field, central: String, local: String, harm| {
            self.anomalies.push(Anomaly::Mismatch {
                name: name.clone(),
                at: at.clone(),
                field,
                central,
                local,
                harm,
            });
        };
        let there = directory.records.len() as u64;
        let stated = directory.view.entries;
        // Tools without zip64 let the 16-bit count run over.
        let wrapped = there > 0xffff && stated == there & 0xffff;
        if stated != there && !wrapped && !directory.cut {
            let harm = Harm::Disagree;
            differ(
                "number of members",
                stated.to_string(),
                there.to_string(),
                harm,
            );
        }
        let size = directory.range.end.saturating_sub(directory.range.start);
        if directory.view.size < size && !directory.cut {
            let (a, b) = (directory.view.size.to_string(), size.to_string());
            differ("size of the directory", a, b, Harm::Disagree);
        }
        let disk = directory.end.disk;
        let elsewhere = directory
            .records
            .iter()
            .any(|r| r.disk != 0 && r.disk != 0xffff);
        if (disk != 0 && disk != 0xffff) || elsewhere {
            let text = "this is the only part there is";
            differ(
                "disk number",
                disk.max(1).to_string(),
                text.into(),
                Harm::Refuse,
            );
        }
    }

    /// A comment is free text; one that holds an archive, a program or a pickle is not meant for
    /// people.
    fn comment(&mut self, end: &End) -> Result<(), ScanError> {
        let start = end.at.saturating_add(22);
        let stop = end.end().min(self.len);
        if start >= stop {
            return Ok(());
        }
        let bytes = self.window.get(start, usize::from(end.comment))?;
        let mut content = Content::of(bytes);
        let magics: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x01\x02", &END];
        if magics
            .iter()
            .any(|m| memchr::memmem::find(bytes, m).is_some())
        {
            content = Content::Archive("zip");
        }
        if matches!(content, Content::Zeros) || (content == Content::Other && bytes.len() <= 4096) {
            return Ok(());
        }
        self.anomalies.push(Anomaly::Unclaimed {
            at: start..stop,
            place: Place::Comment,
            content,
        });
        if content != Content::Other {
            self.strays
                .push((format!("(comment at {start})"), start..stop));
        }
        Ok(())
    }

    /// Fills in the targets of symbolic links. A "link" whose content is no path is a file to whoever
    /// reads it as one, so it is listed as a file.
    fn links(&mut self) -> Result<(), ScanError> {
        let (blob, budget) = (self.blob.clone(), self.budget);
        for m in &mut self.members {
            if !matches!(m.member.entry.kind, EntryKind::Symlink(_)) {
                continue;
            }
            budget.charge_steps(64)?;
            let target = super::unpack::small(m, &blob, budget)?;
            let path = target.and_then(|t| String::from_utf8(t).ok());
            let path = path.filter(|p| !p.is_empty() && !p.chars().any(char::is_control));
            m.member.entry.kind = path.map_or(EntryKind::File, EntryKind::Symlink);
            m.member.claimed = m.member.entry.kind.clone();
        }
        Ok(())
    }
}
