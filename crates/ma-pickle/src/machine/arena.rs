//! Containers, calls and other values that have parts.
//!
//! A node keeps the first [`MAX_CHILDREN`] of its parts in a shared pool, and sums over all of them:
//! what they hold, how large they are when shared parts are counted each time, how deep. Nodes below
//! `old` were kept by an earlier [`crate::machine::demote`] pass and never move again; the others are
//! young. Everything is an index: dropping an arena follows no references, however deep they go.

use std::collections::HashMap;

use crate::machine::MAX_CHILDREN;
use crate::machine::tagged::{self, EMPTY, Tag};
use crate::value::{CallKind, ContainerKind, Taint, Value};

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeKind {
    Container(ContainerKind),
    /// Parts: callee, args, kwargs, state; the last two may be empty.
    Call(CallKind),
    /// One part: the id.
    Persistent,
    /// A constant whose payload does not follow its opcode. The offset is that of the payload; parts
    /// are the opcode and the end of the payload, as ints. See [`crate::machine::frames`].
    Spliced,
}

/// It was fetched from the memo.
pub(crate) const USED: u8 = 1;
/// An old node that refers to young ones or whose parts lie among the young ones' parts.
pub(crate) const DIRTY: u8 = 2;
/// A forgotten container holds it: what changes in it changes what that one holds.
pub(crate) const ESCAPED: u8 = 4;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) offset: u64,
    /// Nodes in it when shared ones are counted each time.
    pub(crate) size: u64,
    pub(crate) start: u32,
    /// Parts kept.
    pub(crate) len: u32,
    pub(crate) capacity: u32,
    /// Parts there are.
    pub(crate) total: u32,
    pub(crate) depth: u32,
    pub(crate) kind: NodeKind,
    /// What it is or holds.
    pub(crate) taint: Taint,
    pub(crate) flags: u8,
}

/// Sums over some values.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    taint: Taint,
    size: u64,
    depth: u32,
}

/// All nodes of one reading of a stream.
#[derive(Clone, Default)]
pub(crate) struct Arena {
    pub(crate) nodes: Vec<Node>,
    pub(crate) pool: Vec<Value>,
    /// Nodes below this index are old.
    pub(crate) old: u32,
    /// Parts of old nodes lie below this index, but for dirty ones.
    pub(crate) old_pool: u32,
    pub(crate) dirty: Vec<u32>,
    /// Forgotten containers that were changed since, by their offset: the value that stands for all
    /// aliases now.
    pub(crate) revived: HashMap<u64, Value>,
    /// What got into forgotten containers after they were forgotten.
    pub(crate) late: Taint,
    /// Something that is not inert was made since the last pass.
    pub(crate) tainted: bool,
    pub(crate) max_depth: u32,
    pub(crate) max_size: u64,
}

impl Arena {
    #[inline]
    pub(crate) fn node(&self, index: u32) -> Option<&Node> {
        self.nodes.get(index as usize)
    }

    /// The value that stands for `value` now.
    #[inline]
    pub(crate) fn resolve(&self, value: Value) -> Value {
        if self.revived.is_empty() {
            return value;
        }
        match tagged::open(value) {
            Tag::Plain(_, offset) => self.revived.get(&offset).copied().unwrap_or(value),
            _ => value,
        }
    }

    /// The kept parts of a node.
    #[inline]
    pub(crate) fn parts(&self, index: u32) -> &[Value] {
        let Some(node) = self.node(index) else {
            return &[];
        };
        let start = node.start as usize;
        let end = start.saturating_add(node.len as usize);
        self.pool.get(start..end).unwrap_or_default()
    }

    /// What a value is or holds.
    pub(crate) fn taint(&self, value: Value) -> Taint {
        match tagged::open(self.resolve(value)) {
            Tag::Empty | Tag::None | Tag::Bool(_) | Tag::Const(..) | Tag::Int(_) => Taint::INERT,
            Tag::Unknown | Tag::Buffer => Taint::UNKNOWN,
            Tag::Global(_) => Taint::GLOBAL,
            Tag::Node(index) => self.node(index).map_or(Taint::UNKNOWN, |n| n.taint),
            Tag::Plain(summary, _) => summary.taint | self.late,
            Tag::Instance(..) => Taint::CALL,
            Tag::Extension(_) => Taint::EXTENSION,
            Tag::Persistent => Taint::PERSISTENT,
        }
    }

    fn size_and_depth(&self, value: Value) -> (u64, u32) {
        match tagged::open(self.resolve(value)) {
            Tag::Node(index) => self.node(index).map_or((1, 0), |n| (n.size, n.depth)),
            Tag::Plain(summary, _) => {
                let size = 1u64.checked_shl(u32::from(summary.size_log2));
                let depth = 1u32.checked_shl(u32::from(summary.depth_log2));
                (size.unwrap_or(u64::MAX), depth.unwrap_or(u32::MAX))
            }
            _ => (1, 0),
        }
    }

    fn sums(&self, values: &[Value]) -> Sums {
        let mut sums = Sums::default();
        for value in values {
            if tagged::is_leaf_data(*value) {
                sums.size = sums.size.saturating_add(1);
            } else if *value != EMPTY {
                let (size, depth) = self.size_and_depth(*value);
                sums.size = sums.size.saturating_add(size);
                sums.depth = sums.depth.max(depth);
                sums.taint |= self.taint(*value);
            }
        }
        sums
    }

    fn note(&mut self, size: u64, depth: u32, taint: Taint) {
        self.max_depth = self.max_depth.max(depth);
        self.max_size = self.max_size.max(size);
        self.tainted |= !taint.is_inert();
    }

    fn push(&mut self, mut node: Node, parts: &[Value]) -> Value {
        let Ok(index) = u32::try_from(self.nodes.len()) else {
            return tagged::UNKNOWN;
        };
        let kept = parts.get(..MAX_CHILDREN).unwrap_or(parts);
        self.let_go(parts.get(kept.len()..).unwrap_or_default());
        node.start = self.pool.len() as u32;
        node.len = kept.len() as u32;
        node.capacity = node.len;
        node.total = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        self.pool.extend_from_slice(kept);
        self.note(node.size, node.depth, node.taint);
        self.nodes.push(node);
        tagged::node(index)
    }

    /// A container of these items.
    pub(crate) fn container(&mut self, kind: ContainerKind, offset: u64, items: &[Value]) -> Value {
        let sums = self.sums(items);
        let node = Node {
            offset,
            size: sums.size.saturating_add(1),
            start: 0,
            len: 0,
            capacity: 0,
            total: 0,
            depth: sums.depth.saturating_add(1),
            kind: NodeKind::Container(kind),
            taint: sums.taint,
            flags: 0,
        };
        self.push(node, items)
    }

    /// A call, a persistent object or a spliced constant. `itself` is what it is by itself.
    pub(crate) fn other(
        &mut self,
        kind: NodeKind,
        offset: u64,
        parts: &[Value],
        itself: Taint,
    ) -> Value {
        // An imported callee says nothing about what the result holds.
        let inner = match kind {
            NodeKind::Call(_) if matches!(parts.first(), Some(v) if is_global(*v)) => {
                parts.get(1..).unwrap_or_default()
            }
            _ => parts,
        };
        let sums = self.sums(inner);
        let node = Node {
            offset,
            size: sums.size.saturating_add(1),
            start: 0,
            len: 0,
            capacity: 0,
            total: 0,
            depth: sums.depth.saturating_add(1),
            kind,
            taint: sums.taint | itself,
            flags: 0,
        };
        self.push(node, parts)
    }

    /// Appends items to a container.
    pub(crate) fn add(&mut self, index: u32, items: &[Value]) {
        let sums = self.sums(items);
        let Some(node) = self.nodes.get_mut(index as usize) else {
            return;
        };
        let room = MAX_CHILDREN.saturating_sub(node.len as usize);
        let kept = items.get(..room).unwrap_or(items);
        let more = u32::try_from(items.len()).unwrap_or(u32::MAX);
        node.total = node.total.saturating_add(more);
        node.size = node.size.saturating_add(sums.size);
        node.depth = node.depth.max(sums.depth.saturating_add(1));
        let grown = node.taint | sums.taint;
        if grown != node.taint && node.flags & ESCAPED != 0 {
            self.late |= sums.taint;
        }
        node.taint = grown;
        let (size, depth) = (node.size, node.depth);
        self.note(size, depth, sums.taint);
        self.let_go(items.get(kept.len()..).unwrap_or_default());
        if !kept.is_empty() {
            self.keep_parts(index, kept);
        }
    }

    /// These parts are in a container that does not keep them: what changes in them later can't be
    /// seen from there.
    fn let_go(&mut self, parts: &[Value]) {
        for part in parts {
            if let Some(index) = tagged::node_index(*part)
                && let Some(node) = self.nodes.get_mut(index as usize)
            {
                node.flags |= ESCAPED;
            }
        }
    }

    /// Puts `items` behind the kept parts of a node, where there is room for them or at the end.
    fn keep_parts(&mut self, index: u32, items: &[Value]) {
        let Some(mut node) = self.nodes.get(index as usize).copied() else {
            return;
        };
        let (start, len) = (node.start as usize, node.len as usize);
        let from = start.saturating_add(len);
        let new_len = len.saturating_add(items.len());
        if from == self.pool.len() {
            self.pool.extend_from_slice(items);
            node.capacity = new_len as u32;
        } else if new_len <= node.capacity as usize {
            let to = start.saturating_add(new_len);
            if let Some(space) = self.pool.get_mut(from..to) {
                space.copy_from_slice(items);
            }
        } else {
            let moved = self.pool.len();
            let capacity = new_len.max(len.saturating_mul(2)).min(MAX_CHILDREN);
            self.pool.extend_from_within(start..from);
            self.pool.extend_from_slice(items);
            self.pool.resize(moved.saturating_add(capacity), EMPTY);
            node.start = moved as u32;
            node.capacity = capacity as u32;
        }
        node.len = new_len as u32;
        if index < self.old && node.flags & DIRTY == 0 {
            node.flags |= DIRTY;
            self.dirty.push(index);
        }
        if let Some(place) = self.nodes.get_mut(index as usize) {
            *place = node;
        }
    }

    /// Counts items that go into an object that is no container, and does not keep them.
    pub(crate) fn absorb(&mut self, index: u32, items: &[Value]) {
        let sums = self.sums(items);
        self.let_go(items);
        let Some(node) = self.nodes.get_mut(index as usize) else {
            return;
        };
        node.size = node.size.saturating_add(sums.size);
        node.depth = node.depth.max(sums.depth.saturating_add(1));
        let grown = node.taint | sums.taint;
        if grown != node.taint && node.flags & ESCAPED != 0 {
            self.late |= sums.taint;
        }
        node.taint = grown;
        let (size, depth) = (node.size, node.depth);
        self.note(size, depth, sums.taint);
    }

    /// Sets the state of a call.
    pub(crate) fn set_state(&mut self, index: u32, state: Value) {
        let taint = self.taint(state);
        let (size, depth) = self.size_and_depth(state);
        let old = self.old;
        let Some(node) = self.nodes.get_mut(index as usize) else {
            return;
        };
        if !matches!(node.kind, NodeKind::Call(_)) {
            return;
        }
        node.taint |= taint;
        node.size = node.size.saturating_add(size);
        node.depth = node.depth.max(depth.saturating_add(1));
        if index < old && node.flags & DIRTY == 0 {
            node.flags |= DIRTY;
            self.dirty.push(index);
        }
        let (size, depth, at) = (node.size, node.depth, node.start as usize);
        if let Some(slot) = self.pool.get_mut(at.saturating_add(3)) {
            *slot = state;
        }
        self.note(size, depth, taint);
    }

    /// Marks a node as fetched from the memo.
    #[inline]
    pub(crate) fn mark_used(&mut self, value: Value) {
        if let Some(index) = tagged::node_index(value)
            && let Some(node) = self.nodes.get_mut(index as usize)
        {
            node.flags |= USED;
        }
    }

    /// The node of a container that is about to change: a forgotten one gets a new node that stands
    /// for all its aliases. `None` when `value` is no container.
    pub(crate) fn changing(&mut self, value: Value) -> Option<(u32, ContainerKind)> {
        let value = self.resolve(value);
        if let Some(index) = tagged::node_index(value) {
            return match self.node(index)?.kind {
                NodeKind::Container(kind) => Some((index, kind)),
                _ => None,
            };
        }
        let Tag::Plain(summary, offset) = tagged::open(value) else {
            return None;
        };
        let (size, depth) = self.size_and_depth(value);
        let revived = self.container(summary.kind, offset, &[]);
        let index = tagged::node_index(revived)?;
        if let Some(node) = self.nodes.get_mut(index as usize) {
            node.size = size;
            node.depth = depth;
            node.taint = summary.taint;
            node.total = u32::try_from(size).unwrap_or(u32::MAX);
            node.flags |= ESCAPED | USED;
        }
        self.revived.insert(offset, revived);
        Some((index, summary.kind))
    }

    /// The size of a value with what was put into its parts after they became parts: structures
    /// that are built from the outside in are larger than they seemed.
    pub(crate) fn recount(&self, value: Value) -> u64 {
        let Some(root) = tagged::node_index(self.resolve(value)) else {
            return 1;
        };
        // 0 = not met, 1 = being counted (a structure in itself counts once).
        let mut sizes = vec![0u64; self.nodes.len()];
        let mut work = vec![(root, false)];
        while let Some((index, counted)) = work.pop() {
            let size = sizes.get(index as usize).copied().unwrap_or(1);
            if counted {
                let mut sum = 1u64;
                for part in self.parts(index) {
                    let part = match tagged::node_index(self.resolve(*part)) {
                        Some(i) => sizes.get(i as usize).copied().unwrap_or(1),
                        None => self.size_and_depth(*part).0,
                    };
                    sum = sum.saturating_add(part);
                }
                let known = self.node(index).map_or(1, |n| n.size);
                if let Some(place) = sizes.get_mut(index as usize) {
                    *place = sum.max(known);
                }
            } else if size == 0 {
                if let Some(place) = sizes.get_mut(index as usize) {
                    *place = 1;
                }
                work.push((index, true));
                let parts = self.parts(index).iter();
                let parts = parts.filter_map(|p| tagged::node_index(self.resolve(*p)));
                work.extend(parts.map(|i| (i, false)));
            }
        }
        sizes.get(root as usize).copied().unwrap_or(1)
    }

    /// Bytes held.
    pub(crate) fn memory(&self) -> u64 {
        let node = size_of::<Node>() as u64;
        (self.nodes.capacity() as u64)
            .saturating_mul(node)
            .saturating_add((self.pool.capacity() as u64).saturating_mul(8))
            .saturating_add((self.revived.len() as u64).saturating_mul(32))
            .saturating_add((self.dirty.len() as u64).saturating_mul(4))
    }
}

fn is_global(value: Value) -> bool {
    matches!(tagged::open(value), Tag::Global(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_lists_keep_their_first_parts_and_count_all() {
        let mut arena = Arena::default();
        let a = arena.container(ContainerKind::List, 0, &[]);
        let b = arena.container(ContainerKind::List, 1, &[]);
        let (a, b) = (
            tagged::node_index(a).unwrap(),
            tagged::node_index(b).unwrap(),
        );
        for n in 0..10_000 {
            arena.add(a, &[tagged::int(n).unwrap()]);
            arena.add(b, &[tagged::int(-n).unwrap(), tagged::NONE]);
        }
        assert_eq!(arena.parts(a).len(), MAX_CHILDREN);
        assert_eq!(arena.parts(a)[4095], tagged::int(4095).unwrap());
        assert_eq!(arena.parts(b)[4094], tagged::int(-2047).unwrap());
        let node = arena.node(a).unwrap();
        assert_eq!((node.total, node.size), (10_000, 10_001));
        assert!(arena.pool.len() < 40_000);
    }

    #[test]
    fn shared_parts_count_each_time() {
        let mut arena = Arena::default();
        let mut value = arena.container(ContainerKind::Tuple, 0, &[]);
        for n in 0..100 {
            value = arena.container(ContainerKind::Tuple, n, &[value; 10]);
        }
        let node = arena.node(tagged::node_index(value).unwrap()).unwrap();
        assert_eq!((node.size, node.depth), (u64::MAX, 101));
    }

    #[test]
    fn a_forgotten_container_that_changes_changes_for_all_aliases() {
        let mut arena = Arena::default();
        let summary = tagged::Summary {
            kind: ContainerKind::Dict,
            taint: Taint::INERT,
            size_log2: 3,
            depth_log2: 1,
        };
        let alias = tagged::plain(summary, 55);
        assert!(arena.taint(alias).is_inert());
        let (index, kind) = arena.changing(alias).unwrap();
        assert_eq!(kind, ContainerKind::Dict);
        arena.add(index, &[tagged::NONE, tagged::global(0)]);
        assert_eq!(arena.taint(alias), Taint::GLOBAL);
        // What is inside other forgotten containers can no longer be told apart.
        let other = tagged::plain(summary, 99);
        assert_eq!(arena.taint(other), Taint::GLOBAL);
    }
}
