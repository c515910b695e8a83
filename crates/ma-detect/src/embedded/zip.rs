//! Whether an end record of a zip belongs to an archive: the directory lies where the record says, and
//! the first member where the directory says (PKWARE APPNOTE 6.3, section 4.3).
//!
//! ```text
//! 0  PK 05 06   4  this disk   6  disk of the directory   8  entries here   10  entries
//! 12 size of the directory     16 its offset              20 length of the comment
//! ```

/// Where a look begins.
pub(super) const LITERALS: &[&[u8]] = &[b"PK\x05\x06"];

/// Whether `here` is the end record of an archive; the archive's length up to the end of the record.
/// `four` reads four bytes at a distance.
pub(super) fn recognise(here: &[u8], four: &dyn Fn(i64) -> Option<[u8; 4]>) -> Option<u64> {
    let record = here.get(..22).filter(|r| r.starts_with(b"PK\x05\x06"))?;
    let short = |at: usize| {
        let field = record.get(at..at.saturating_add(2))?;
        Some(u16::from_le_bytes(field.try_into().ok()?))
    };
    let long = |at: usize| {
        let field = record.get(at..at.saturating_add(4))?;
        Some(u32::from_le_bytes(field.try_into().ok()?))
    };
    if short(4)? != 0 || short(6)? != 0 || short(8)? != short(10)? || short(8)? == 0 {
        return None;
    }
    let (size, offset) = (u64::from(long(12)?), u64::from(long(16)?));
    let back = size.checked_add(offset)?;
    let directory = i64::try_from(size).ok()?.checked_neg()?;
    let start = i64::try_from(back).ok()?.checked_neg()?;
    let fits = size >= 46 && four(directory)? == *b"PK\x01\x02" && four(start)? == *b"PK\x03\x04";
    fits.then_some(back.checked_add(22)?)
}
