//! Compiled code: an integer vector of instructions, then constants. Calls among the constants share
//! cells through a table that the code declares first.

use std::collections::HashMap;

use super::items::{Slot, Task, Walk};
use super::reader::{Read, Stop};
use crate::model::{AnomalyKind, Data, NodeId, Place, sexp};

impl Walk<'_> {
    /// The table's size, then instructions and constants.
    pub(super) fn bytecode(&mut self, id: NodeId, depth: u32) -> Read<()> {
        let declared = self.reader.int()?;
        // The writer counts one more cell than there are.
        let cells = self.count(i64::from(declared).saturating_sub(1).max(0), 8)?;
        if declared < 0 {
            return Err(Stop::Broken(AnomalyKind::BadLength(i64::from(declared))));
        }
        let cells = i64::try_from(cells).unwrap_or(i64::MAX).saturating_add(1);
        let pool = u32::try_from(self.pools.len()).unwrap_or(u32::MAX);
        self.pools
            .push((cells.min(i64::from(declared)), HashMap::new()));
        self.code(id, pool, depth);
        Ok(())
    }

    /// Tasks for the instructions and what follows.
    fn code(&mut self, node: NodeId, pool: u32, depth: u32) {
        self.tasks.push(Task::Constants { node, pool, depth });
        self.push_places(node, &[Place::Car], depth);
    }

    pub(super) fn constants(&mut self, node: NodeId, pool: u32, depth: u32) -> Read<()> {
        let declared = self.reader.int()?;
        let left = self.count(i64::from(declared), 8)?;
        if let Some(node) = self.node_mut(node) {
            node.data = Data::Items(left, Vec::new());
        }
        self.tasks.push(Task::Constant {
            node,
            pool,
            left,
            depth: depth.saturating_add(1),
        });
        Ok(())
    }

    pub(super) fn constant(&mut self, node: NodeId, pool: u32, left: u64, depth: u32) -> Read<()> {
        let Some(left) = left.checked_sub(1) else {
            return Ok(());
        };
        self.tasks.push(Task::Constant {
            node,
            pool,
            left,
            depth,
        });
        let index = match self.model.node(node).map(|n| &n.data) {
            Some(Data::Items(_, items)) => items.len(),
            _ => 0,
        };
        let slot = Slot {
            parent: Some(node),
            place: Place::Item(u32::try_from(index).unwrap_or(u32::MAX)),
            depth,
        };
        let start = self.reader.cursor.position();
        let kind = self.reader.int()?;
        if kind == i32::from(sexp::BCODE) {
            let id = self.add(start, kind, sexp::BCODE, slot)?;
            self.tasks.push(Task::End(id));
            self.code(id, pool, depth);
            return Ok(());
        }
        self.typed_cell(kind, start, slot, pool)
    }

    pub(super) fn cell(&mut self, slot: Slot, pool: u32) -> Read<()> {
        let start = self.reader.cursor.position();
        let kind = self.reader.int()?;
        self.typed_cell(kind, start, slot, pool)
    }

    fn typed_cell(&mut self, kind: i32, start: u64, slot: Slot, pool: u32) -> Read<()> {
        let index = usize::try_from(pool).unwrap_or(usize::MAX);
        let size = self.pools.get(index).map_or(0, |p| p.0);
        let bad = |at: i32| Err(Stop::Broken(AnomalyKind::BadRepetition(i64::from(at))));
        let (mut kind, mut shared) = (kind, None);
        if kind == i32::from(sexp::BCREPREF) {
            let at = self.reader.int()?;
            let found = self.pools.get(index).and_then(|p| p.1.get(&at)).copied();
            return match found {
                Some(id) => {
                    self.fill(slot, id);
                    Ok(())
                }
                None => bad(at),
            };
        }
        if kind == i32::from(sexp::BCREPDEF) {
            let at = self.reader.int()?;
            kind = self.reader.int()?;
            // A negative place is read and not shared.
            if i64::from(at) >= size {
                return bad(at);
            }
            shared = Some(at).filter(|at| *at >= 0);
        }
        let (cell, attr) = match u8::try_from(kind).unwrap_or(0) {
            sexp::LANG => (sexp::LANG, false),
            sexp::ATTRLANG => (sexp::LANG, true),
            sexp::LIST => (sexp::LIST, false),
            sexp::ATTRLIST => (sexp::LIST, true),
            _ if shared.is_some() => return bad(shared.unwrap_or(0)),
            _ => {
                // The type is a filler here, what follows is an ordinary object.
                self.tasks.push(Task::Item(slot));
                return Ok(());
            }
        };
        let id = self.add(start, i32::from(cell), cell, slot)?;
        if let (Some(at), Some(pool)) = (shared, self.pools.get_mut(index)) {
            pool.1.insert(at, id);
        }
        if cell == sexp::LANG {
            self.tasks.push(Task::End(id));
        }
        for place in [Place::Cdr, Place::Car] {
            let deeper = u32::from(place == Place::Car);
            let slot = Slot {
                parent: Some(id),
                place,
                depth: slot.depth.saturating_add(deeper),
            };
            self.tasks.push(Task::Cell { slot, pool });
        }
        let places: &[Place] = if attr {
            &[Place::Attr, Place::Tag]
        } else {
            &[Place::Tag]
        };
        self.push_places(id, places, slot.depth);
        Ok(())
    }
}
