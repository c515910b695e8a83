//! Bytes to model and anomalies: our own reader of HDF5, by range.
//!
//! It follows the HDF5 File Format Specification, version 3.0, and what libhdf5 2.0 writes (layout and
//! datatype version 5). All numbers are little-endian; addresses count from the base address.
//!
//! | structure | where |
//! | --- | --- |
//! | superblock, versions 0–3, behind a user block of 0, 512, 1024, 2048 … bytes | here |
//! | object headers, versions 1 and 2 | `header` |
//! | links: symbol tables, messages, dense; B-trees of version 1 | `group` |
//! | attributes, versions 1–3, compact and dense | `attribute` |
//! | local, global and fractal heaps | `heap` |
//! | B-trees of version 2 | `btree2` |
//! | datatypes, versions 1–5 | `datatype` |
//! | dataspace, filters, layout, versions 1–5 | `message` |
//! | chunk indexes: both B-trees, single, implicit, fixed and extensible arrays | `chunks` |
//! | virtual datasets | `virtuals` |
//! | elements of variable length, their references unpacked where deflate packed them | `sequences` |
//!
//! An anomaly is whatever the specification forbids and whatever was not read. Each object, attribute
//! and link fails alone. Not read: messages in the heap that several objects share (written only on
//! request), compressed fractal heaps, the data themselves.
//!
//! Cost: the structure, in blocks of 4 KiB; of the data nothing but their indexes. Structures that
//! overlap can't cost more than some passes over the file; names, texts, objects and anomalies that are
//! kept are bounded in number and bytes.

mod attribute;
mod btree2;
mod chunks;
mod dataset;
mod datatype;
mod group;
mod header;
mod heap;
mod message;
mod sequences;
mod source;
mod virtuals;
mod walk;

use ma_core::{Blob, Budget, ScanError};

use crate::model::{Anomaly, AnomalyKind, File, Superblock};

pub(crate) use chunks::merge;
pub(crate) use sequences::sequences;

use source::{Broken, Fields, Read, Source, all_ones, little, lookup3, malformed};
use walk::Walk;

/// What a superblock begins with.
pub const SIGNATURE: &[u8; 8] = b"\x89HDF\r\n\x1a\n";

/// Where the superblock lies: at 0, 512, 1024, 2048 … bytes. `None` when there is none below `limit`.
///
/// # Errors
/// When the bytes can't be read.
pub fn find_superblock(blob: &Blob, limit: u64) -> std::io::Result<Option<u64>> {
    let mut at = 0u64;
    while at < limit && at.saturating_add(8) <= blob.len() {
        let mut head = [0u8; 8];
        let got = blob.read_at(at, &mut head)?;
        if got == head.len() && &head == SIGNATURE {
            return Ok(Some(at));
        }
        at = at.saturating_mul(2).max(512);
    }
    Ok(None)
}

/// Reads a file: everything but the data. A broken file is a result, not an error.
///
/// # Errors
/// When the bytes can't be read, or the budget's steps or time are used up.
pub fn read(blob: &Blob, budget: &Budget) -> Result<(File, Vec<Anomaly>), ScanError> {
    let Some(at) = find_superblock(blob, u64::MAX)? else {
        let anomaly = Anomaly {
            kind: AnomalyKind::Unreadable,
            object: String::new(),
            detail: "there is no superblock".to_owned(),
            range: None,
        };
        return Ok((File::default(), vec![anomaly]));
    };
    let mut walk = Walk::new(Source::new(blob, budget));
    walk.source.base = at;
    match superblock(&mut walk, at).and_then(|root| walk.run(root)) {
        Ok(()) => {}
        Err(Broken::Scan(error)) => return Err(error),
        Err(broken) => walk.note_broken(&broken, "the superblock", Some(at..at.saturating_add(8))),
    }
    Ok((walk.file, walk.anomalies))
}

/// Reads the superblock; the address of the root group's header.
fn superblock(walk: &mut Walk<'_>, at: u64) -> Read<u64> {
    let end = walk.source.blob.len().min(at.saturating_add(160));
    let piece = walk.source.range(at..end, "the superblock")?;
    let mut f = piece.read();
    f.skip(8)?;
    let version = f.u8()?;
    let mut block = match version {
        0 | 1 => version_0(&mut f, version)?,
        2 | 3 => version_2(&mut f)?,
        other => {
            return Err(Broken::Unsupported(format!("it is of version {other}")));
        }
    };
    block.version = version;
    block.range = at..f.position();
    block.base = at;
    walk.source.offset_size = block.offset_size;
    walk.source.length_size = block.length_size;
    // Libraries take the place of the superblock for the base, and move the end by the difference.
    block.end = block
        .end
        .saturating_add(at)
        .saturating_sub(block.declared_base);
    let root = block.root;
    block.root = root.saturating_add(at);
    if version >= 2 {
        let used = f.used().saturating_sub(4);
        let body = piece.data.get(..used).unwrap_or(&[]);
        let sum = piece.data.get(used..f.used()).unwrap_or(&[]);
        if u64::from(lookup3(body)) != little(sum) {
            let text = "the checksum of the superblock does not fit".to_owned();
            walk.note(AnomalyKind::Checksum, text, Some(block.range.clone()));
        }
    }
    walk.file.superblock = Some(block);
    Ok(root)
}

fn sizes(f: &mut Fields<'_>) -> Read<(u8, u8)> {
    let (offset, length) = (f.u8()?, f.u8()?);
    match (offset, length) {
        (2 | 4 | 8, 2 | 4 | 8) => Ok((offset, length)),
        _ => malformed(format!(
            "addresses have {offset} bytes and lengths {length}"
        )),
    }
}

/// Versions of parts, sizes, B-tree ranks, flags, base, free space, end, driver, entry of the root group.
fn version_0(f: &mut Fields<'_>, version: u8) -> Read<Superblock> {
    f.skip(4)?;
    let (offset_size, length_size) = sizes(f)?;
    f.skip(5)?;
    let flags = f.u32()?;
    if version == 1 {
        f.skip(4)?;
    }
    let declared_base = f.number(offset_size)?;
    f.number(offset_size)?;
    let end = f.number(offset_size)?;
    f.number(offset_size)?;
    f.number(offset_size)?;
    let root = f.number(offset_size)?;
    f.skip(24)?;
    Ok(Superblock {
        offset_size,
        length_size,
        declared_base,
        end,
        root,
        flags,
        ..Superblock::default()
    })
}

/// Sizes, flags, base, extension, end, root, checksum.
fn version_2(f: &mut Fields<'_>) -> Read<Superblock> {
    let (offset_size, length_size) = sizes(f)?;
    let flags = u32::from(f.u8()?);
    let declared_base = f.number(offset_size)?;
    f.number(offset_size)?;
    let end = f.number(offset_size)?;
    let root = f.number(offset_size)?;
    f.skip(4)?;
    if root == all_ones(offset_size) {
        return malformed("it names no root group");
    }
    Ok(Superblock {
        offset_size,
        length_size,
        declared_base,
        end,
        root,
        flags,
        ..Superblock::default()
    })
}
