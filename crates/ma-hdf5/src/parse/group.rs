//! The links of a group: symbol tables (old groups), link messages (compact), and links in a fractal
//! heap found by a B-tree (dense).

use std::collections::HashSet;
use std::ops::Range;

use crate::model::{Link, LinkTarget};

use super::btree2;
use super::heap::{FractalHeap, LocalHeap};
use super::source::{Broken, Fields, Piece, Read, Source, lossy, malformed};

/// Links of one group that are read.
const MAX_LINKS: usize = 1 << 20;
/// Levels of an old B-tree.
const MAX_LEVEL: u8 = 32;

/// A link message. The body lies at `range` of the file.
pub(super) fn link(fields: &mut Fields<'_>, offset_size: u8, range: Range<u64>) -> Read<Link> {
    let (version, flags) = (fields.u8()?, fields.u8()?);
    if version != 1 {
        return malformed(format!("a link is of version {version}"));
    }
    let kind = if flags & 8 == 0 { 0 } else { fields.u8()? };
    if flags & 4 != 0 {
        fields.skip(8)?;
    }
    if flags & 16 != 0 {
        fields.skip(1)?;
    }
    let len = fields.number(1u8 << (flags & 3))?;
    let name = lossy(fields.take64(len)?);
    let target = match kind {
        0 => LinkTarget::Hard(fields.number(offset_size)?),
        1 => {
            let len = fields.u16()?;
            LinkTarget::Soft(lossy(fields.take(usize::from(len))?))
        }
        64 => {
            let len = fields.u16()?;
            external(&mut fields.sub(usize::from(len))?)?
        }
        other => LinkTarget::Other(other),
    };
    Ok(Link {
        name,
        range,
        target,
    })
}

/// The value of an external link: a byte of version and flags, file, path.
fn external(fields: &mut Fields<'_>) -> Read<LinkTarget> {
    fields.skip(1)?;
    let file = fields.text()?;
    let path = match fields.text() {
        Ok(path) => path,
        Err(_) => lossy(fields.rest()),
    };
    Ok(LinkTarget::External { file, path })
}

/// Puts a link on the list, as far as there is room.
pub(super) fn keep(source: &mut Source<'_>, link: Link, links: &mut Vec<Link>) -> Read<()> {
    let target = match &link.target {
        LinkTarget::Soft(path) => path.len(),
        LinkTarget::External { file, path } => file.len().saturating_add(path.len()),
        _ => 0,
    };
    source.keep(link.name.len().saturating_add(target).saturating_add(128))?;
    if links.len() >= MAX_LINKS {
        return Err(Broken::Limit(format!(
            "a group has more than {MAX_LINKS} links"
        )));
    }
    links.push(link);
    Ok(())
}

/// Links in a fractal heap: the message says where heap and index are.
pub(super) fn dense(
    source: &mut Source<'_>,
    message: &mut Fields<'_>,
    links: &mut Vec<Link>,
) -> Read<()> {
    message.skip(1)?;
    if message.u8()? & 1 != 0 {
        message.skip(8)?;
    }
    let heap = message.number(source.offset_size)?;
    let index = message.number(source.offset_size)?;
    if source.undefined(heap) {
        return Ok(());
    }
    let heap = FractalHeap::read(source, heap)?;
    let mut ids = Vec::new();
    let walked = btree2::walk(source, index, |kind, record| {
        let skip = if kind == 6 { 8 } else { 4 };
        ids.push(heap_id(record.data.get(skip..).unwrap_or(&[])));
        Ok(ids.len() < MAX_LINKS)
    });
    let mut first = walked.err();
    for id in ids {
        match dense_link(source, &heap, &id) {
            Ok(link) => keep(source, link, links)?,
            Err(broken @ Broken::Scan(_)) => return Err(broken),
            Err(broken) => {
                first.get_or_insert(broken);
            }
        }
    }
    first.map_or(Ok(()), Err)
}

/// The id of an object of a fractal heap and what follows it in a record, cut to what is ever used.
pub(super) fn heap_id(record: &[u8]) -> [u8; 16] {
    let mut id = [0u8; 16];
    for (place, byte) in id.iter_mut().zip(record) {
        *place = *byte;
    }
    id
}

fn dense_link(source: &mut Source<'_>, heap: &FractalHeap, id: &[u8]) -> Read<Link> {
    let range = heap.find(source, id)?;
    let piece = source.range(range.clone(), "a link")?;
    link(&mut piece.read(), source.offset_size, range)
}

/// Links of a symbol table: a B-tree whose leaves name nodes of entries, and a heap of names.
pub(super) fn symbol_table(
    source: &mut Source<'_>,
    message: &mut Fields<'_>,
    links: &mut Vec<Link>,
) -> Read<()> {
    let tree = message.number(source.offset_size)?;
    let heap = message.number(source.offset_size)?;
    let heap = LocalHeap::read(source, heap)?;
    let mut first = None;
    let mut nodes = Vec::new();
    let length = u64::from(source.length_size);
    let walked = tree_1(source, tree, 0, length, |_, child| {
        nodes.push(child);
        Ok(nodes.len() < MAX_LINKS)
    });
    first = first.or(walked.err());
    let mut seen = HashSet::new();
    for node in nodes {
        if !seen.insert(node) {
            continue;
        }
        match symbols(source, &heap, node, links) {
            Ok(()) => {}
            Err(broken @ Broken::Scan(_)) => return Err(broken),
            Err(broken) => {
                first.get_or_insert(broken);
            }
        }
    }
    first.map_or(Ok(()), Err)
}

/// A node of symbols: `SNOD`, version, 0, count `u16`; entries: name, header, cache type `u32`, 4 zeros,
/// 16 bytes that may repeat what the object is.
fn symbols(
    source: &mut Source<'_>,
    heap: &LocalHeap,
    address: u64,
    links: &mut Vec<Link>,
) -> Read<()> {
    let head = source.at(address, 8, "a node of symbols")?;
    let mut f = head.read();
    f.expect(b"SNOD", "a node of symbols")?;
    f.skip(2)?;
    let count = u64::from(f.u16()?);
    let offset = source.offset_size;
    let entry = u64::from(offset).saturating_mul(2).saturating_add(24);
    let all = source.at(
        address.saturating_add(8),
        count.saturating_mul(entry),
        "a node of symbols",
    )?;
    let mut f = all.read();
    let mut first = None;
    for _ in 0..count {
        let start = f.position();
        let name = f.number(offset)?;
        let header = f.number(offset)?;
        let cache = f.u32()?;
        f.skip(4)?;
        let value = u64::from(f.u32()?);
        f.skip(12)?;
        let named = heap.name(source, name).and_then(|name| {
            let target = match cache {
                2 => LinkTarget::Soft(heap.name(source, value)?),
                _ => LinkTarget::Hard(header),
            };
            Ok((name, target))
        });
        match named {
            Ok((name, target)) => {
                let range = start..f.position();
                let link = Link {
                    name,
                    range,
                    target,
                };
                keep(source, link, links)?;
            }
            Err(broken @ Broken::Scan(_)) => return Err(broken),
            // The object may be reached all the same; it has no name that could be read.
            Err(broken) => {
                {
                    first.get_or_insert(broken);
                };
                if cache != 2 {
                    let link = Link {
                        name: format!("(unreadable name at byte {start})"),
                        range: start..f.position(),
                        target: LinkTarget::Hard(header),
                    };
                    keep(source, link, links)?;
                }
            }
        }
    }
    first.map_or(Ok(()), Err)
}

/// Walks a B-tree of version 1 and calls `visit` with the key before each child of a leaf, and the child,
/// until it says `false`.
///
/// `TREE`, type, level, entries `u16`, left, right; key, child, key, child … key.
pub(super) fn tree_1(
    source: &mut Source<'_>,
    root: u64,
    kind: u8,
    key_size: u64,
    mut visit: impl FnMut(&Piece, u64) -> Read<bool>,
) -> Read<()> {
    let offset = source.offset_size;
    let mut seen = HashSet::new();
    let mut todo = vec![(root, None::<u8>)];
    let mut first = None;
    while let Some((address, level)) = todo.pop() {
        if !seen.insert(address) {
            return malformed("a B-tree leads back to one of its own nodes");
        }
        match node_1(source, (address, level, kind), key_size) {
            Ok((0, entries)) => {
                for (key, child) in entries {
                    if !visit(&key, child)? {
                        return Ok(());
                    }
                }
            }
            Ok((level, entries)) => {
                let below = Some(level.saturating_sub(1));
                todo.extend(entries.into_iter().rev().map(|(_, child)| (child, below)));
            }
            Err(broken @ Broken::Scan(_)) => return Err(broken),
            Err(broken) => {
                first.get_or_insert(broken);
            }
        }
        // A tree of one level that another node already holds costs no more than its bytes.
        if todo.len() > MAX_LINKS || seen.len() > MAX_LINKS {
            return Err(Broken::Limit(format!(
                "a B-tree has more than {MAX_LINKS} nodes (addresses of {offset} bytes)"
            )));
        }
    }
    first.map_or(Ok(()), Err)
}

type Entries = Vec<(Piece, u64)>;

fn node_1(
    source: &mut Source<'_>,
    (address, expected, kind): (u64, Option<u8>, u8),
    key_size: u64,
) -> Read<(u8, Entries)> {
    let offset = source.offset_size;
    let head_size = u64::from(offset).saturating_mul(2).saturating_add(8);
    let head = source.at(address, head_size, "a node of a B-tree")?;
    let mut f = head.read();
    f.expect(b"TREE", "a node of a B-tree")?;
    let (found, level, count) = (f.u8()?, f.u8()?, u64::from(f.u16()?));
    if found != kind {
        return malformed(format!(
            "a B-tree is of type {found} in the place of {kind}"
        ));
    }
    // Levels must fall on the way down; a leaf among inner nodes is taken as it is.
    if level > MAX_LEVEL || expected.is_some_and(|e| level > e) {
        return malformed(format!("a node of a B-tree says it is at level {level}"));
    }
    let step = key_size.saturating_add(u64::from(offset));
    let all = source.at(
        address.saturating_add(head_size),
        count.saturating_mul(step),
        "a node of a B-tree",
    )?;
    let mut f = all.read();
    let mut entries = Vec::new();
    for _ in 0..count {
        let base = f.position();
        let data = f.take64(key_size)?.to_vec();
        entries.push((Piece { data, base }, f.number(offset)?));
    }
    Ok((level, entries))
}
