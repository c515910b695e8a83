//! Headers of RAR 5 and later.

use ma_core::{Budget, Entry, EntryKind, ScanError};

use super::{Listing, MAGIC5, MAX_HEADER, RarMember};
use crate::anomaly::Member;
use crate::bytes::{index, u32_at};
use crate::window::Window;

/// Reads numbers and fields one after the other.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    /// A number: 7 bits a byte, low first.
    fn number(&mut self) -> Option<u64> {
        let mut out = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at = self.at.checked_add(1)?;
            out |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(out);
            }
        }
        None
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(len)?;
        let out = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(out)
    }
}

/// A block header.
struct Header {
    /// Length with checksum and size field.
    len: u64,
    kind: u64,
    extra: u64,
    data: u64,
    /// Where the fields of this kind start.
    body: usize,
}

pub(crate) fn read(
    window: &mut Window<'_>,
    len: u64,
    budget: &Budget,
    room: usize,
    listing: &mut Listing,
) -> Result<(), ScanError> {
    let mut at = MAGIC5.len() as u64;
    while at < len && listing.members.len() < room {
        budget.charge_steps(1)?;
        let size = window.get(at, 16)?;
        let mut fields = Fields { bytes: size, at: 4 };
        let want = fields.number().map(index);
        let want = want.and_then(|n| n.checked_add(fields.at));
        let Some(want) = want.filter(|n| *n <= MAX_HEADER) else {
            listing.broken = Some(at);
            return Ok(());
        };
        let bytes = window.get(at, want)?.to_vec();
        let Some(header) = header(&bytes) else {
            listing.broken = Some(at);
            return Ok(());
        };
        let start = at.saturating_add(header.len);
        let end = start.saturating_add(header.data);
        match header.kind {
            2 => {
                let data = start.min(len)..end.min(len);
                let Some(member) = file(&bytes, &header, at, data) else {
                    listing.broken = Some(at);
                    return Ok(());
                };
                listing.members.push(member);
            }
            4 => {
                listing.headers_encrypted = true;
                return Ok(());
            }
            5 => {
                listing.end = Some(end);
                return Ok(());
            }
            _ => {}
        }
        at = end;
    }
    Ok(())
}

fn header(bytes: &[u8]) -> Option<Header> {
    let stated = u32_at(bytes, 0)?;
    if crc32fast::hash(bytes.get(4..)?) != stated {
        return None;
    }
    let mut fields = Fields { bytes, at: 4 };
    fields.number()?;
    let kind = fields.number()?;
    let flags = fields.number()?;
    let extra = if flags & 1 != 0 { fields.number()? } else { 0 };
    let data = if flags & 2 != 0 { fields.number()? } else { 0 };
    Some(Header {
        len: bytes.len() as u64,
        kind,
        extra,
        data,
        body: fields.at,
    })
}

fn file(bytes: &[u8], header: &Header, at: u64, data: std::ops::Range<u64>) -> Option<RarMember> {
    let mut fields = Fields {
        bytes,
        at: header.body,
    };
    let flags = fields.number()?;
    let size = fields.number()?;
    fields.number()?;
    if flags & 2 != 0 {
        fields.take(4)?;
    }
    let crc = if flags & 4 != 0 {
        u32_at(fields.take(4)?, 0)
    } else {
        None
    };
    let compression = fields.number()?;
    fields.number()?;
    let name_len = fields.number()?;
    let name = fields.take(index(name_len))?;
    let mut entry = Entry::file(String::from_utf8_lossy(name).into_owned());
    entry.size = (flags & 8 == 0).then_some(size);
    entry.packed = Some(header.data);
    if flags & 1 != 0 {
        entry.kind = EntryKind::Directory;
    }
    let extra_at = bytes.len().checked_sub(index(header.extra))?;
    extras(bytes.get(extra_at..)?, &mut entry);
    let stored = compression >> 7 & 7 == 0;
    if stored && !entry.encrypted && entry.is_file() {
        entry.stored_at = Some(data.clone());
    }
    let mut member = Member::new(entry, at..data.start);
    member.stated = crc.map(|crc| (crc, size));
    Some(RarMember {
        member,
        data,
        stored,
        crc: crc.filter(|_| stored),
    })
}

/// Extra records: encryption and where a link leads.
fn extras(bytes: &[u8], entry: &mut Entry) {
    let mut fields = Fields { bytes, at: 0 };
    while let Some(size) = fields.number() {
        let Some(record) = fields.take(index(size)) else {
            return;
        };
        let mut record = Fields {
            bytes: record,
            at: 0,
        };
        match record.number() {
            Some(1) => entry.encrypted = true,
            Some(5) => {
                if let Some((kind, target)) = redirection(&mut record) {
                    entry.kind = match kind {
                        4 | 5 => EntryKind::Hardlink(target),
                        _ => EntryKind::Symlink(target),
                    };
                }
            }
            _ => {}
        }
    }
}

fn redirection(record: &mut Fields<'_>) -> Option<(u64, String)> {
    let kind = record.number()?;
    record.number()?;
    let len = record.number()?;
    let target = String::from_utf8_lossy(record.take(index(len))?).into_owned();
    Some((kind, target))
}
