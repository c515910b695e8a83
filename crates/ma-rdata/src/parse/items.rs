//! The walk over the objects of a stream.

use std::collections::HashMap;

use super::reader::{NA, Read, Reader, Stop};
use super::{MAX_NODES, MAX_TEXT};
use crate::model::{Anomaly, AnomalyKind, Data, Model, Node, NodeId, Place, sexp};

/// The bytes that are kept of one name.
const MAX_NAME: usize = 4096;
/// The names that are kept of a namespace reference.
const MAX_NAMES: u64 = 8;
/// The anomalies that do not stop the walk and are kept.
const MAX_ANOMALIES: usize = 256;

const HAS_ATTR: i32 = 1 << 9;
const HAS_TAG: i32 = 1 << 10;

/// Where an object that is read goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) parent: Option<NodeId>,
    pub(super) place: Place,
    pub(super) depth: u32,
}

/// What is still to be read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Task {
    /// An object.
    Item(Slot),
    /// The remaining elements of a list.
    Elements { node: NodeId, left: u64, depth: u32 },
    /// The remaining strings of a character vector that began at `start`.
    Strings {
        node: NodeId,
        left: u64,
        start: u64,
        depth: u32,
    },
    /// The end of an object.
    End(NodeId),
    /// The constants of compiled code.
    Constants { node: NodeId, pool: u32, depth: u32 },
    /// The remaining constants.
    Constant {
        node: NodeId,
        pool: u32,
        left: u64,
        depth: u32,
    },
    /// A cell inside of compiled code, with its type before it.
    Cell { slot: Slot, pool: u32 },
}

/// The state of the walk.
pub(super) struct Walk<'b> {
    pub(super) reader: Reader<'b>,
    pub(super) model: Model,
    pub(super) anomalies: Vec<Anomaly>,
    /// The object that is being read.
    pub(super) current: Option<NodeId>,
    pub(super) tasks: Vec<Task>,
    refs: Vec<NodeId>,
    /// The shared cells of each piece of compiled code, and how many it declares.
    pub(super) pools: Vec<(i64, HashMap<i32, NodeId>)>,
    text: usize,
    pub(super) numbers: usize,
}

impl<'b> Walk<'b> {
    pub(super) fn new(reader: Reader<'b>, model: Model, anomalies: Vec<Anomaly>) -> Self {
        Self {
            reader,
            model,
            anomalies,
            current: None,
            tasks: Vec::new(),
            refs: Vec::new(),
            pools: Vec::new(),
            text: 0,
            numbers: 0,
        }
    }

    /// Reads the object of the stream and everything in it.
    pub(super) fn run(&mut self) -> Read<()> {
        self.tasks.push(Task::Item(Slot {
            parent: None,
            place: Place::Root,
            depth: 0,
        }));
        while let Some(task) = self.tasks.pop() {
            self.reader.cursor.budget().charge_steps(1)?;
            match task {
                Task::Item(slot) => {
                    let start = self.reader.cursor.position();
                    let flags = self.reader.int()?;
                    self.item(start, flags, slot)?;
                }
                Task::Elements { node, left, depth } => {
                    let Some(left) = left.checked_sub(1) else {
                        continue;
                    };
                    self.tasks.push(Task::Elements { node, left, depth });
                    self.push_child(node, depth);
                }
                Task::Strings {
                    node,
                    left,
                    start,
                    depth,
                } => self.strings(node, left, start, depth)?,
                Task::End(node) => {
                    let at = self.reader.cursor.position();
                    if let Some(node) = self.node_mut(node) {
                        node.end = at;
                    }
                }
                Task::Constants { node, pool, depth } => self.constants(node, pool, depth)?,
                Task::Constant {
                    node,
                    pool,
                    left,
                    depth,
                } => self.constant(node, pool, left, depth)?,
                Task::Cell { slot, pool } => self.cell(slot, pool)?,
            }
        }
        Ok(())
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.model.nodes.get_mut(usize::try_from(id).ok()?)
    }

    /// Notes something that does not stop the walk.
    pub(super) fn note(&mut self, kind: AnomalyKind) {
        if self.anomalies.len() < MAX_ANOMALIES {
            self.anomalies.push(Anomaly {
                kind,
                at: self.reader.cursor.position(),
                node: self.current,
            });
        }
    }

    /// A task for the next element of `node`.
    pub(super) fn push_child(&mut self, node: NodeId, depth: u32) {
        let index = match self.model.node(node).map(|n| &n.data) {
            Some(Data::Items(_, items)) => items.len(),
            _ => 0,
        };
        self.tasks.push(Task::Item(Slot {
            parent: Some(node),
            place: Place::Item(u32::try_from(index).unwrap_or(u32::MAX)),
            depth,
        }));
    }

    /// A new object in its slot.
    pub(super) fn add(&mut self, start: u64, flags: i32, kind: u8, slot: Slot) -> Read<NodeId> {
        if self.model.nodes.len() >= MAX_NODES {
            return Err(Stop::Broken(AnomalyKind::TooManyObjects(MAX_NODES as u64)));
        }
        let id = NodeId::try_from(self.model.nodes.len()).unwrap_or(NodeId::MAX);
        self.model.depth = self.model.depth.max(slot.depth);
        self.model.nodes.push(Node {
            kind,
            flags: flags.cast_unsigned(),
            parent: slot.parent,
            place: slot.place,
            start,
            end: self.reader.cursor.position(),
            attr: None,
            tag: None,
            car: None,
            cdr: None,
            data: Data::None,
        });
        self.fill(slot, id);
        self.current = Some(id);
        Ok(id)
    }

    /// Puts an object into its slot.
    pub(super) fn fill(&mut self, slot: Slot, id: NodeId) {
        let Some(parent) = slot.parent else {
            self.model.root = Some(id);
            return;
        };
        let Some(parent) = self.node_mut(parent) else {
            return;
        };
        match slot.place {
            Place::Root => {}
            Place::Attr => parent.attr = Some(id),
            Place::Tag => parent.tag = Some(id),
            Place::Car => parent.car = Some(id),
            Place::Cdr => parent.cdr = Some(id),
            Place::Item(_) => {
                if let Data::Items(_, items) = &mut parent.data {
                    items.push(id);
                }
            }
        }
    }

    pub(super) fn item(&mut self, start: u64, flags: i32, slot: Slot) -> Read<()> {
        let kind = flags.to_le_bytes()[0];
        match kind {
            sexp::REF => self.reference(flags, slot),
            sexp::NILVALUE
            | sexp::EMPTYENV
            | sexp::BASEENV
            | sexp::GLOBALENV
            | sexp::UNBOUND
            | sexp::MISSINGARG
            | sexp::BASENAMESPACE => self.add(start, flags, kind, slot).map(|_| ()),
            sexp::SYM => self.symbol(start, flags, slot),
            sexp::PERSIST | sexp::PACKAGE | sexp::NAMESPACE => {
                self.outside_name(start, flags, kind, slot)
            }
            sexp::LIST | sexp::LANG | sexp::CLO | sexp::PROM | sexp::DOT => {
                let id = self.add(start, flags, kind, slot)?;
                self.cons(id, flags, slot.depth);
                Ok(())
            }
            sexp::ENV => {
                let id = self.add(start, flags, kind, slot)?;
                self.reader.int()?;
                self.refs.push(id);
                self.tasks.push(Task::End(id));
                let places = [Place::Car, Place::Cdr, Place::Tag, Place::Attr];
                self.push_places(id, &places, slot.depth);
                Ok(())
            }
            sexp::ALTREP => {
                let id = self.add(start, flags, kind, slot)?;
                self.tasks.push(Task::End(id));
                self.push_places(id, &[Place::Car, Place::Cdr, Place::Attr], slot.depth);
                Ok(())
            }
            _ => self.plain(start, flags, kind, slot),
        }
    }

    /// Tasks for those places, the first read first.
    pub(super) fn push_places(&mut self, id: NodeId, places: &[Place], depth: u32) {
        for place in places.iter().rev() {
            self.tasks.push(Task::Item(Slot {
                parent: Some(id),
                place: *place,
                depth: depth.saturating_add(1),
            }));
        }
    }

    /// The parts of a cell; its rest nests no deeper.
    fn cons(&mut self, id: NodeId, flags: i32, depth: u32) {
        let kind = self.model.node(id).map_or(0, |n| n.kind);
        if kind != sexp::LIST {
            self.tasks.push(Task::End(id));
        }
        self.tasks.push(Task::Item(Slot {
            parent: Some(id),
            place: Place::Cdr,
            depth,
        }));
        let mut places = Vec::with_capacity(3);
        if flags & HAS_ATTR != 0 {
            places.push(Place::Attr);
        }
        if flags & HAS_TAG != 0 {
            places.push(Place::Tag);
        }
        places.push(Place::Car);
        self.push_places(id, &places, depth);
    }

    /// Objects that have their attributes after their content.
    fn plain(&mut self, start: u64, flags: i32, kind: u8, slot: Slot) -> Read<()> {
        let id = self.add(start, flags, kind, slot)?;
        if !matches!(kind, sexp::NIL | 7..=10 | 13..=16 | 19..=25) {
            return Err(Stop::Broken(AnomalyKind::UnknownType(kind)));
        }
        if kind == sexp::NIL {
            // R refuses it; the types that R had before 1.0 are no different.
            return Err(Stop::Broken(AnomalyKind::UnknownType(kind)));
        }
        self.tasks.push(Task::End(id));
        if flags & HAS_ATTR != 0 {
            self.push_places(id, &[Place::Attr], slot.depth);
        }
        match kind {
            sexp::EXTPTR => {
                self.refs.push(id);
                self.push_places(id, &[Place::Car, Place::Cdr], slot.depth);
            }
            sexp::WEAKREF => self.refs.push(id),
            sexp::SPECIAL | sexp::BUILTIN => {
                let name = self.name(MAX_NAME)?;
                self.set_text(id, name);
            }
            sexp::CHAR => {
                let name = self.name(MAX_NAME)?;
                self.set_text(id, name);
            }
            sexp::BCODE => self.bytecode(id, slot.depth)?,
            sexp::S4 => {}
            _ => self.vector(id, kind, slot.depth)?,
        }
        Ok(())
    }

    fn set_text(&mut self, id: NodeId, text: Option<Box<str>>) {
        let at = self.reader.cursor.position();
        if let Some(node) = self.node_mut(id) {
            node.end = at;
            if let Some(text) = text {
                node.data = Data::Text(text);
            }
        }
    }

    fn symbol(&mut self, start: u64, flags: i32, slot: Slot) -> Read<()> {
        let name_flags = self.reader.int()?;
        if name_flags.to_le_bytes()[0] != sexp::CHAR || name_flags & HAS_ATTR != 0 {
            return Err(Stop::Broken(AnomalyKind::BadName));
        }
        let name = self.name(MAX_NAME)?;
        let id = self.add(start, flags, sexp::SYM, slot)?;
        self.set_text(id, name);
        self.refs.push(id);
        Ok(())
    }

    /// A namespace, a package or a persistent name: a vector of strings.
    fn outside_name(&mut self, start: u64, flags: i32, kind: u8, slot: Slot) -> Read<()> {
        let id = self.add(start, flags, kind, slot)?;
        if self.reader.int()? != 0 {
            return Err(Stop::Broken(AnomalyKind::BadName));
        }
        let declared = self.reader.int()?;
        let count = self.count(i64::from(declared), 8)?;
        let mut names = Vec::new();
        for i in 0..count {
            self.reader.cursor.budget().charge_steps(1)?;
            let flags = self.reader.int()?;
            if flags.to_le_bytes()[0] != sexp::CHAR || flags & HAS_ATTR != 0 {
                return Err(Stop::Broken(AnomalyKind::BadName));
            }
            let name = self.name(MAX_NAME)?;
            if i < MAX_NAMES {
                names.push(name);
            }
        }
        let at = self.reader.cursor.position();
        if let Some(node) = self.node_mut(id) {
            node.data = Data::Strings(count, names);
            node.end = at;
        }
        self.refs.push(id);
        Ok(())
    }

    fn reference(&mut self, flags: i32, slot: Slot) -> Read<()> {
        let index = match flags >> 8 {
            0 => self.reader.int()?,
            index => index,
        };
        let found = usize::try_from(index)
            .ok()
            .and_then(|i| i.checked_sub(1))
            .and_then(|i| self.refs.get(i).copied());
        match found {
            Some(id) => {
                self.fill(slot, id);
                Ok(())
            }
            None => Err(Stop::Broken(AnomalyKind::BadReference(i64::from(index)))),
        }
    }

    /// The content of a string object: its length and its bytes; `None` is `NA`.
    pub(super) fn name(&mut self, keep: usize) -> Read<Option<Box<str>>> {
        let len = self.reader.int()?;
        if len == -1 || len == NA {
            return Ok(None);
        }
        let Ok(len) = u64::try_from(len) else {
            return Err(Stop::Broken(AnomalyKind::BadLength(i64::from(len))));
        };
        let room = MAX_TEXT.saturating_sub(self.text);
        let wanted = keep.min(usize::try_from(len).unwrap_or(usize::MAX));
        if wanted > room {
            self.note(AnomalyKind::TextCut);
        }
        let (bytes, _) = self.reader.string(len, keep.min(room))?;
        self.text = self.text.saturating_add(bytes.len());
        Ok(Some(String::from_utf8_lossy(&bytes).into()))
    }

    /// A count of things of at least `size` bytes each, checked against the bytes that are left.
    pub(super) fn count(&self, declared: i64, size: u64) -> Read<u64> {
        let Ok(count) = u64::try_from(declared) else {
            return Err(Stop::Broken(AnomalyKind::BadLength(declared)));
        };
        let left = self.reader.cursor.remaining();
        // A number of the ASCII encoding is a digit and a space; the last one may lack the space.
        let size = match self.reader.encoding {
            crate::model::Encoding::Ascii => size.clamp(1, 2),
            _ => size,
        };
        if count.saturating_mul(size) > left.saturating_add(1) {
            return Err(Stop::Broken(AnomalyKind::LengthBeyondFile {
                declared: count,
                left,
            }));
        }
        Ok(count)
    }
}
