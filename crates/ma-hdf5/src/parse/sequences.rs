//! Where the elements of variable-length datasets lie.
//!
//! The dataset itself holds references to the global heap. They may be packed (PyTables does that when it
//! is asked to compress); deflate, shuffle and fletcher32 are undone, within the bound of the chunk.

use std::io::Read as _;
use std::ops::Range;

use ma_core::{Blob, Budget, ScanError};

use crate::model::{Dataset, File, Filter, Layout};

use super::source::{Broken, Piece, Read, Source, malformed};
use super::walk::Walk;
use super::{attribute, source::Fields};

/// Bytes of one chunk of references, before and after unpacking.
const MAX_CHUNK: u64 = 16 << 20;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Sequences {
    /// The elements that can be read and are not empty.
    pub(crate) found: Vec<Range<u64>>,
    /// Why some were not reached.
    pub(crate) broken: Option<String>,
}

/// Where the first `max` elements of a dataset of variable-length data lie.
///
/// # Errors
/// When the bytes can't be read, or the budget is used up.
pub(crate) fn sequences(
    blob: &Blob,
    budget: &Budget,
    file: &File,
    dataset: &Dataset,
    max: u64,
) -> Result<Sequences, ScanError> {
    let mut all = Sequences::default();
    let Some(block) = &file.superblock else {
        return Ok(all);
    };
    let mut walk = Walk::new(Source::new(blob, budget));
    walk.source.base = block.base;
    walk.source.offset_size = block.offset_size;
    walk.source.length_size = block.length_size;
    let cell = u64::from(block.offset_size).saturating_add(8);
    // Chunks may hold more places than the dataset has elements: those are not read.
    let mut left = max.min(dataset.elements().unwrap_or(max));
    let chunked = matches!(dataset.layout, Some(Layout::Chunked { .. }));
    for range in &dataset.data {
        if left == 0 {
            break;
        }
        let piece = if chunked && !dataset.filters.is_empty() {
            unpack(&mut walk.source, range, dataset)
        } else {
            let wanted = left.saturating_mul(cell);
            let end = range.end.min(range.start.saturating_add(wanted));
            walk.source.range(range.start..end, "references")
        };
        let read = piece.and_then(|piece| elements(&mut walk, &piece, cell, &mut left, &mut all));
        match read {
            Ok(()) => {}
            Err(Broken::Scan(error)) => return Err(error),
            Err(broken) => {
                all.broken.get_or_insert(broken.to_string());
            }
        }
    }
    Ok(all)
}

fn elements(
    walk: &mut Walk<'_>,
    piece: &Piece,
    cell: u64,
    left: &mut u64,
    all: &mut Sequences,
) -> Read<()> {
    let mut fields = Fields::new(&piece.data, piece.base);
    while *left > 0 && fields.left() as u64 >= cell {
        *left = left.saturating_sub(1);
        let data = fields.take64(cell)?;
        match attribute::reference(walk, data) {
            Ok(range) => all.found.extend(range),
            Err(broken @ Broken::Scan(_)) => return Err(broken),
            Err(broken) => {
                all.broken.get_or_insert(broken.to_string());
            }
        }
    }
    Ok(())
}

/// A chunk with its filters undone.
fn unpack(source: &mut Source<'_>, range: &Range<u64>, dataset: &Dataset) -> Read<Piece> {
    if range.end.saturating_sub(range.start) > MAX_CHUNK {
        return Err(Broken::Limit(
            "a chunk of references is too large".to_owned(),
        ));
    }
    let mut piece = source.range(range.clone(), "a chunk of references")?;
    for filter in dataset.filters.iter().rev() {
        piece.data = undo(source, filter, piece.data)?;
    }
    Ok(piece)
}

fn undo(source: &Source<'_>, filter: &Filter, mut data: Vec<u8>) -> Read<Vec<u8>> {
    match filter.id {
        1 => {
            let mut out = Vec::new();
            let mut bounded = flate2::read::ZlibDecoder::new(data.as_slice()).take(MAX_CHUNK);
            if bounded.read_to_end(&mut out).is_err() {
                return malformed("a chunk of references can't be unpacked");
            }
            source.budget.charge_expanded(out.len() as u64)?;
            Ok(out)
        }
        2 => Ok(unshuffle(
            &data,
            filter.params.first().copied().unwrap_or(1),
        )),
        3 => {
            data.truncate(data.len().saturating_sub(4));
            Ok(data)
        }
        other => Err(Broken::Unsupported(format!(
            "the references are packed by filter {}",
            crate::filters::name(other).map_or_else(|| other.to_string(), str::to_owned)
        ))),
    }
}

/// Puts the first bytes of all elements, then the second ones …, back in their places.
fn unshuffle(data: &[u8], size: u32) -> Vec<u8> {
    let size = usize::try_from(size).unwrap_or(1).max(1);
    let count = data.len().checked_div(size).unwrap_or(0);
    let mut out = Vec::with_capacity(data.len());
    for i in 0..count {
        for k in 0..size {
            let from = k.saturating_mul(count).saturating_add(i);
            out.push(data.get(from).copied().unwrap_or(0));
        }
    }
    // What is no whole element stays at the end as it is.
    out.extend_from_slice(data.get(out.len()..).unwrap_or(&[]));
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_go_back_in_their_places() {
        assert_eq!(super::unshuffle(b"adbecfx", 3), b"abcdefx");
        assert_eq!(super::unshuffle(b"abc", 1), b"abc");
        assert_eq!(super::unshuffle(b"abc", 7), b"abc");
    }
}
