//! Forgetting: how the machine's memory stays bounded while the file grows.
//!
//! Every so many nodes a pass goes over the young ones, but for the most recent. What is still
//! reachable and may matter is kept, as an *old* node that never moves again: containers that are
//! being filled, calls and what holds them (up to a bound; those that were fetched from the memo
//! first). Everything else that is still referred to becomes a summary in the referring eight bytes:
//! inert containers become [`crate::View::Plain`], others [`crate::View::Opaque`], calls of imported
//! objects [`crate::View::Instance`]. The rest is dropped.
//!
//! An attacker who floods the machine so that something is forgotten gains nothing: a summary says
//! what kinds of things were inside, and the event of each call was sent when the call happened, with
//! everything near it still there.
//!
//! Cost: linear in what was made since the last pass, and in the stack and a few tables, which
//! is why large ones make passes rarer.

use crate::machine::arena::{Arena, DIRTY, ESCAPED, Node, NodeKind, USED};
use crate::machine::state::State;
use crate::machine::tagged::{self, EMPTY, Summary, Tag};
use crate::value::{Taint, Value};

/// Young nodes that make a pass due.
const NODES: usize = 65_536;
/// Young parts that make a pass due.
const PARTS: usize = 1 << 20;
/// Memo slots with young nodes that make a pass due.
const SLOTS: usize = 1 << 18;
/// The most recent nodes, which a pass leaves alone.
const RECENT: usize = 8192;
/// Their parts.
const RECENT_PARTS: usize = PARTS / 4;
/// Bytes of old nodes up to which all that is not inert is kept.
const KEEP_ALL: u64 = 4 << 20;
/// Bytes of old nodes up to which what was used and what is being filled is kept.
const KEEP_USED: u64 = 16 << 20;
/// Inert containers of more parts are not kept for the sake of the call that they are arguments of.
const SMALL: u32 = 64;

/// Whether a pass is due.
pub(crate) fn due(state: &State) -> bool {
    let arena = &state.arena;
    let nodes = arena.nodes.len().saturating_sub(arena.old as usize);
    let parts = arena.pool.len().saturating_sub(arena.old_pool as usize);
    // What every pass must look at makes passes rarer.
    let slack = state
        .stack
        .len()
        .saturating_add(arena.revived.len())
        .saturating_add(arena.dirty.len())
        .saturating_add(state.extensions.len())
        / 8;
    nodes >= NODES.saturating_add(slack)
        || parts >= PARTS.saturating_add(slack)
        || state.young_slots.len() >= SLOTS.saturating_add(slack)
}

/// One pass.
pub(crate) fn pass(state: &mut State) {
    let first = state.arena.old as usize;
    let last = recent(state);
    spread_taint(&mut state.arena);
    let mut sweep = Sweep {
        first,
        last,
        keep: vec![false; last.saturating_sub(first)],
        work: Vec::new(),
        bytes: old_bytes(&state.arena),
    };
    sweep.roots(state);
    sweep.drain(&state.arena);
    let forward = sweep.forward(&state.arena);
    let map = Map {
        first: first as u32,
        last: last as u32,
        shift: sweep.dropped(),
        forward,
    };
    sweep.mark_escaped(&mut state.arena);
    let kept = sweep.keep;
    compact(&mut state.arena, &map, &kept);
    rewrite(state, &map);
}

/// Where the nodes begin that a pass leaves alone. None are, when they would make the next pass due
/// at once: a hostile stream could store one young tuple in a million slots.
fn recent(state: &State) -> usize {
    let arena = &state.arena;
    let (first, end) = (arena.old as usize, arena.nodes.len());
    if state.young_slots.len() >= SLOTS {
        return end;
    }
    let mut last = end;
    let mut parts = 0;
    while last > first && end.saturating_sub(last) < RECENT && parts < RECENT_PARTS {
        last = last.saturating_sub(1);
        let kept = arena.node(last as u32).map_or(0, |n| n.capacity);
        parts = (kept as usize).saturating_add(parts);
    }
    last
}

fn old_bytes(arena: &Arena) -> u64 {
    let nodes = u64::from(arena.old).saturating_mul(size_of::<Node>() as u64);
    nodes.saturating_add(u64::from(arena.old_pool).saturating_mul(8))
}

/// Lets what was put into a container after that container was put into another one be seen in the
/// outer one. Stops after a few rounds: then everything young counts as unknown, which is safe.
fn spread_taint(arena: &mut Arena) {
    if !arena.tainted {
        return;
    }
    arena.tainted = false;
    let (first, end) = (arena.old as usize, arena.nodes.len());
    for round in 0..8 {
        let mut changed = false;
        let forwards = round % 2 == 0;
        for i in first..end {
            let mirrored = end
                .saturating_sub(1)
                .saturating_sub(i.saturating_sub(first));
            let index = if forwards { i } else { mirrored };
            changed |= taint_from_parts(arena, index as u32);
        }
        for i in 0..arena.dirty.len() {
            if let Some(index) = arena.dirty.get(i).copied() {
                changed |= taint_from_parts(arena, index);
            }
        }
        if !changed {
            return;
        }
    }
    for node in arena.nodes.get_mut(first..).unwrap_or_default() {
        node.taint |= Taint::UNKNOWN;
    }
}

fn taint_from_parts(arena: &mut Arena, index: u32) -> bool {
    let parts = arena.parts(index);
    let call = matches!(arena.node(index), Some(n) if matches!(n.kind, NodeKind::Call(_)));
    let mut taint = Taint::INERT;
    for (i, part) in parts.iter().enumerate() {
        let imported = call && i == 0 && matches!(tagged::open(*part), Tag::Global(_));
        if !tagged::is_leaf_data(*part) && !imported {
            taint |= arena.taint(*part);
        }
    }
    let Some(node) = arena.nodes.get_mut(index as usize) else {
        return false;
    };
    let grown = node.taint | taint;
    let changed = grown != node.taint;
    if changed && node.flags & ESCAPED != 0 {
        arena.late |= taint;
    }
    node.taint = grown;
    changed
}

/// Why a node is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It is being filled, or about to be used.
    Open,
    /// Something refers to it.
    Referred,
    /// It is part of something kept, and its own parts matter for so many levels more.
    Part(u8),
}

struct Sweep {
    /// The nodes looked at: `first..last`.
    first: usize,
    last: usize,
    keep: Vec<bool>,
    work: Vec<(u32, u8)>,
    /// Bytes of old nodes, with those that will be.
    bytes: u64,
}

impl Sweep {
    fn look(&mut self, arena: &Arena, value: Value, why: Why) {
        let Some(index) = tagged::node_index(value) else {
            return;
        };
        let Some(slot) = (index as usize).checked_sub(self.first) else {
            return;
        };
        let (Some(keep), Some(node)) = (self.keep.get_mut(slot), arena.node(index)) else {
            return;
        };
        if *keep {
            return;
        }
        let used = node.flags & USED != 0;
        let small = node.len <= SMALL;
        let fits = match why {
            _ if node.kind == NodeKind::Spliced => true,
            Why::Open => self.bytes < KEEP_USED,
            Why::Part(levels) if levels > 0 && small => self.bytes < KEEP_USED,
            _ if node.taint.is_inert() => used && small && self.bytes < KEEP_ALL,
            _ => self.bytes < if used { KEEP_USED } else { KEEP_ALL },
        };
        if !fits {
            return;
        }
        *keep = true;
        let parts = u64::from(node.len).saturating_mul(8);
        let bytes = (size_of::<Node>() as u64).saturating_add(parts);
        self.bytes = self.bytes.saturating_add(bytes);
        let levels = match (node.kind, why) {
            (NodeKind::Call(_) | NodeKind::Persistent, _) => 3,
            (_, Why::Part(levels)) => levels.saturating_sub(1),
            (_, Why::Open) => 1,
            _ => 0,
        };
        self.work.push((index, levels));
    }

    fn roots(&mut self, state: &State) {
        let arena = &state.arena;
        for value in state.stack.iter().rev().take(256) {
            self.look(arena, *value, Why::Open);
        }
        // Below each mark lies what the marked items will be put into.
        for mark in state
            .marks
            .iter()
            .rev()
            .chain(state.marks.iter())
            .take(1 << 16)
        {
            if let Some(below) = (*mark as usize).checked_sub(1)
                && let Some(value) = state.stack.get(below)
            {
                self.look(arena, *value, Why::Open);
            }
        }
        for index in self.last..arena.nodes.len() {
            let call =
                matches!(arena.node(index as u32), Some(n) if matches!(n.kind, NodeKind::Call(_)));
            for part in arena.parts(index as u32) {
                self.look(arena, *part, Why::Part(if call { 3 } else { 2 }));
            }
        }
        for value in state.extensions.values() {
            self.look(arena, *value, Why::Open);
        }
        for value in arena.revived.values() {
            self.look(arena, *value, Why::Open);
        }
        for index in &arena.dirty {
            for part in arena.parts(*index) {
                self.look(arena, *part, Why::Referred);
            }
        }
        for slot in &state.young_slots {
            if let Some(value) = state.memo.get(*slot) {
                self.look(arena, value, Why::Referred);
            }
        }
        for value in &state.stack {
            self.look(arena, *value, Why::Referred);
        }
    }

    /// Looks at the parts of what is kept.
    fn drain(&mut self, arena: &Arena) {
        while let Some((index, levels)) = self.work.pop() {
            for part in arena.parts(index) {
                self.look(arena, *part, Why::Part(levels));
            }
        }
    }

    fn dropped(&self) -> u32 {
        self.keep.iter().filter(|keep| !**keep).count() as u32
    }

    /// What becomes of each node looked at.
    fn forward(&self, arena: &Arena) -> Vec<Value> {
        let mut next = self.first as u32;
        let nodes = arena.nodes.get(self.first..self.last).unwrap_or_default();
        let mut forward = Vec::with_capacity(nodes.len());
        for (node, keep) in nodes.iter().zip(&self.keep) {
            forward.push(if *keep {
                let value = tagged::node(next);
                next = next.saturating_add(1);
                value
            } else {
                summary(arena, node)
            });
        }
        forward
    }

    /// Marks the kept nodes that a dropped container holds.
    fn mark_escaped(&self, arena: &mut Arena) {
        for (slot, keep) in self.keep.iter().enumerate() {
            let index = self.first.saturating_add(slot) as u32;
            let container = matches!(
                arena.node(index),
                Some(n) if matches!(n.kind, NodeKind::Container(_)) && n.len > 0
            );
            if *keep || !container {
                continue;
            }
            for i in 0..arena.parts(index).len() {
                let part = arena.parts(index).get(i).copied().unwrap_or(EMPTY);
                if let Some(inner) = tagged::node_index(part)
                    && let Some(node) = arena.nodes.get_mut(inner as usize)
                {
                    node.flags |= ESCAPED;
                }
            }
        }
    }
}

/// The eight bytes that stand for a node from now on.
fn summary(arena: &Arena, node: &Node) -> Value {
    match node.kind {
        NodeKind::Container(kind) => {
            let summary = Summary {
                kind,
                taint: node.taint,
                size_log2: tagged::log2_up(node.size),
                depth_log2: tagged::log2_up(u64::from(node.depth)).min(31),
            };
            tagged::plain(summary, node.offset)
        }
        NodeKind::Call(kind) => match arena.pool.get(node.start as usize) {
            Some(callee) => match tagged::open(*callee) {
                Tag::Global(id) => {
                    tagged::instance(kind, id, node.offset).unwrap_or(tagged::UNKNOWN)
                }
                _ => tagged::UNKNOWN,
            },
            None => tagged::UNKNOWN,
        },
        NodeKind::Persistent => tagged::persistent(node.offset),
        NodeKind::Spliced => tagged::UNKNOWN,
    }
}

/// Where values went.
struct Map {
    first: u32,
    last: u32,
    /// By how much the recent nodes move down.
    shift: u32,
    forward: Vec<Value>,
}

impl Map {
    #[inline]
    fn apply(&self, value: Value) -> Value {
        match tagged::node_index(value) {
            Some(index) if index >= self.last => tagged::node(index.saturating_sub(self.shift)),
            Some(index) if index >= self.first => {
                let slot = index.saturating_sub(self.first) as usize;
                self.forward.get(slot).copied().unwrap_or(tagged::UNKNOWN)
            }
            _ => value,
        }
    }
}

/// Moves the nodes and their parts together.
fn compact(arena: &mut Arena, map: &Map, keep: &[bool]) {
    let (first, last) = (map.first as usize, map.last as usize);
    let mut tail: Vec<Value> = Vec::new();
    let base = arena.old_pool;
    let dirty = std::mem::take(&mut arena.dirty);
    for index in &dirty {
        let moved = matches!(arena.node(*index), Some(n) if n.start >= base);
        let (start, len) = match arena.node(*index) {
            Some(n) => (n.start as usize, n.len as usize),
            None => continue,
        };
        if moved {
            copy_parts(arena, map, *index, base, &mut tail);
        } else {
            let end = start.saturating_add(len);
            for part in arena.pool.get_mut(start..end).unwrap_or_default() {
                *part = map.apply(*part);
            }
        }
    }
    let mut to = first;
    for index in first..last {
        if keep
            .get(index.saturating_sub(first))
            .copied()
            .unwrap_or(false)
        {
            copy_parts(arena, map, index as u32, base, &mut tail);
            arena.nodes.swap(index, to);
            to = to.saturating_add(1);
        }
    }
    let old_pool = (base as usize).saturating_add(tail.len());
    for index in last..arena.nodes.len() {
        copy_parts(arena, map, index as u32, base, &mut tail);
        arena
            .nodes
            .swap(index, to.saturating_add(index.saturating_sub(last)));
    }
    let recent = arena.nodes.len().saturating_sub(last);
    arena.nodes.truncate(to.saturating_add(recent));
    arena.pool.truncate(base as usize);
    arena.pool.extend_from_slice(&tail);
    arena.old = to as u32;
    arena.old_pool = old_pool as u32;
    redo_dirty(arena, first, &dirty);
}

/// Copies the parts of a node behind `tail`, which will lie at `base`.
fn copy_parts(arena: &mut Arena, map: &Map, index: u32, base: u32, tail: &mut Vec<Value>) {
    let start = base.saturating_add(tail.len() as u32);
    let before = tail.len();
    tail.extend(arena.parts(index).iter().map(|part| map.apply(*part)));
    let len = tail.len().saturating_sub(before) as u32;
    if let Some(node) = arena.nodes.get_mut(index as usize) {
        node.start = start;
        node.len = len;
        node.capacity = len;
    }
}

/// Old nodes that still refer to young ones stay on the list.
fn redo_dirty(arena: &mut Arena, first: usize, before: &[u32]) {
    let old = arena.old;
    let mut dirty = Vec::new();
    let kept = first as u32..old;
    for index in before.iter().copied().chain(kept) {
        let young = arena
            .parts(index)
            .iter()
            .any(|part| tagged::node_index(*part).is_some_and(|i| i >= old));
        if let Some(node) = arena.nodes.get_mut(index as usize) {
            if young {
                node.flags |= DIRTY;
                dirty.push(index);
            } else {
                node.flags &= !DIRTY;
            }
        }
    }
    arena.dirty = dirty;
}

/// Replaces the values that the state itself holds.
fn rewrite(state: &mut State, map: &Map) {
    for value in &mut state.stack {
        *value = map.apply(*value);
    }
    for value in state.extensions.values_mut() {
        *value = map.apply(*value);
    }
    for value in state.arena.revived.values_mut() {
        *value = map.apply(*value);
    }
    let old = state.arena.old;
    let memo = &mut state.memo;
    state.young_slots.retain(|slot| {
        let Some(value) = memo.get(*slot) else {
            return false;
        };
        let value = map.apply(value);
        memo.put(*slot, value);
        tagged::node_index(value).is_some_and(|i| i >= old)
    });
    for (_, module, name) in &mut state.computed {
        *module = map.apply(*module);
        *name = map.apply(*name);
    }
}
