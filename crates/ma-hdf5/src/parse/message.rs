//! The messages that make a dataset: dataspace, filter pipeline, layout.

use crate::model::{ChunkIndex, Filter};

use super::datatype::MAX_RANK;
use super::source::{Broken, Fields, Read, lossy, malformed};

/// The dimensions of a dataset or attribute.
#[derive(Debug, Default)]
pub(super) struct Space {
    /// Empty for a single value; `None` for no value at all.
    pub(super) dims: Option<Vec<u64>>,
    pub(super) max: Vec<u64>,
}

/// A dataspace message, version 1 or 2.
pub(super) fn dataspace(fields: &mut Fields<'_>, length_size: u8) -> Read<Space> {
    let (version, rank, flags) = (fields.u8()?, fields.u8()?, fields.u8()?);
    let null = match version {
        1 => {
            fields.skip(5)?;
            false
        }
        2 => fields.u8()? == 2,
        other => return malformed(format!("a dataspace is of version {other}")),
    };
    if usize::from(rank) > MAX_RANK {
        return malformed(format!("a dataspace has {rank} dimensions, of at most 32"));
    }
    if null {
        return Ok(Space::default());
    }
    let mut space = Space {
        dims: Some(numbers(fields, rank, length_size)?),
        max: Vec::new(),
    };
    if flags & 1 != 0 {
        space.max = numbers(fields, rank, length_size)?;
        let unlimited = super::source::all_ones(length_size);
        for dim in &mut space.max {
            if *dim == unlimited {
                *dim = u64::MAX;
            }
        }
    }
    Ok(space)
}

fn numbers(fields: &mut Fields<'_>, count: u8, size: u8) -> Read<Vec<u64>> {
    (0..count).map(|_| fields.number(size)).collect()
}

/// A filter pipeline message, version 1 or 2. What could be read before a break is kept.
pub(super) fn filters(fields: &mut Fields<'_>) -> (Vec<Filter>, Option<Broken>) {
    let mut filters = Vec::new();
    let broken = filter_list(fields, &mut filters).err();
    (filters, broken)
}

fn filter_list(fields: &mut Fields<'_>, filters: &mut Vec<Filter>) -> Read<()> {
    let (version, count) = (fields.u8()?, fields.u8()?);
    if !(1..=2).contains(&version) {
        return malformed(format!("a filter pipeline is of version {version}"));
    }
    if version == 1 {
        fields.skip(6)?;
    }
    for _ in 0..count {
        let id = fields.u16()?;
        let named = version == 1 || id >= 256;
        let name_len = if named { fields.u16()? } else { 0 };
        let (flags, count) = (fields.u16()?, fields.u16()?);
        let start = fields.used();
        let name = fields.take(usize::from(name_len))?;
        if version == 1 {
            fields.align(start, 8);
        }
        let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
        let name = lossy(name.get(..end).unwrap_or(name));
        let mut filter = Filter {
            id,
            name,
            flags,
            params: Vec::new(),
        };
        let params: Read<Vec<u32>> = (0..count).map(|_| fields.u32()).collect();
        match params {
            Ok(params) => filter.params = params,
            Err(broken) => {
                filters.push(filter);
                return Err(broken);
            }
        }
        if version == 1 && count % 2 == 1 {
            fields.skip(4)?;
        }
        filters.push(filter);
    }
    Ok(())
}

/// A layout message as written; addresses are not yet those of the file.
#[derive(Debug)]
pub(super) enum RawLayout {
    Compact(std::ops::Range<u64>),
    Contiguous {
        address: u64,
        /// `None` in versions 1 and 2, which leave it to type and shape.
        size: Option<u64>,
    },
    Chunked {
        chunk: Vec<u64>,
        element: u64,
        index: RawIndex,
        address: u64,
    },
    Virtual {
        heap: u64,
        index: u32,
    },
}

/// How chunks are found, with the parameters that reading the index needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawIndex {
    pub(super) kind: ChunkIndex,
    /// The size of the one chunk, when it went through filters.
    pub(super) filtered_size: Option<u64>,
}

/// A data layout message, versions 1 to 5.
pub(super) fn layout(fields: &mut Fields<'_>, offset: u8, length: u8) -> Read<RawLayout> {
    let version = fields.u8()?;
    match version {
        1 | 2 => layout_1(fields, offset),
        3..=5 => layout_3(fields, offset, length, version),
        other => Err(Broken::Unsupported(format!(
            "a data layout is of version {other}"
        ))),
    }
}

fn layout_1(fields: &mut Fields<'_>, offset: u8) -> Read<RawLayout> {
    let (rank, class) = (fields.u8()?, fields.u8()?);
    fields.skip(5)?;
    if usize::from(rank) > MAX_RANK.saturating_add(1) {
        return malformed(format!(
            "a data layout has {rank} dimensions, of at most 33"
        ));
    }
    let address = if class == 0 {
        0
    } else {
        fields.number(offset)?
    };
    let mut dims = numbers(fields, rank, 4)?;
    match class {
        0 => {
            let size = fields.u32()?;
            compact(fields, u64::from(size))
        }
        1 => Ok(RawLayout::Contiguous {
            address,
            size: None,
        }),
        2 => {
            // The last dimension is the size of the element; the field behind it says so again.
            let element = dims.pop().unwrap_or(0);
            Ok(RawLayout::Chunked {
                chunk: dims,
                element,
                index: btree_1(),
                address,
            })
        }
        other => Err(Broken::Unsupported(format!(
            "a data layout is of class {other}"
        ))),
    }
}

fn btree_1() -> RawIndex {
    RawIndex {
        kind: ChunkIndex::BTree1,
        filtered_size: None,
    }
}

fn compact(fields: &mut Fields<'_>, size: u64) -> Read<RawLayout> {
    let start = fields.position();
    fields.take64(size)?;
    Ok(RawLayout::Compact(start..fields.position()))
}

fn layout_3(fields: &mut Fields<'_>, offset: u8, length: u8, version: u8) -> Read<RawLayout> {
    match fields.u8()? {
        0 => {
            let size = fields.u16()?;
            compact(fields, u64::from(size))
        }
        1 => Ok(RawLayout::Contiguous {
            address: fields.number(offset)?,
            size: Some(fields.number(length)?),
        }),
        2 if version == 3 => {
            let rank = rank(fields)?;
            let address = fields.number(offset)?;
            let mut chunk = numbers(fields, rank, 4)?;
            let element = chunk.pop().unwrap_or(0);
            Ok(RawLayout::Chunked {
                chunk,
                element,
                index: btree_1(),
                address,
            })
        }
        2 => chunked_4(fields, offset, length, version),
        3 => Ok(RawLayout::Virtual {
            heap: fields.number(offset)?,
            index: fields.u32()?,
        }),
        other => Err(Broken::Unsupported(format!(
            "a data layout is of class {other}"
        ))),
    }
}

fn rank(fields: &mut Fields<'_>) -> Read<u8> {
    let rank = fields.u8()?;
    if rank == 0 || usize::from(rank) > MAX_RANK.saturating_add(1) {
        return malformed(format!("chunks have {rank} dimensions, of 1 to 33"));
    }
    Ok(rank)
}

fn chunked_4(fields: &mut Fields<'_>, offset: u8, length: u8, version: u8) -> Read<RawLayout> {
    let flags = fields.u8()?;
    let rank = rank(fields)?;
    let width = fields.u8()?;
    if !(1..=8).contains(&width) {
        return malformed(format!("the dimensions of chunks have {width} bytes"));
    }
    let mut chunk = numbers(fields, rank, width)?;
    let element = chunk.pop().unwrap_or(0);
    let mut filtered_size = None;
    let kind = match fields.u8()? {
        1 => {
            if flags & 2 != 0 {
                let width = if version >= 5 { 8 } else { length };
                filtered_size = Some(fields.number(width)?);
                fields.skip(4)?;
            }
            ChunkIndex::Single
        }
        2 => ChunkIndex::Implicit,
        3 => {
            fields.skip(1)?;
            ChunkIndex::FixedArray
        }
        4 => {
            fields.skip(5)?;
            ChunkIndex::ExtensibleArray
        }
        5 => {
            fields.skip(6)?;
            ChunkIndex::BTree2
        }
        other => ChunkIndex::Unknown(other),
    };
    let address = match kind {
        ChunkIndex::Unknown(_) => super::source::all_ones(offset),
        _ => fields.number(offset)?,
    };
    Ok(RawLayout::Chunked {
        chunk,
        element,
        index: RawIndex {
            kind,
            filtered_size,
        },
        address,
    })
}
