//! Bytes that no directory claims: members that only a local header names, further archives, padding,
//! foreign data.
//!
//! A local header's magic inside a listed member's data is that member's business and not looked at.
//! Elsewhere it counts when its name, method and version are plausible: readers that stream from the
//! start see such a member, readers of the directory do not.

use std::collections::HashMap;
use std::ops::Range;

use ma_core::{Depth, GapReason, ScanError};

use super::locate::{Span, local};
use super::member::ZipMember;
use super::read::Reading;
use super::record::{
    CENTRAL, DESCRIPTOR, DESCRIPTOR_FLAG, END, END_LEN, End, LOCAL, LOCAL_LEN, Local,
};
use crate::anomaly::{Anomaly, Hidden, Place};
use crate::bytes::{index, u64_at};
use ma_wire::content::{Content, signing_block};

/// Unclaimed bytes looked at in a structure scan, from the start and as many from the end.
const STRUCTURE_LOOK: u64 = 32 << 20;
/// Bytes looked at for signatures at once.
const BLOCK: usize = 1 << 20;
/// Signatures kept; more is a gap.
const MAX_SIGNATURES: usize = 200_000;
/// Padding that alignment tools leave.
const MAX_PADDING: u64 = 64 * 1024;
/// The largest member that is handed out again together with the bytes after it.
const MAX_JOINED: u64 = 64 << 20;

/// Where signatures were seen.
#[derive(Default)]
struct Signatures {
    locals: Vec<u64>,
    ends: Vec<u64>,
    descriptors: Vec<u64>,
}

impl Reading<'_> {
    /// Looks at everything unclaimed. `found` tells whether there is a directory at all.
    pub(crate) fn leftovers(&mut self, found: bool) -> Result<(), ScanError> {
        self.descriptors();
        let free = self.claims.free(self.len);
        let signatures = self.signatures(&free)?;
        for at in signatures.ends.iter().rev() {
            let end = End::parse(self.window.get(*at, END_LEN)?, *at);
            if let Some(end) = end.filter(End::plausible) {
                self.end(end)?;
            }
        }
        self.second_views()?;
        self.extend();
        self.descriptors();
        let salvage = !found && self.known.is_empty();
        self.ghosts(&signatures, salvage)?;
        if salvage {
            self.salvaged();
            return Ok(());
        }
        self.strangers()
    }

    /// Data descriptors after members that announce one.
    fn descriptors(&mut self) {
        let ends: Vec<u64> = self
            .spans
            .iter()
            .filter(|s| s.descriptor)
            .map(|s| s.range.end)
            .collect();
        for end in ends {
            let next = self.claims.next_start(end).unwrap_or(self.len);
            if matches!(next.saturating_sub(end), 12 | 16 | 20 | 24) {
                self.claims.add(end..next);
            }
        }
    }

    fn signatures(&mut self, free: &[Range<u64>]) -> Result<Signatures, ScanError> {
        let mut out = Signatures::default();
        let finder = memchr::memmem::Finder::new(b"PK");
        for range in self.looked_at(free) {
            let mut at = range.start;
            while at.saturating_add(4) <= range.end {
                self.budget.charge_steps(1)?;
                let left = index(range.end.saturating_sub(at));
                let bytes = self.window.get(at, left.min(BLOCK))?;
                let whole = bytes.len() < 4 || bytes.len() >= left;
                for found in finder.find_iter(bytes) {
                    let place = at.saturating_add(found as u64);
                    let list = match bytes.get(found..found.saturating_add(4)) {
                        Some(s) if s == LOCAL => &mut out.locals,
                        Some(s) if s == END => &mut out.ends,
                        Some(s) if s == DESCRIPTOR => &mut out.descriptors,
                        _ => continue,
                    };
                    if list.len() < MAX_SIGNATURES && list.last().is_none_or(|l| *l < place) {
                        list.push(place);
                    } else if list.len() >= MAX_SIGNATURES {
                        let detail = "too many local headers outside the directory";
                        self.gaps
                            .push((GapReason::Limit, detail.into(), Some(place..range.end)));
                        return Ok(out);
                    }
                }
                if whole {
                    break;
                }
                at = at.saturating_add(bytes.len().saturating_sub(3) as u64);
            }
        }
        Ok(out)
    }

    /// The unclaimed ranges, cut to what a structure scan may read.
    fn looked_at(&mut self, free: &[Range<u64>]) -> Vec<Range<u64>> {
        let total = free
            .iter()
            .fold(0u64, |n, r| n.saturating_add(r.end.saturating_sub(r.start)));
        if self.depth == Depth::Full || total <= STRUCTURE_LOOK.saturating_mul(2) {
            return free.to_vec();
        }
        let detail = format!("{total} bytes belong to no member; only the ends of them were read");
        self.gaps.push((GapReason::Limit, detail, None));
        let mut out = Vec::new();
        for range in free {
            let len = range.end.saturating_sub(range.start);
            if len <= STRUCTURE_LOOK.saturating_mul(2) {
                out.push(range.clone());
            } else {
                out.push(range.start..range.start.saturating_add(STRUCTURE_LOOK));
                out.push(range.end.saturating_sub(STRUCTURE_LOOK)..range.end);
            }
        }
        out
    }

    /// Members that no directory names.
    fn ghosts(&mut self, signatures: &Signatures, salvage: bool) -> Result<(), ScanError> {
        let mut after = 0u64;
        for (i, at) in signatures.locals.iter().enumerate() {
            if *at < after || self.claims.holding(*at).is_some() {
                continue;
            }
            let Some(header) = local(&mut self.window, *at, LOCAL_LEN.saturating_add(256))? else {
                continue;
            };
            if !header.plausible() {
                continue;
            }
            let Some(end) = self.ghost_end(&header, i, signatures, salvage)? else {
                continue;
            };
            let room = self.budget.limits().max_artifacts;
            if self.members.len() as u64 >= room {
                let detail = format!("only the first {room} members are listed");
                self.gaps.push((GapReason::Limit, detail, None));
                break;
            }
            let member = ZipMember::ghost(&header, end);
            if !salvage {
                self.anomalies.push(Anomaly::Hidden {
                    name: member.member.entry.name.clone(),
                    at: member.member.at.clone(),
                    how: Hidden::LocalHeader,
                });
            }
            self.spans.push(Span {
                range: header.at..end,
                name: member.member.entry.name.clone(),
                data: header.data(),
                stored: member.is_stored(),
                descriptor: header.flags & DESCRIPTOR_FLAG != 0,
            });
            self.claims.add(header.at..end);
            after = end;
            self.members.push(member);
        }
        self.descriptors();
        Ok(())
    }

    /// Where the data of a member without a directory entry ends; `None` when it can't be one.
    fn ghost_end(
        &mut self,
        header: &Local,
        i: usize,
        signatures: &Signatures,
        salvage: bool,
    ) -> Result<Option<u64>, ScanError> {
        let start = header.data();
        let limit = self.claims.next_start(start).unwrap_or(self.len);
        if start > limit {
            return Ok(None);
        }
        let told = header.flags & DESCRIPTOR_FLAG == 0 || header.packed != 0;
        if told {
            let end = start.saturating_add(header.packed);
            if end <= limit || salvage || header.at == 0 {
                return Ok(Some(end.min(limit)));
            }
            // Its data would run into a listed member: no reader gets that far, unless it inflates.
            return Ok((header.method != 0).then_some(limit));
        }
        let next = signatures.locals.iter().skip(i.saturating_add(1));
        let next = next.copied().find(|at| *at >= start).unwrap_or(limit);
        let mark = signatures.descriptors.partition_point(|d| *d < start);
        let mark = signatures.descriptors.get(mark).copied().unwrap_or(limit);
        let mut end = next.min(mark).min(limit);
        if end == limit {
            // In a file that was cut, the directory may follow.
            let rest = index(limit.saturating_sub(start)).min(BLOCK);
            let bytes = self.window.get(start, rest)?;
            if let Some(found) = memchr::memmem::find(bytes, &CENTRAL) {
                end = start.saturating_add(found as u64);
            }
        }
        Ok(Some(end))
    }

    fn salvaged(&mut self) {
        if self.members.is_empty() {
            if self.starts_like_zip {
                let detail = "no end record and no local header that can be read";
                self.gaps.push((GapReason::Malformed, detail.into(), None));
            }
            return;
        }
        let detail = format!(
            "there is no directory; {} members were found by their local headers",
            self.members.len()
        );
        self.gaps.push((GapReason::Malformed, detail.clone(), None));
        self.anomalies.push(Anomaly::Truncated {
            at: self.len.saturating_sub(1)..self.len,
            detail,
        });
    }

    /// What is left now belongs to nothing.
    fn strangers(&mut self) -> Result<(), ScanError> {
        let mut free = self.claims.free(self.len);
        if self.embedded(&free)? {
            // The archive is a value inside another file; what is around it is that file.
            free.retain(|r| r.start != 0 && r.end != self.len);
        }
        let end = free.last().is_some_and(|r| r.end == self.len);
        let last = free.len().saturating_sub(1);
        let by_end: HashMap<u64, Span> = self
            .spans
            .iter()
            .map(|s| (s.range.end, s.clone()))
            .collect();
        for (i, mut range) in free.into_iter().enumerate() {
            self.budget.charge_steps(1)?;
            let place = match (range.start, end && i == last) {
                (0, _) => Place::Before,
                (_, true) => Place::After,
                _ => Place::Between,
            };
            let span = by_end.get(&range.start).filter(|_| place == Place::Between);
            if span.is_some_and(|s| s.descriptor) {
                self.skip_descriptor(&mut range)?;
            }
            let content = self.look(&range)?;
            let len = range.end.saturating_sub(range.start);
            if len == 0 || (content == Content::Zeros && len <= MAX_PADDING) {
                continue;
            }
            // What tools write as several archives in a row may have other things between them.
            if !self.chain {
                self.anomalies.push(Anomaly::Unclaimed {
                    at: range.clone(),
                    place,
                    content,
                });
            }
            if matches!(content, Content::Zeros | Content::Known(_)) || place == Place::Before {
                continue;
            }
            let joined = span.filter(|s| s.stored && content == Content::Other);
            let joined = joined.filter(|s| range.start.saturating_sub(s.data) <= MAX_JOINED);
            match joined {
                // A stored member may be longer than the directory says: then these are the rest.
                Some(s) => {
                    let name = format!("{} (with the bytes after it)", s.name);
                    self.strays.push((name, s.data..range.end));
                }
                None => {
                    let name = format!("(unclaimed bytes at {})", range.start);
                    self.strays.push((name, range));
                }
            }
        }
        Ok(())
    }

    /// Whether the archive is a byte string inside another file, such as a pickle: then its length
    /// stands right before it.
    fn embedded(&mut self, free: &[Range<u64>]) -> Result<bool, ScanError> {
        let (Some(first), Some(last)) = (free.first(), free.last()) else {
            return Ok(false);
        };
        if first.start != 0 || last.end != self.len || first == last {
            return Ok(false);
        }
        let len = last.start.saturating_sub(first.end);
        let start = first.end.saturating_sub(8);
        let before = self
            .window
            .get(start, index(first.end.saturating_sub(start)))?;
        let (wide, narrow) = (
            u64_at(before, 0),
            before.last_chunk().copied().map(u32::from_le_bytes),
        );
        let wide = wide == Some(len);
        let narrow = narrow.map(u64::from) == Some(len);
        let short = before.last().map(|b| u64::from(*b)) == Some(len);
        Ok(wide || narrow || short)
    }

    fn skip_descriptor(&mut self, range: &mut Range<u64>) -> Result<(), ScanError> {
        let bytes = self.window.get(range.start, 24)?;
        if bytes.starts_with(&DESCRIPTOR) {
            let mut skip = 16u64;
            // The 64-bit form has zeros where the 32-bit form has the next thing or padding.
            if bytes.get(12..16) == Some(&[0; 4]) && bytes.get(16..24) != Some(&[0; 8]) {
                skip = 24;
            }
            range.start = range.start.saturating_add(skip).min(range.end);
        }
        Ok(())
    }

    fn look(&mut self, range: &Range<u64>) -> Result<Content, ScanError> {
        let len = range.end.saturating_sub(range.start);
        let head = self.window.get(range.start, index(len.min(4096)))?;
        let mut content = Content::of(head);
        if content == Content::Zeros {
            let mut at = range.start.saturating_add(head.len() as u64);
            let stop = range.end.min(range.start.saturating_add(1 << 20));
            while at < stop {
                let left = index(stop.saturating_sub(at)).min(BLOCK);
                let bytes = self.window.get(at, left)?;
                if bytes.is_empty() {
                    break;
                }
                if bytes.iter().any(|b| *b != 0) {
                    return Ok(Content::Other);
                }
                at = at.saturating_add(bytes.len() as u64);
            }
        }
        if content == Content::Other && len >= 24 {
            let tail = self.window.get(range.end.saturating_sub(16), 16)?;
            if signing_block(tail) {
                content = Content::Known("an Android signing block");
            }
        }
        Ok(content)
    }
}
