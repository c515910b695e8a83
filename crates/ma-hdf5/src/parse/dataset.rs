//! A dataset from the messages of its header.

use crate::model::{AnomalyKind, ChunkIndex, Class, Dataset, ExternalFile, Layout};

use super::chunks;
use super::header::{self, Header, Message};
use super::heap::LocalHeap;
use super::message::{self, RawIndex, RawLayout};
use super::source::{Broken, Read};
use super::virtuals;
use super::walk::Walk;

/// Reads all messages of a dataset; each fails alone.
pub(super) fn read(walk: &mut Walk<'_>, header: &Header) -> Read<Dataset> {
    let mut dataset = Dataset::default();
    let mut raw = None;
    // Layout and chunks need type, shape and filters, whatever the order of the messages.
    for message in &header.messages {
        let result = match message.kind {
            header::DATASPACE => space(walk, message, &mut dataset),
            header::DATATYPE => walk
                .body(message)
                .and_then(|body| walk.dtype(&mut body.read()))
                .map(|dtype| dataset.dtype = Some(dtype)),
            header::FILTERS => pipeline(walk, message, &mut dataset),
            header::EXTERNAL_FILES => external(walk, message, &mut dataset),
            header::LAYOUT => walk.body(message).and_then(|body| {
                let (offset, length) = (walk.source.offset_size, walk.source.length_size);
                raw = Some(message::layout(&mut body.read(), offset, length)?);
                Ok(())
            }),
            _ => continue,
        };
        note(walk, result, message)?;
    }
    if let Some(raw) = raw {
        let result = place(walk, raw, &mut dataset);
        let at = header.messages.iter().find(|m| m.kind == header::LAYOUT);
        if let Some(message) = at {
            note(walk, result, message)?;
        }
    }
    Ok(dataset)
}

fn note(walk: &mut Walk<'_>, result: Read<()>, message: &Message) -> Read<()> {
    let what = match message.kind {
        header::DATASPACE => "the shape",
        header::DATATYPE => "the type",
        header::FILTERS => "the filters",
        header::EXTERNAL_FILES => "the list of external files",
        _ => "the place of the data",
    };
    match result {
        Err(broken @ Broken::Scan(_)) => Err(broken),
        Err(broken) => {
            walk.note_broken(&broken, what, Some(message.range()));
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

fn space(walk: &mut Walk<'_>, message: &Message, dataset: &mut Dataset) -> Read<()> {
    let body = walk.body(message)?;
    let space = message::dataspace(&mut body.read(), walk.source.length_size)?;
    dataset.shape = space.dims;
    dataset.max_shape = space.max;
    Ok(())
}

fn pipeline(walk: &mut Walk<'_>, message: &Message, dataset: &mut Dataset) -> Read<()> {
    let body = walk.body(message)?;
    let (filters, broken) = message::filters(&mut body.read());
    dataset.filters = filters;
    broken.map_or(Ok(()), Err)
}

/// The list of external files: version, 3 zeros, slots `u16`, used `u16`, heap of names; each: name,
/// offset in the file, size.
fn external(walk: &mut Walk<'_>, message: &Message, dataset: &mut Dataset) -> Read<()> {
    let body = walk.body(message)?;
    let mut f = body.read();
    f.skip(6)?;
    let used = f.u16()?;
    let heap = f.number(walk.source.offset_size)?;
    let heap = LocalHeap::read(&mut walk.source, heap)?;
    let length = walk.source.length_size;
    for _ in 0..used {
        let (name, offset, size) = (f.number(length)?, f.number(length)?, f.number(length)?);
        let name = heap.name(&mut walk.source, name)?;
        walk.keep(name.len().saturating_add(64))?;
        dataset
            .external_files
            .push(ExternalFile { name, offset, size });
    }
    Ok(())
}

/// Where the data are.
fn place(walk: &mut Walk<'_>, raw: RawLayout, dataset: &mut Dataset) -> Read<()> {
    match raw {
        RawLayout::Compact(range) => {
            dataset.stored = Some(range.end.saturating_sub(range.start));
            dataset.data = vec![range.clone()];
            dataset.layout = Some(Layout::Compact(range));
            Ok(())
        }
        RawLayout::Contiguous { address, size } => {
            dataset.layout = Some(Layout::Contiguous(None));
            let size = size.or_else(|| dataset.logical_size());
            if walk.source.undefined(address) || !dataset.external_files.is_empty() {
                dataset.stored = Some(0);
                return Ok(());
            }
            let Some(size) = size else { return Ok(()) };
            let range = walk.source.place(address, size, "its data")?;
            dataset.stored = Some(size);
            if size > 0 {
                dataset.data = vec![range.clone()];
            }
            dataset.layout = Some(Layout::Contiguous(Some(range)));
            Ok(())
        }
        RawLayout::Chunked {
            chunk,
            element,
            index,
            address,
        } => chunked(walk, dataset, (chunk, element, index, address)),
        RawLayout::Virtual { heap, index } => {
            let (sources, broken) = virtuals::read(walk, heap, index);
            dataset.stored = Some(0);
            dataset.layout = Some(Layout::Virtual(sources));
            broken.map_or(Ok(()), Err)
        }
    }
}

fn chunked(
    walk: &mut Walk<'_>,
    dataset: &mut Dataset,
    (chunk, element, index, address): (Vec<u64>, u64, RawIndex, u64),
) -> Read<()> {
    let rank = dataset.shape.as_ref().map(Vec::len);
    if rank.is_some_and(|rank| rank != chunk.len()) {
        let text = format!(
            "its chunks have {} dimensions, and it has {}",
            chunk.len(),
            rank.unwrap_or(0)
        );
        walk.note(AnomalyKind::Invariant, text, None);
    }
    if chunk.contains(&0) {
        let text = "its chunks have a dimension of 0".to_owned();
        walk.note(AnomalyKind::Invariant, text, None);
    }
    let size = dataset.dtype.as_ref().map(|t| u64::from(t.size));
    if element != 0 && size.is_some_and(|size| size != element) {
        let text = format!(
            "its chunks have elements of {element} bytes, and its type has {}",
            size.unwrap_or(0)
        );
        walk.note(AnomalyKind::Invariant, text, None);
    }
    let wanted = chunks::Wanted {
        rank: chunk.len(),
        chunk_size: chunk.iter().fold(element, |n, d| n.saturating_mul(*d)),
        filtered: !dataset.filters.is_empty(),
        index,
        chunks: chunk_count(dataset.shape.as_deref(), &chunk),
        apart: !dataset.filters.is_empty()
            && matches!(
                dataset.dtype.as_ref().map(|t| &t.class),
                Some(Class::Vlen(_) | Class::VlenString { .. })
            ),
    };
    let mut found = chunks::Found::default();
    let result = if walk.source.undefined(address) {
        found.complete = true;
        Ok(())
    } else {
        chunks::read(&mut walk.source, address, &wanted, &mut found)
    };
    let kept = walk.keep(found.ranges.len().saturating_mul(16));
    dataset.stored = found.complete.then_some(found.stored);
    dataset.data = found.ranges;
    dataset.layout = Some(Layout::Chunked {
        chunk,
        element,
        index: index.kind,
        count: found.complete.then_some(found.count),
    });
    if let ChunkIndex::Unknown(n) = index.kind {
        return Err(Broken::Unsupported(format!(
            "an index of chunks is of kind {n}"
        )));
    }
    result.and(kept)
}

/// Number of chunks that the shape needs.
fn chunk_count(shape: Option<&[u64]>, chunk: &[u64]) -> Option<u64> {
    let mut count = 1u64;
    for (dim, step) in shape?.iter().zip(chunk) {
        count = count.checked_mul(dim.checked_add(step.checked_sub(1)?)?.checked_div(*step)?)?;
    }
    Some(count)
}
