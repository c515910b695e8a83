//! B-trees of version 2: the index of links, attributes, large heap objects and chunks.
//!
//! Header `BTHD`: version, type, node size `u32`, record size `u16`, depth `u16`, split, merge, root
//! address, records in the root `u16`, all records, checksum. Nodes `BTIN` and `BTLF`: version, type,
//! records; an inner node goes on with its children: address, records in it, and above the lowest level
//! all records below it. The widths of those two depend on how many records a node can hold.

use std::collections::HashSet;

use super::source::{Piece, Read, Source, malformed};

/// Levels of a tree.
const MAX_DEPTH: u16 = 32;
/// Nodes of a tree that are read.
const MAX_NODES: usize = 1 << 20;

struct Tree {
    kind: u8,
    node_size: u64,
    record: u64,
    /// For each level: bytes of the count of all records below a child of that level.
    total_width: Vec<u8>,
    /// Bytes of the count of records in a node.
    count_width: u8,
}

/// Bytes that hold numbers up to `most`.
fn width(most: u64) -> u8 {
    let bits = most.max(1).ilog2();
    u8::try_from(bits / 8).unwrap_or(7).saturating_add(1)
}

impl Tree {
    fn new(kind: u8, node_size: u64, record: u64, depth: u16, offset_size: u8) -> Read<Self> {
        let room = node_size.saturating_sub(10);
        let Some(leaf) = room.checked_div(record).filter(|n| *n > 0) else {
            return malformed("a node of a B-tree has no room for a record");
        };
        let count_width = width(leaf);
        let mut tree = Self {
            kind,
            node_size,
            record,
            total_width: vec![0],
            count_width,
        };
        let mut below = leaf;
        for level in 1..=depth {
            let child = tree.child_size(level, offset_size);
            let room = room.saturating_sub(child);
            let most = room.checked_div(record.saturating_add(child)).unwrap_or(0);
            if most == 0 {
                return malformed("a node of a B-tree has no room for its children");
            }
            below = most
                .saturating_add(1)
                .saturating_mul(below)
                .saturating_add(most);
            tree.total_width.push(width(below));
        }
        Ok(tree)
    }

    /// Bytes of the reference to a child in a node of this level.
    fn child_size(&self, level: u16, offset_size: u8) -> u64 {
        let below = usize::from(level.saturating_sub(1));
        let total = self.total_width.get(below).copied().unwrap_or(0);
        let total = if level > 1 { total } else { 0 };
        u64::from(offset_size)
            .saturating_add(u64::from(self.count_width))
            .saturating_add(u64::from(total))
    }
}

/// Calls `visit` with the tree's type and each record, in no particular order, until it says `false`.
pub(super) fn walk(
    source: &mut Source<'_>,
    address: u64,
    mut visit: impl FnMut(u8, &Piece) -> Read<bool>,
) -> Read<()> {
    let offset = source.offset_size;
    let size = 22u64
        .saturating_add(u64::from(offset))
        .saturating_add(u64::from(source.length_size));
    let piece = source.at(address, size, "a B-tree")?;
    let mut f = piece.read();
    f.expect(b"BTHD", "a B-tree")?;
    f.skip(1)?;
    let kind = f.u8()?;
    let node_size = u64::from(f.u32()?);
    let record = u64::from(f.u16()?);
    let depth = f.u16()?;
    f.skip(2)?;
    let root = f.number(offset)?;
    let count = u64::from(f.u16()?);
    if depth > MAX_DEPTH {
        return malformed(format!("a B-tree has {depth} levels"));
    }
    if source.undefined(root) {
        return Ok(());
    }
    let tree = Tree::new(kind, node_size, record, depth, offset)?;
    let mut seen = HashSet::new();
    let mut todo = vec![(root, count, depth)];
    let mut first_break = None;
    while let Some((address, count, level)) = todo.pop() {
        if seen.len() >= MAX_NODES || !seen.insert(address) {
            return malformed("a B-tree leads back to one of its own nodes");
        }
        match node(
            source,
            &tree,
            (address, count, level),
            &mut todo,
            &mut visit,
        ) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(broken @ super::source::Broken::Scan(_)) => return Err(broken),
            Err(broken) => {
                first_break.get_or_insert(broken);
            }
        }
    }
    match first_break {
        Some(broken) => Err(broken),
        None => Ok(()),
    }
}

fn node(
    source: &mut Source<'_>,
    tree: &Tree,
    (address, count, level): (u64, u64, u16),
    todo: &mut Vec<(u64, u64, u16)>,
    visit: &mut impl FnMut(u8, &Piece) -> Read<bool>,
) -> Read<bool> {
    let offset = source.offset_size;
    let child = tree.child_size(level, offset);
    let mut size = 6u64.saturating_add(count.saturating_mul(tree.record));
    if level > 0 {
        size = size.saturating_add(count.saturating_add(1).saturating_mul(child));
    }
    if size > tree.node_size {
        return malformed("a node of a B-tree has more records than fit");
    }
    let piece = source.at(address, size, "a node of a B-tree")?;
    let mut f = piece.read();
    let signature = if level == 0 { b"BTLF" } else { b"BTIN" };
    f.expect(signature, "a node of a B-tree")?;
    f.skip(2)?;
    for _ in 0..count {
        let base = f.position();
        let data = f.take64(tree.record)?.to_vec();
        if !visit(tree.kind, &Piece { data, base })? {
            return Ok(false);
        }
    }
    if level > 0 {
        let total = if level > 1 {
            let below = usize::from(level.saturating_sub(1));
            tree.total_width.get(below).copied().unwrap_or(0)
        } else {
            0
        };
        let mut children = Vec::new();
        for _ in 0..=count {
            let address = f.number(offset)?;
            let records = f.number(tree.count_width)?;
            f.number(total)?;
            children.push((address, records, level.saturating_sub(1)));
        }
        todo.extend(children.into_iter().rev());
    }
    Ok(true)
}
