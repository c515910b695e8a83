//! The sources of a virtual dataset: a list in the global heap.
//!
//! Version, number of entries; each: name of the file, name of the dataset, selection there, selection
//! here; a checksum. In version 1 a byte before each entry says which name is that of an earlier entry.

use crate::model::VirtualSource;

use super::source::{Broken, Fields, Read, malformed};
use super::walk::Walk;

/// Sources of one dataset that are listed.
const MAX_SOURCES: u64 = 1 << 16;

/// Reads the list; what could be read before a break is kept.
pub(super) fn read(
    walk: &mut Walk<'_>,
    heap: u64,
    index: u32,
) -> (Vec<VirtualSource>, Option<Broken>) {
    let mut sources = Vec::new();
    let broken = list(walk, heap, index, &mut sources).err();
    (sources, broken)
}

fn list(walk: &mut Walk<'_>, heap: u64, index: u32, sources: &mut Vec<VirtualSource>) -> Read<()> {
    if walk.source.undefined(heap) || heap == 0 {
        return Ok(());
    }
    let range = walk
        .globals
        .find(&mut walk.source, heap, u64::from(index))?;
    let piece = walk
        .source
        .range(range, "the list of sources of a virtual dataset")?;
    let mut f = piece.read();
    let version = f.u8()?;
    if version > 1 {
        return Err(Broken::Unsupported(format!(
            "the list of sources of a virtual dataset is of version {version}"
        )));
    }
    let count = f.number(walk.source.length_size)?;
    for _ in 0..count {
        if sources.len() as u64 >= MAX_SOURCES {
            return Err(Broken::Limit(format!(
                "a virtual dataset has more than {MAX_SOURCES} sources"
            )));
        }
        let flags = if version == 0 { 0 } else { f.u8()? };
        let length = walk.source.length_size;
        let file = name(&mut f, flags, (1, 4), length, sources, |s| &s.file)?;
        let dataset = name(&mut f, flags, (2, 0), length, sources, |s| &s.dataset)?;
        walk.keep(file.len().saturating_add(dataset.len()).saturating_add(64))?;
        sources.push(VirtualSource { file, dataset });
        selection(&mut f)?;
        selection(&mut f)?;
    }
    Ok(())
}

/// A name: written, that of an earlier entry (`same`), or this file (`this`).
fn name(
    f: &mut Fields<'_>,
    flags: u8,
    (same, this): (u8, u8),
    length: u8,
    sources: &[VirtualSource],
    part: impl Fn(&VirtualSource) -> &String,
) -> Read<String> {
    if flags & this != 0 {
        return Ok(".".to_owned());
    }
    if flags & same != 0 {
        let entry = usize::try_from(f.number(length)?).unwrap_or(usize::MAX);
        return match sources.get(entry) {
            Some(source) => Ok(part(source).clone()),
            None => malformed("a source of a virtual dataset repeats a name that is not there"),
        };
    }
    f.text()
}

/// Skips a selection: type, version, and what they need.
fn selection(f: &mut Fields<'_>) -> Read<()> {
    let (kind, version) = (f.u32()?, f.u32()?);
    match (kind, version) {
        // Nothing, and all.
        (0 | 3, _) => f.skip(8),
        (1, 1) | (2, 1) => {
            f.skip(4)?;
            let len = f.u32()?;
            f.take64(u64::from(len)).map(drop)
        }
        (1, 2) => {
            let width = f.u8()?;
            let rank = f.u32()?;
            let count = f.number(width)?;
            skip(f, &[u64::from(rank), count, u64::from(width)])
        }
        (2, 2) => {
            f.skip(1)?;
            let len = f.u32()?;
            f.take64(u64::from(len)).map(drop)
        }
        (2, 3) => {
            let (flags, width) = (f.u8()?, f.u8()?);
            let rank = u64::from(f.u32()?);
            if flags & 1 != 0 {
                return skip(f, &[rank, 4, u64::from(width)]);
            }
            let count = f.number(width)?;
            skip(f, &[rank, count, 2, u64::from(width)])
        }
        _ => Err(Broken::Unsupported(format!(
            "a selection is of kind {kind} and version {version}"
        ))),
    }
}

fn skip(f: &mut Fields<'_>, factors: &[u64]) -> Read<()> {
    let bytes = factors.iter().fold(1u64, |n, x| n.saturating_mul(*x));
    f.take64(bytes).map(drop)
}
