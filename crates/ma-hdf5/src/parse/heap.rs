//! The three heaps: local (names of old groups), global (variable-length data), fractal (links and
//! attributes of objects that have many).

use std::collections::HashMap;
use std::ops::Range;

use super::btree2;
use super::source::{Broken, Fields, Piece, Read, Source, lossy, malformed};

/// Names longer than this are cut short by no file; a name without an end is not searched further.
const MAX_NAME: u64 = 1 << 16;
/// Objects of all collections whose places are kept.
const MAX_OBJECTS: usize = 1 << 19;
/// A collection of at most this size is read at once.
const SMALL_COLLECTION: u64 = 64 << 10;

/// A local heap: one segment of names.
#[derive(Debug, Clone)]
pub(super) struct LocalHeap {
    segment: Range<u64>,
}

impl LocalHeap {
    /// Reads its header: `HEAP`, version, 3 zeros, size, free list, address of the segment.
    pub(super) fn read(source: &mut Source<'_>, address: u64) -> Read<Self> {
        let (offset, length) = (source.offset_size, source.length_size);
        let size = 8u64
            .saturating_add(u64::from(length).saturating_mul(2))
            .saturating_add(u64::from(offset));
        let piece = source.at(address, size, "a local heap")?;
        let mut fields = piece.read();
        fields.expect(b"HEAP", "a local heap")?;
        fields.skip(4)?;
        let size = fields.number(length)?;
        fields.number(length)?;
        let data = fields.number(offset)?;
        Ok(Self {
            segment: source.place(data, size, "the segment of a local heap")?,
        })
    }

    /// The name at `offset`.
    pub(super) fn name(&self, source: &mut Source<'_>, offset: u64) -> Read<String> {
        let Some(start) = self
            .segment
            .start
            .checked_add(offset)
            .filter(|s| *s < self.segment.end)
        else {
            return malformed(format!(
                "a name should lie at byte {offset} of a local heap, beyond its end"
            ));
        };
        let mut step = 64u64;
        loop {
            let end = start.saturating_add(step).min(self.segment.end);
            let piece = source.range(start..end, "a name")?;
            if let Some(n) = piece.data.iter().position(|b| *b == 0) {
                return Ok(lossy(piece.data.get(..n).unwrap_or(&piece.data)));
            }
            if end == self.segment.end || step >= MAX_NAME {
                return malformed("a name has no end");
            }
            step = step.saturating_mul(8);
        }
    }
}

/// Where the objects of the collections of the global heap lie.
#[derive(Debug, Default)]
pub(super) struct GlobalHeap {
    /// By address of the collection: number and place of each object, by number.
    collections: HashMap<u64, Vec<(u16, Range<u64>)>>,
    kept: usize,
}

impl GlobalHeap {
    /// Where the object `index` of the collection at `address` lies in the file.
    pub(super) fn find(
        &mut self,
        source: &mut Source<'_>,
        address: u64,
        index: u64,
    ) -> Read<Range<u64>> {
        if !self.collections.contains_key(&address) {
            let objects = collection(source, address)?;
            self.kept = self.kept.saturating_add(objects.len());
            if self.kept > MAX_OBJECTS {
                self.collections.clear();
                self.kept = objects.len();
            }
            self.collections.insert(address, objects);
        }
        let objects = self.collections.get(&address).map_or(&[][..], |c| c);
        let place = objects.binary_search_by_key(&index, |(n, _)| u64::from(*n));
        match place.ok().and_then(|i| objects.get(i)) {
            Some((_, range)) => Ok(range.clone()),
            None => malformed(format!("the global heap has no object {index} there")),
        }
    }
}

/// Lists a collection: `GCOL`, version, 3 zeros, size; objects: index `u16`, references `u16`, 4 zeros,
/// size, data padded to eight bytes. Object 0 is the free space at the end.
fn collection(source: &mut Source<'_>, address: u64) -> Read<Vec<(u16, Range<u64>)>> {
    let length = source.length_size;
    let head_size = 8u64.saturating_add(u64::from(length));
    let piece = source.at(address, head_size, "a global heap collection")?;
    let mut fields = piece.read();
    fields.expect(b"GCOL", "a global heap collection")?;
    fields.skip(4)?;
    let size = fields.number(length)?;
    let all = source.place(address, size, "a global heap collection")?;
    let small = if size <= SMALL_COLLECTION {
        Some(source.range(all.clone(), "a global heap collection")?)
    } else {
        None
    };
    let mut objects = Vec::new();
    let mut at = all.start.saturating_add(head_size.max(16));
    while at.saturating_add(head_size) <= all.end && objects.len() < usize::from(u16::MAX) {
        let (index, size) = match &small {
            Some(piece) => {
                let mut fields = piece.read();
                fields.take64(at.saturating_sub(all.start))?;
                object(&mut fields, length)?
            }
            None => {
                let range = at..at.saturating_add(head_size);
                let piece = source.range(range, "a global heap object")?;
                object(&mut piece.read(), length)?
            }
        };
        let start = at.saturating_add(head_size);
        let end = start.checked_add(size).filter(|e| *e <= all.end);
        let (Some(end), true) = (end, index != 0) else {
            // Free space, or an object that is not there; what came before is good.
            break;
        };
        objects.push((index, start..end));
        at = start.saturating_add(size.div_ceil(8).saturating_mul(8));
    }
    // Of two objects of one number the first counts.
    objects.sort_by_key(|(index, _)| *index);
    objects.dedup_by_key(|(index, _)| *index);
    Ok(objects)
}

/// Index and size of an object.
fn object(fields: &mut Fields<'_>, length: u8) -> Read<(u16, u64)> {
    let index = fields.u16()?;
    fields.skip(6)?;
    Ok((index, fields.number(length)?))
}

/// A fractal heap: its header and where its blocks are.
#[derive(Debug, Clone)]
pub(super) struct FractalHeap {
    id_len: u16,
    filtered: bool,
    checksums: bool,
    max_managed: u32,
    huge_index: u64,
    width: u16,
    start_block: u64,
    max_direct: u64,
    max_heap_bits: u16,
    root: u64,
    root_rows: u16,
}

impl FractalHeap {
    /// Reads the header, `FRHP`.
    pub(super) fn read(source: &mut Source<'_>, address: u64) -> Read<Self> {
        let (offset, length) = (source.offset_size, source.length_size);
        let size = 22u64
            .saturating_add(u64::from(length).saturating_mul(12))
            .saturating_add(u64::from(offset).saturating_mul(3));
        let piece = source.at(address, size, "a fractal heap")?;
        let mut f = piece.read();
        f.expect(b"FRHP", "a fractal heap")?;
        f.skip(1)?;
        let id_len = f.u16()?;
        let filtered = f.u16()? != 0;
        let checksums = f.u8()? & 2 != 0;
        let max_managed = f.u32()?;
        f.number(length)?;
        let huge_index = f.number(offset)?;
        f.number(length)?;
        f.number(offset)?;
        for _ in 0..8 {
            f.number(length)?;
        }
        let width = f.u16()?;
        let start_block = f.number(length)?;
        let max_direct = f.number(length)?;
        let max_heap_bits = f.u16()?;
        f.u16()?;
        let root = f.number(offset)?;
        let root_rows = f.u16()?;
        if width == 0
            || !start_block.is_power_of_two()
            || !max_direct.is_power_of_two()
            || max_direct < start_block
            || max_heap_bits > 64
        {
            return malformed("the table of a fractal heap has impossible sizes");
        }
        Ok(Self {
            id_len,
            filtered,
            checksums,
            max_managed,
            huge_index,
            width,
            start_block,
            max_direct,
            max_heap_bits,
            root,
            root_rows,
        })
    }

    /// Bytes of an offset in the heap.
    fn offset_bytes(&self) -> u8 {
        u8::try_from(self.max_heap_bits.div_ceil(8)).unwrap_or(8)
    }

    /// Where the object with this id lies in the file.
    pub(super) fn find(&self, source: &mut Source<'_>, id: &[u8]) -> Read<Range<u64>> {
        let mut f = Fields::new(id, 0);
        let first = f.u8()?;
        if first >> 6 != 0 {
            return malformed("an id in a fractal heap is of an unknown version");
        }
        match (first >> 4) & 3 {
            0 => self.managed(source, &mut f),
            1 => self.huge(source, &mut f),
            _ => malformed("an object of a fractal heap should lie in its own id"),
        }
    }

    fn managed(&self, source: &mut Source<'_>, f: &mut Fields<'_>) -> Read<Range<u64>> {
        let bytes = self.offset_bytes();
        let offset = f.number(bytes)?;
        let largest = self.max_direct.min(u64::from(self.max_managed)).max(1);
        let width = u8::try_from(largest.ilog2().div_ceil(8)).unwrap_or(8);
        let len = f.number(width)?;
        if self.filtered {
            return Err(Broken::Unsupported(
                "the blocks of a fractal heap are compressed".to_owned(),
            ));
        }
        let (block, start, size) = self.block(source, offset)?;
        let inside = offset.saturating_sub(start);
        let head = 5u64
            .saturating_add(u64::from(source.offset_size))
            .saturating_add(u64::from(bytes))
            .saturating_add(if self.checksums { 4 } else { 0 });
        if inside < head || inside.saturating_add(len) > size {
            return malformed("an object of a fractal heap does not lie in its block");
        }
        let signature = source.at(block, 4, "a block of a fractal heap")?;
        signature
            .read()
            .expect(b"FHDB", "a block of a fractal heap")?;
        source.place(
            block.saturating_add(inside),
            len,
            "an object of a fractal heap",
        )
    }

    /// Bytes of a block of this row.
    fn row_size(&self, row: u32) -> u64 {
        let shift = row.saturating_sub(1);
        self.start_block.checked_shl(shift).unwrap_or(0)
    }

    /// The direct block that covers `offset`: its address, its own offset in the heap, its size.
    fn block(&self, source: &mut Source<'_>, offset: u64) -> Read<(u64, u64, u64)> {
        let mut address = self.root;
        if self.root_rows == 0 {
            return Ok((address, 0, self.start_block.max(self.row_size(1))));
        }
        let direct_rows = self
            .max_direct
            .ilog2()
            .saturating_sub(self.start_block.ilog2())
            .saturating_add(2);
        let mut start = 0u64;
        let mut rows = u32::from(self.root_rows);
        for _ in 0..64 {
            let inside = offset.saturating_sub(start);
            let (row, column, before) = self.cell(inside, rows)?;
            let width = u64::from(self.width);
            let size = self.row_size(row);
            let cell = u64::from(row).saturating_mul(width).saturating_add(column);
            let head = 5u64
                .saturating_add(u64::from(source.offset_size))
                .saturating_add(u64::from(self.offset_bytes()));
            let signature = source.at(address, 4, "a table of a fractal heap")?;
            signature
                .read()
                .expect(b"FHIB", "a table of a fractal heap")?;
            let place = address
                .saturating_add(head)
                .saturating_add(cell.saturating_mul(u64::from(source.offset_size)));
            let entry = source.at(place, u64::from(source.offset_size), "a heap table")?;
            address = super::source::little(&entry.data);
            start = start.saturating_add(before);
            if row < direct_rows {
                return Ok((address, start, size));
            }
            let first = self.start_block.saturating_mul(width).max(1);
            rows = size
                .max(1)
                .ilog2()
                .saturating_sub(first.ilog2())
                .saturating_add(1);
        }
        malformed("the tables of a fractal heap have no end")
    }

    /// Row, column and the bytes before them, of the cell that covers `inside`.
    fn cell(&self, inside: u64, rows: u32) -> Read<(u32, u64, u64)> {
        let mut before = 0u64;
        for row in 0..rows.min(128) {
            let size = self.row_size(row);
            let all = size.saturating_mul(u64::from(self.width));
            if size == 0 {
                break;
            }
            let left = inside.saturating_sub(before);
            if left < all {
                let column = left.checked_div(size).unwrap_or(0);
                let before = before.saturating_add(column.saturating_mul(size));
                return Ok((row, column, before));
            }
            before = before.saturating_add(all);
        }
        malformed("an object of a fractal heap lies beyond its tables")
    }

    /// Objects too large for the blocks: their place is in the id, or in a tree.
    fn huge(&self, source: &mut Source<'_>, f: &mut Fields<'_>) -> Read<Range<u64>> {
        if self.filtered {
            return Err(Broken::Unsupported(
                "a large object of a fractal heap is compressed".to_owned(),
            ));
        }
        let (offset, length) = (source.offset_size, source.length_size);
        let room = self.id_len.saturating_sub(1);
        if u16::from(offset).saturating_add(u16::from(length)) <= room {
            let (address, len) = (f.number(offset)?, f.number(length)?);
            return source.place(address, len, "a large object of a fractal heap");
        }
        let width = u8::try_from(room.min(u16::from(length))).unwrap_or(8);
        let key = f.number(width)?;
        let mut found = None;
        btree2::walk(source, self.huge_index, |kind, record: &Piece| {
            let mut r = record.read();
            let (address, len) = (r.number(offset)?, r.number(length)?);
            if kind == 1 && r.number(length)? == key {
                found = Some((address, len));
            }
            Ok(found.is_none())
        })?;
        match found {
            Some((address, len)) => source.place(address, len, "a large object"),
            None => malformed("a large object of a fractal heap is not in its tree"),
        }
    }
}
