//! The sorted table that an index is, as LevelDB lays it out.
//!
//! ```text
//! block      entries, u32 offsets of restarts, u32 number of restarts; then 1 byte of compression, u32 of checksum
//! entry      shared: bytes of the key before that it begins with, rest, length of the value (varints); key; value
//! footer     the last 48 bytes: place of a block of further blocks, place of the block of blocks, padding, magic
//! ```
//!
//! The block of blocks has the places (two varints: offset, length) of the data blocks as values.
//! Blocks are in the order of the file: one that begins before the end of the last is an anomaly and is
//! left out, so that the same bytes are not read over and over. Blocks may be compressed with Snappy,
//! which TensorFlow does not do; such a block is a gap. Checksums are not computed.

use std::ops::Range;

use ma_core::{Blob, Budget, ScanError};

/// The last eight bytes.
pub const MAGIC: &[u8; 8] = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb";

/// Bytes of the footer.
pub const FOOTER: u64 = 48;

/// The longest block that is read, in bytes.
const MAX_BLOCK: u64 = 32 << 20;
/// The longest key, in bytes.
const MAX_KEY: usize = 64 << 10;

/// Something about a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// It is broken.
    Broken(&'static str, Range<u64>),
    /// A block is compressed.
    Compressed(Range<u64>),
    /// A block is longer than is read.
    TooLong(Range<u64>),
    /// A block that was read.
    Block(Range<u64>),
}

/// Whoever takes the entries: a key and where its value lies.
pub trait Visit {
    /// An entry; false when no more are wanted.
    ///
    /// # Errors
    /// When the scan is to end.
    fn entry(&mut self, key: &[u8], value: Range<u64>) -> Result<bool, ScanError>;

    /// Something about the table.
    fn note(&mut self, note: Note);
}

/// Walks all entries.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn walk(blob: &Blob, budget: &Budget, visit: &mut impl Visit) -> Result<(), ScanError> {
    let Some(start) = blob.len().checked_sub(FOOTER) else {
        visit.note(Note::Broken(
            "it is shorter than its end record",
            0..blob.len(),
        ));
        return Ok(());
    };
    let footer = blob.read(start..blob.len(), budget)?;
    let end = start..blob.len();
    if !footer.ends_with(MAGIC) {
        visit.note(Note::Broken("it does not end as a table does", end));
        return Ok(());
    }
    let handles = footer.get(..40).unwrap_or_default();
    let mut at = 0usize;
    let mut places = [0u64; 4];
    for place in &mut places {
        match varint(handles, at) {
            Some((value, next)) => (*place, at) = (value, next),
            None => {
                visit.note(Note::Broken("the end record holds no places", end));
                return Ok(());
            }
        }
    }
    let [_, _, offset, len] = places;
    let mut blocks = Vec::new();
    let read = Block::read(
        blob,
        budget,
        offset..offset.saturating_add(len),
        start,
        visit,
    )?;
    if let Some(mut index) = read {
        while let Some((range, value)) = index.next(budget, visit)? {
            let place = varint(&value, 0).and_then(|(offset, next)| {
                let (len, _) = varint(&value, next)?;
                Some(offset..offset.checked_add(len)?)
            });
            match place {
                Some(place) => blocks.push((place, range)),
                None => visit.note(Note::Broken("a block has no place", range)),
            }
        }
    }
    let mut last = 0u64;
    for (place, at) in blocks {
        if place.start < last {
            visit.note(Note::Broken("a block begins inside of another", at));
            continue;
        }
        last = place.end;
        let Some(mut block) = Block::read(blob, budget, place.clone(), start, visit)? else {
            continue;
        };
        visit.note(Note::Block(place));
        while let Some((range, _)) = block.next(budget, visit)? {
            if !visit.entry(&block.key, range)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Where a value lies, and its first bytes.
type Value = (Range<u64>, Vec<u8>);

/// A block that is being walked.
struct Block {
    bytes: Vec<u8>,
    base: u64,
    at: usize,
    key: Vec<u8>,
}

impl Block {
    /// Reads a block; nothing, with a note, when it can't be.
    fn read(
        blob: &Blob,
        budget: &Budget,
        range: Range<u64>,
        limit: u64,
        visit: &mut impl Visit,
    ) -> Result<Option<Self>, ScanError> {
        // One byte of compression and four of checksum follow.
        let whole = range.start..range.end.saturating_add(5);
        if whole.end > limit || range.start > range.end {
            visit.note(Note::Broken("a block lies outside of the file", whole));
            return Ok(None);
        }
        if range.end.saturating_sub(range.start) > MAX_BLOCK {
            visit.note(Note::TooLong(range));
            return Ok(None);
        }
        let base = range.start;
        let mut bytes = blob.read(range.start..range.end.saturating_add(1), budget)?;
        if bytes.pop() != Some(0) {
            visit.note(Note::Compressed(range));
            return Ok(None);
        }
        let restarts = bytes
            .last_chunk()
            .map(|count| u32::from_le_bytes(*count))
            .and_then(|count| usize::try_from(count).ok()?.checked_add(1)?.checked_mul(4))
            .and_then(|len| bytes.len().checked_sub(len));
        let Some(end) = restarts else {
            visit.note(Note::Broken("a block has no list of restarts", range));
            return Ok(None);
        };
        bytes.truncate(end);
        Ok(Some(Self {
            bytes,
            base,
            at: 0,
            key: Vec::new(),
        }))
    }

    /// The next entry: its key is in `self.key`; its value, and where that lies.
    fn next(
        &mut self,
        budget: &Budget,
        visit: &mut impl Visit,
    ) -> Result<Option<Value>, ScanError> {
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        budget.charge_steps(1)?;
        let at = self.at;
        if let Some(value) = self.entry() {
            return Ok(Some(value));
        }
        let here = |at: usize| self.base.saturating_add(at as u64);
        let range = here(at)..here(self.bytes.len());
        visit.note(Note::Broken("an entry reaches beyond its block", range));
        self.at = self.bytes.len();
        Ok(None)
    }

    fn entry(&mut self) -> Option<Value> {
        let (shared, at) = varint(&self.bytes, self.at)?;
        let (rest, at) = varint(&self.bytes, at)?;
        let (len, at) = varint(&self.bytes, at)?;
        let shared = usize::try_from(shared).ok()?;
        let value = at.checked_add(usize::try_from(rest).ok()?)?;
        let end = value.checked_add(usize::try_from(len).ok()?)?;
        let rest = self.bytes.get(at..value)?;
        let bytes = self.bytes.get(value..end)?;
        if shared > self.key.len() || shared.checked_add(rest.len())? > MAX_KEY {
            return None;
        }
        self.key.truncate(shared);
        self.key.extend_from_slice(rest);
        // Places of blocks are short; longer values are read from the file by their range.
        let bytes = bytes
            .get(..bytes.len().min(32))
            .unwrap_or_default()
            .to_vec();
        self.at = end;
        let here = |at: usize| self.base.saturating_add(at as u64);
        Some((here(value)..here(end), bytes))
    }
}

/// A varint at `at`, and where it ends.
pub(crate) fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0u64;
    let mut shift = 0u32;
    let mut at = at;
    loop {
        let byte = *bytes.get(at)?;
        at = at.checked_add(1)?;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
        shift = shift.checked_add(7).filter(|shift| *shift < 70)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints() {
        assert_eq!(varint(b"\x96\x01\x05", 0), Some((150, 2)));
        assert_eq!(varint(b"\x96", 0), None);
        assert_eq!(varint(&[0xff; 11], 0), None);
    }
}
