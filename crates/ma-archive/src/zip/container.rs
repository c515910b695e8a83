//! The opened archive: hands out members, and says what shows only when they are unpacked.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use ma_core::{Blob, Container, Cx, Depth, Entry, EntryId, GapReason, ScanError};

use super::member::ZipMember;
use super::record::{DESCRIPTOR_FLAG, NOT_PLAIN, method_name};
use super::unpack;
use crate::anomaly::{Anomaly, Harm};
use crate::cache::Cache;
use crate::output::{Unpacked, crc_of};
use crate::{ending, rules};

/// The largest flagged member whose checksum is looked at to tell encrypted from plain.
const FLAG_CHECK: u64 = 256 << 20;

/// An opened zip file.
pub(crate) struct ZipContainer {
    blob: Blob,
    entries: Vec<Entry>,
    members: Vec<ZipMember>,
    told: Vec<AtomicBool>,
    cache: Cache,
}

impl ZipContainer {
    pub(crate) fn new(blob: Blob, members: Vec<ZipMember>) -> Self {
        let entries = members.iter().map(|m| m.member.entry.clone()).collect();
        let told = members.iter().map(|_| AtomicBool::new(false)).collect();
        Self {
            blob,
            entries,
            members,
            told,
            cache: Cache::default(),
        }
    }

    /// True the first time: what an entry has to say is said once.
    fn first(&self, id: EntryId) -> bool {
        self.told
            .get(id.0)
            .is_some_and(|told| !told.swap(true, Ordering::Relaxed))
    }

    fn raw(&self, member: &ZipMember) -> Result<Blob, ScanError> {
        let end = member.data.end.min(self.blob.len());
        let start = member.data.start.min(end);
        self.blob
            .slice(start..end)
            .map_err(|e| ScanError::Io(std::io::Error::other(e)))
    }

    fn stored(&self, member: &ZipMember, first: bool, cx: &mut Cx<'_>) -> Result<Blob, ScanError> {
        let raw = self.raw(member)?;
        let flagged = member.flags & NOT_PLAIN != 0;
        let check = cx.depth() == Depth::Full || (flagged && raw.len() <= FLAG_CHECK);
        if !first || !check || member.unsized_ || member.member.again {
            return Ok(raw);
        }
        let stated = raw.slice(0..member.packed.min(raw.len()));
        let mut actual = crc_of(stated.as_ref().unwrap_or(&raw), cx.budget())?;
        if actual != member.crc && raw.len() > member.packed {
            // The directory gave too small a size, and the data is longer than that.
            actual = crc_of(&raw, cx.budget())?;
        }
        let whole = raw.len() >= member.packed;
        if actual != member.crc && flagged {
            cx.gap_at(
                GapReason::Encrypted,
                format!("`{}` can't be told from encrypted data", shown(member)),
                member.data.clone(),
            );
        } else if actual != member.crc && whole {
            rules::report(&self.checksum(member, actual), cx)?;
        }
        Ok(raw)
    }

    fn checksum(&self, member: &ZipMember, actual: u32) -> Anomaly {
        Anomaly::Checksum {
            name: member.member.entry.name.clone(),
            at: member.member.at.clone(),
            stated: member.crc,
            actual,
        }
    }

    fn opaque(&self, member: &ZipMember, cx: &mut Cx<'_>, first: bool) -> Result<Blob, ScanError> {
        if first {
            let name = shown(member);
            if member.member.entry.encrypted {
                let detail = format!("`{name}` needs a password");
                cx.gap_at(GapReason::Encrypted, detail, member.data.clone());
            } else {
                let method = method_name(member.method);
                let detail = format!("`{name}`: compression method {} ({method})", member.method);
                cx.gap_at(GapReason::Unsupported, detail, member.data.clone());
            }
        }
        // The bytes as they lie there: a reader that ignores the method takes them so.
        self.raw(member)
    }

    fn unpacked(
        &self,
        member: &ZipMember,
        out: Unpacked,
        first: bool,
        cx: &mut Cx<'_>,
    ) -> Result<Blob, ScanError> {
        let name = &member.member.entry.name;
        let at: Range<u64> = member.member.at.clone();
        if first && !member.member.again {
            ending::report(name, at.clone(), &out, cx)?;
            self.compare(member, &out, cx)?;
        }
        ending::not_itself(name, at, &out.blob, &self.blob, cx)?;
        Ok(out.blob)
    }

    /// Sizes and checksum against what came out.
    fn compare(
        &self,
        member: &ZipMember,
        out: &Unpacked,
        cx: &mut Cx<'_>,
    ) -> Result<(), ScanError> {
        if !ending::complete(out) || member.unsized_ {
            return Ok(());
        }
        let exact = matches!(member.method, 8 | 9 | 12) && !self.descriptor_tells(member);
        for (field, stated, actual, known) in [
            ("size", member.size, out.blob.len(), true),
            ("packed size", member.packed, out.taken, exact),
        ] {
            // Bytes after the end of a stream are ignored by everybody.
            let differs = if field == "size" {
                stated != actual
            } else {
                stated < actual
            };
            if known && differs && !member.sizes_differ {
                let anomaly = Anomaly::Mismatch {
                    name: member.member.entry.name.clone(),
                    at: member.member.at.clone(),
                    field,
                    central: stated.to_string(),
                    local: format!("the data has {actual}"),
                    harm: Harm::Disagree,
                };
                rules::report(&anomaly, cx)?;
            }
        }
        if out.crc != member.crc {
            rules::report(&self.checksum(member, out.crc), cx)?;
        }
        Ok(())
    }

    fn descriptor_tells(&self, member: &ZipMember) -> bool {
        member.flags & DESCRIPTOR_FLAG != 0 && member.packed == 0
    }
}

fn shown(member: &ZipMember) -> String {
    ma_core::text::shorten(&ma_core::text::escape(&member.member.entry.name), 120).into_owned()
}

impl Container for ZipContainer {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn open(&self, id: EntryId, cx: &mut Cx<'_>) -> Result<Blob, ScanError> {
        let Some(member) = self.members.get(id.0) else {
            return Err(ScanError::Io(std::io::Error::other("no such member")));
        };
        let first = self.first(id);
        if member.member.entry.encrypted {
            return self.opaque(member, cx, first);
        }
        if member.is_stored() {
            return self.stored(member, first, cx);
        }
        let key = (member.data.start, member.method);
        if let Some(blob) = self.cache.get(key) {
            return Ok(blob);
        }
        match unpack::unpack(member, &self.blob, cx.budget())? {
            Some(out) => {
                let blob = self.unpacked(member, out, first, cx)?;
                self.cache.put(key, &blob);
                Ok(blob)
            }
            None => self.opaque(member, cx, first),
        }
    }
}
