//! Headers of RAR 1.5 to 4.

use ma_core::{Budget, Entry, EntryKind, ScanError};

use super::{Listing, MAGIC4, MAX_HEADER, RarMember};
use crate::anomaly::Member;
use crate::bytes::{array, u16_at, u32_at};
use crate::window::Window;

const ARCHIVE: u8 = 0x73;
const FILE: u8 = 0x74;
const SERVICE: u8 = 0x7a;
const END: u8 = 0x7b;

pub(crate) fn read(
    window: &mut Window<'_>,
    len: u64,
    budget: &Budget,
    room: usize,
    listing: &mut Listing,
) -> Result<(), ScanError> {
    let mut at = MAGIC4.len() as u64;
    while at < len && listing.members.len() < room {
        budget.charge_steps(1)?;
        let head = window.get(at, 11)?;
        let (Some([kind]), Some(flags), Some(size)) =
            (array::<1>(head, 2), u16_at(head, 3), u16_at(head, 5))
        else {
            listing.broken = Some(at);
            return Ok(());
        };
        if size < 7 || !(0x72..=0x7b).contains(&kind) {
            listing.broken = Some(at);
            return Ok(());
        }
        let has_data = flags & 0x8000 != 0 || matches!(kind, FILE | SERVICE);
        let mut data = if has_data {
            u64::from(u32_at(head, 7).unwrap_or(0))
        } else {
            0
        };
        let header = window.get(at, usize::from(size).min(MAX_HEADER))?.to_vec();
        let start = at.saturating_add(size.into());
        match kind {
            ARCHIVE if flags & 0x80 != 0 => {
                listing.headers_encrypted = true;
                return Ok(());
            }
            FILE => {
                if flags & 0x100 != 0 {
                    data |= u64::from(u32_at(&header, 32).unwrap_or(0)) << 32;
                }
                let end = start.saturating_add(data).min(len);
                match file(&header, flags, at, start.min(end)..end) {
                    Some(member) => listing.members.push(member),
                    None => {
                        listing.broken = Some(at);
                        return Ok(());
                    }
                }
            }
            END => {
                listing.end = Some(start);
                return Ok(());
            }
            _ => {}
        }
        at = start.saturating_add(data);
    }
    Ok(())
}

fn file(header: &[u8], flags: u16, at: u64, data: std::ops::Range<u64>) -> Option<RarMember> {
    let size = u32_at(header, 11)?;
    let crc = u32_at(header, 16)?;
    let [method] = array::<1>(header, 25)?;
    let name_len = usize::from(u16_at(header, 26)?);
    let wide = flags & 0x100 != 0;
    let name_at = if wide { 40usize } else { 32 };
    let name = header.get(name_at..name_at.checked_add(name_len)?)?;
    // A Unicode name follows the plain one after a NUL, in an encoding of its own.
    let plain = if flags & 0x200 != 0 {
        name.split(|b| *b == 0).next()?
    } else {
        name
    };
    let mut entry = Entry::file(String::from_utf8_lossy(plain).replace('\\', "/"));
    let high = if wide { u32_at(header, 36)? } else { 0 };
    entry.size = Some(u64::from(high) << 32 | u64::from(size));
    entry.packed = Some(data.end.saturating_sub(data.start));
    entry.encrypted = flags & 0x04 != 0;
    // A symbolic link of this version is a file with its target as content, and listed as that.
    if flags & 0xe0 == 0xe0 {
        entry.kind = EntryKind::Directory;
    }
    let stored = method == 0x30;
    // Parts of a file that goes on in another volume have no checksum of their own.
    let whole = flags & 0x03 == 0;
    if stored && !entry.encrypted && entry.is_file() {
        entry.stored_at = Some(data.clone());
    }
    Some(RarMember {
        member: Member::new(entry, at..data.start),
        data,
        stored,
        crc: (whole && stored).then_some(crc),
    })
}
