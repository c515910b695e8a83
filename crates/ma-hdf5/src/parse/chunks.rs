//! Where the chunks of a dataset lie, by any of the six indexes.
//!
//! Only the index is read, never a chunk. What is found before a break is kept.

use std::ops::Range;

use crate::model::ChunkIndex;

use super::btree2;
use super::group;
use super::message::RawIndex;
use super::source::{Broken, Fields, Read, Source, malformed};

/// Chunks of one dataset that are listed.
const MAX_CHUNKS: u64 = 1 << 20;

/// What the dataset says about its chunks.
pub(super) struct Wanted {
    pub(super) rank: usize,
    /// Bytes of a chunk before filters.
    pub(super) chunk_size: u64,
    pub(super) filtered: bool,
    pub(super) index: RawIndex,
    /// Number of chunks that the shape needs.
    pub(super) chunks: Option<u64>,
    /// Chunks that touch are not joined, so that each can be unpacked.
    pub(super) apart: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Merged, in the order of the file.
    pub(super) ranges: Vec<Range<u64>>,
    pub(super) stored: u64,
    pub(super) count: u64,
    /// False when something is missing.
    pub(super) complete: bool,
    /// Chunks that touch are not joined.
    apart: bool,
}

impl Found {
    fn add(&mut self, source: &Source<'_>, address: u64, size: u64) -> Read<()> {
        if source.undefined(address) || size == 0 {
            return Ok(());
        }
        let range = source.place(address, size, "a chunk")?;
        if self.count >= MAX_CHUNKS {
            return Err(Broken::Limit(format!(
                "a dataset has more than {MAX_CHUNKS} chunks"
            )));
        }
        self.count = self.count.saturating_add(1);
        self.stored = self.stored.saturating_add(size);
        match self.ranges.last_mut() {
            Some(last) if last.end == range.start && !self.apart => last.end = range.end,
            _ => self.ranges.push(range),
        }
        Ok(())
    }
}

/// Reads the index at `address`.
pub(super) fn read(
    source: &mut Source<'_>,
    address: u64,
    wanted: &Wanted,
    found: &mut Found,
) -> Read<()> {
    found.apart = wanted.apart;
    let result = match wanted.index.kind {
        ChunkIndex::BTree1 => tree_1(source, address, wanted, found),
        ChunkIndex::Single => {
            let size = wanted.index.filtered_size.unwrap_or(wanted.chunk_size);
            found.add(source, address, size)
        }
        ChunkIndex::Implicit => {
            let all = wanted.chunks.and_then(|n| n.checked_mul(wanted.chunk_size));
            match all {
                Some(all) => found.add(source, address, all),
                None => malformed("its shape overflows"),
            }
        }
        ChunkIndex::FixedArray => fixed_array(source, address, wanted, found),
        ChunkIndex::ExtensibleArray => extensible_array(source, address, wanted, found),
        ChunkIndex::BTree2 => tree_2(source, address, wanted, found),
        ChunkIndex::Unknown(_) => return Ok(()),
    };
    found.complete = result.is_ok();
    if !wanted.apart {
        found.ranges = merge(std::mem::take(&mut found.ranges));
    }
    result
}

/// Sorts ranges and joins those that touch.
pub(crate) fn merge(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|r| (r.start, r.end));
    let mut merged: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Keys: stored size `u32`, filter mask `u32`, an offset of eight bytes for each dimension and one more.
fn tree_1(source: &mut Source<'_>, address: u64, wanted: &Wanted, found: &mut Found) -> Read<()> {
    let key = (wanted.rank as u64)
        .saturating_add(1)
        .saturating_mul(8)
        .saturating_add(8);
    let mut chunks = Vec::new();
    let walked = group::tree_1(source, address, 1, key, |key, child| {
        chunks.push((child, u64::from(key.read().u32()?)));
        Ok(chunks.len() as u64 <= MAX_CHUNKS)
    });
    let added = chunks
        .into_iter()
        .try_for_each(|(address, size)| found.add(source, address, size));
    walked.and(added)
}

/// Records of type 10: address, offsets; of type 11: address, stored size, mask, offsets.
fn tree_2(source: &mut Source<'_>, address: u64, wanted: &Wanted, found: &mut Found) -> Read<()> {
    let offset = source.offset_size;
    let rest = (wanted.rank as u64).saturating_mul(8);
    let mut chunks = Vec::new();
    let walked = btree2::walk(source, address, |kind, record| {
        let mut f = record.read();
        let address = f.number(offset)?;
        let mut size = wanted.chunk_size;
        if kind == 11 {
            let width = (f.left() as u64).saturating_sub(rest).saturating_sub(4);
            size = f.number(u8::try_from(width.min(8)).unwrap_or(8))?;
        }
        chunks.push((address, size));
        Ok(chunks.len() as u64 <= MAX_CHUNKS)
    });
    let added = chunks
        .into_iter()
        .try_for_each(|(address, size)| found.add(source, address, size));
    walked.and(added)
}

/// An element of a fixed or extensible array: address; with filters also stored size and mask.
struct Elements {
    size: u64,
    filtered: bool,
}

impl Elements {
    fn add(
        &self,
        source: &Source<'_>,
        f: &mut Fields<'_>,
        count: u64,
        wanted: &Wanted,
        found: &mut Found,
    ) -> Read<()> {
        let head = u64::from(source.offset_size).saturating_add(4);
        for _ in 0..count {
            let mut f = f.sub(usize::try_from(self.size).unwrap_or(usize::MAX))?;
            let address = f.number(source.offset_size)?;
            let size = if self.filtered {
                let width = self.size.saturating_sub(head).min(8);
                f.number(u8::try_from(width).unwrap_or(8))?
            } else {
                wanted.chunk_size
            };
            found.add(source, address, size)?;
        }
        Ok(())
    }

    /// Bytes of `count` elements.
    fn bytes(&self, count: u64) -> u64 {
        self.size.saturating_mul(count)
    }
}

/// `FAHD`, version, client, element size, bits of a page, elements, address of `FADB`.
fn fixed_array(
    source: &mut Source<'_>,
    address: u64,
    wanted: &Wanted,
    found: &mut Found,
) -> Read<()> {
    let (offset, length) = (source.offset_size, source.length_size);
    let head = 8u64
        .saturating_add(u64::from(offset))
        .saturating_add(u64::from(length));
    let piece = source.at(address, head, "a fixed array")?;
    let mut f = piece.read();
    f.expect(b"FAHD", "a fixed array")?;
    f.skip(1)?;
    let filtered = f.u8()? == 1;
    let elements = Elements {
        size: u64::from(f.u8()?),
        filtered,
    };
    let page = 1u64.checked_shl(u32::from(f.u8()?)).unwrap_or(0);
    let count = f.number(length)?;
    let block = f.number(offset)?;
    if source.undefined(block) {
        return Ok(());
    }
    if filtered != wanted.filtered {
        return malformed("a fixed array does not fit the filters");
    }
    let prefix = 6u64.saturating_add(u64::from(offset));
    source
        .at(block, 4, "a fixed array")?
        .read()
        .expect(b"FADB", "a block of a fixed array")?;
    let start = block.saturating_add(prefix);
    if count <= page {
        let piece = source.at(start, elements.bytes(count), "a fixed array")?;
        return elements.add(source, &mut piece.read(), count, wanted, found);
    }
    let pages = count.div_ceil(page.max(1));
    let bitmap = source.at(start, pages.div_ceil(8), "a fixed array")?;
    let first = start.saturating_add(pages.div_ceil(8)).saturating_add(4);
    paged(
        source,
        (first, count, page),
        &bitmap.data,
        |source, f, n| elements.add(source, f, n, wanted, found),
        &elements,
    )
}

/// Reads the pages of a block whose bits are set; each ends in a checksum.
fn paged(
    source: &mut Source<'_>,
    (first, count, page): (u64, u64, u64),
    bitmap: &[u8],
    mut add: impl FnMut(&Source<'_>, &mut Fields<'_>, u64) -> Read<()>,
    elements: &Elements,
) -> Read<()> {
    let step = elements.bytes(page).saturating_add(4);
    let pages = count.div_ceil(page.max(1));
    for i in 0..pages {
        let byte = usize::try_from(i / 8).unwrap_or(usize::MAX);
        let bit = 0x80u8 >> (i % 8);
        if bitmap.get(byte).is_none_or(|b| b & bit == 0) {
            continue;
        }
        let before = i.saturating_mul(page);
        let here = count.saturating_sub(before).min(page);
        let at = first.saturating_add(i.saturating_mul(step));
        let piece = source.at(at, elements.bytes(here), "a page of an array")?;
        add(source, &mut piece.read(), here)?;
    }
    Ok(())
}

/// The header of an extensible array.
struct Extensible {
    elements: Elements,
    index_elements: u64,
    min_elements: u64,
    min_pointers: u64,
    page: u64,
    /// Bytes of the number of an element.
    number_bytes: u64,
    /// Bits of the number of an element.
    bits: u32,
}

impl Extensible {
    /// Data blocks below super block `u`, and elements of each.
    fn shape(&self, u: u32) -> (u64, u64) {
        let blocks = 1u64.checked_shl(u / 2).unwrap_or(0);
        let each = self
            .min_elements
            .checked_shl(u.saturating_add(1) / 2)
            .unwrap_or(0);
        (blocks, each)
    }

    /// Bytes before the content of a super or data block.
    fn prefix(&self, source: &Source<'_>) -> u64 {
        6u64.saturating_add(u64::from(source.offset_size))
            .saturating_add(self.number_bytes)
    }
}

/// `EAHD`, version, client, element size, bits, elements in the index, least elements of a block, least
/// pointers of a super block, bits of a page, six statistics, address of `EAIB`.
fn extensible_array(
    source: &mut Source<'_>,
    address: u64,
    wanted: &Wanted,
    found: &mut Found,
) -> Read<()> {
    let (offset, length) = (source.offset_size, source.length_size);
    let head = 12u64
        .saturating_add(u64::from(length).saturating_mul(6))
        .saturating_add(u64::from(offset));
    let piece = source.at(address, head, "an extensible array")?;
    let mut f = piece.read();
    f.expect(b"EAHD", "an extensible array")?;
    f.skip(1)?;
    let filtered = f.u8()? == 1;
    let size = u64::from(f.u8()?);
    let bits = f.u8()?;
    let array = Extensible {
        elements: Elements { size, filtered },
        index_elements: u64::from(f.u8()?),
        min_elements: u64::from(f.u8()?),
        min_pointers: u64::from(f.u8()?),
        page: 1u64.checked_shl(u32::from(f.u8()?)).unwrap_or(0),
        number_bytes: u64::from(bits).div_ceil(8),
        bits: u32::from(bits),
    };
    for _ in 0..6 {
        f.number(length)?;
    }
    let index = f.number(offset)?;
    if source.undefined(index) {
        return Ok(());
    }
    if !array.min_elements.is_power_of_two() || !array.min_pointers.is_power_of_two() || bits > 64 {
        return malformed("an extensible array has impossible sizes");
    }
    if filtered != wanted.filtered {
        return malformed("an extensible array does not fit the filters");
    }
    index_block(source, index, &array, wanted, found)
}

fn index_block(
    source: &mut Source<'_>,
    address: u64,
    array: &Extensible,
    wanted: &Wanted,
    found: &mut Found,
) -> Read<()> {
    let offset = u64::from(source.offset_size);
    let supers = array
        .bits
        .saturating_add(1)
        .saturating_sub(array.min_elements.ilog2());
    let direct = array.min_pointers.ilog2().saturating_mul(2).min(supers);
    let blocks: u64 = (0..direct)
        .map(|u| array.shape(u).0)
        .fold(0, u64::saturating_add);
    let further = u64::from(supers.saturating_sub(direct));
    let pointers = blocks.saturating_add(further);
    let prefix = 6u64.saturating_add(offset);
    let size = prefix
        .saturating_add(array.elements.bytes(array.index_elements))
        .saturating_add(pointers.saturating_mul(offset));
    let piece = source.at(address, size, "the index of an extensible array")?;
    let mut f = piece.read();
    f.expect(b"EAIB", "the index of an extensible array")?;
    f.skip(2)?;
    f.number(source.offset_size)?;
    let here = array.index_elements;
    array.elements.add(source, &mut f, here, wanted, found)?;
    for u in 0..direct {
        let (count, each) = array.shape(u);
        for _ in 0..count {
            let block = f.number(source.offset_size)?;
            data_block(source, block, array, (each, None), wanted, found)?;
        }
    }
    for u in direct..supers {
        let block = f.number(source.offset_size)?;
        super_block(source, block, array, array.shape(u), wanted, found)?;
    }
    Ok(())
}

fn super_block(
    source: &mut Source<'_>,
    address: u64,
    array: &Extensible,
    (count, each): (u64, u64),
    wanted: &Wanted,
    found: &mut Found,
) -> Read<()> {
    if source.undefined(address) {
        return Ok(());
    }
    let prefix = array.prefix(source);
    let pages = if each > array.page {
        each.checked_div(array.page).unwrap_or(0).div_ceil(8)
    } else {
        0
    };
    let bitmaps = pages.saturating_mul(count);
    let offset = u64::from(source.offset_size);
    let size = prefix
        .saturating_add(bitmaps)
        .saturating_add(count.saturating_mul(offset));
    let piece = source.at(address, size, "a block of an extensible array")?;
    let mut f = piece.read();
    f.expect(b"EASB", "a block of an extensible array")?;
    f.take64(prefix.saturating_sub(4))?;
    let mut maps = f.sub(usize::try_from(bitmaps).unwrap_or(usize::MAX))?;
    for _ in 0..count {
        let map = maps.take64(pages)?;
        let block = f.number(source.offset_size)?;
        let map = (pages > 0).then_some(map);
        data_block(source, block, array, (each, map), wanted, found)?;
    }
    Ok(())
}

fn data_block(
    source: &mut Source<'_>,
    address: u64,
    array: &Extensible,
    (count, map): (u64, Option<&[u8]>),
    wanted: &Wanted,
    found: &mut Found,
) -> Read<()> {
    if source.undefined(address) {
        return Ok(());
    }
    source
        .at(address, 4, "a block of an extensible array")?
        .read()
        .expect(b"EADB", "a block of an extensible array")?;
    let start = address.saturating_add(array.prefix(source));
    let Some(map) = map else {
        let size = array.elements.bytes(count);
        let piece = source.at(start, size, "a block of an extensible array")?;
        return array
            .elements
            .add(source, &mut piece.read(), count, wanted, found);
    };
    let first = start.saturating_add(4);
    paged(
        source,
        (first, count, array.page),
        map,
        |source, f, n| array.elements.add(source, f, n, wanted, found),
        &array.elements,
    )
}
