//! The walk over all values of a text, with the way to each.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use ma_core::{Budget, ScanError};
use ma_wire::json::{Document, Node, NodeKind};

use super::details::{self, Hints};
use super::lambda;
use super::record::{Embedded, Record};
use crate::model::{CodeForm, PathUse, Place, Reference, Repeat};
use crate::names;
use crate::resolve::bare;

/// Bytes of a key that a route shows.
const MAX_KEY: usize = 64;
/// Texts beyond this are not looked at for JSON in them.
const MAX_EMBEDDED_TEXT: usize = 64 << 20;

/// A part of the way to a value.
#[derive(Clone, Copy)]
struct Step<'d> {
    parent: u32,
    key: Option<&'d str>,
    index: usize,
}

/// What the texts and objects below a value mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// Nothing special.
    Plain,
    /// The settings for training: `loss`, `metrics`, `optimizer`.
    Training,
    /// Texts here name losses, metrics or optimizers.
    Named,
}

/// A value that waits for its turn.
#[derive(Clone, Copy)]
pub(super) struct Frame<'d> {
    pub(super) node: Node<'d>,
    step: u32,
    /// The object of a class around it.
    pub(super) layer: Option<Node<'d>>,
    /// Its name; looked up once, since an object may have very many members.
    label: Option<&'d str>,
    slot: Slot,
    pub(super) depth: u32,
}

impl Frame<'_> {
    /// The same, with the object itself as the layer that things are said of.
    pub(super) fn inside(&self) -> Self {
        Self {
            layer: Some(self.node),
            label: layer_name(self.node),
            ..*self
        }
    }
}

/// The walk over one text.
pub(super) struct Walk<'d, 'w> {
    pub(super) record: &'w mut Record,
    budget: &'w Budget,
    steps: Vec<Step<'d>>,
    stack: Vec<Frame<'d>>,
    prefix: &'w str,
    /// For a text inside another: where that stands, since escapes move what is in it.
    outer: Option<Range<u64>>,
    /// Where the second of two equal keys stand, in order, with whether the values differ.
    repeats: Vec<(u64, bool)>,
    /// Texts that were looked at already.
    done: HashSet<u64>,
    codes: HashMap<&'d str, usize>,
    hints: HashMap<u64, Hints>,
}

/// Looks at everything in `document`.
pub(super) fn walk(
    document: &Document,
    prefix: &str,
    outer: Option<Range<u64>>,
    budget: &Budget,
    record: &mut Record,
) -> Result<(), ScanError> {
    let Some(root) = document.root() else {
        return Ok(());
    };
    if prefix.is_empty() {
        details::root(root, record);
    }
    let mut repeats: Vec<(u64, bool)> = document
        .duplicates
        .iter()
        .map(|d| (d.second.start, d.differs))
        .collect();
    repeats.sort_unstable();
    let mut walk = Walk {
        record,
        budget,
        steps: vec![Step {
            parent: 0,
            key: None,
            index: 0,
        }],
        stack: Vec::new(),
        prefix,
        outer,
        repeats,
        done: HashSet::new(),
        codes: HashMap::new(),
        hints: HashMap::new(),
    };
    let slot = match root.get("optimizer_config").is_some() {
        true => Slot::Training,
        false => Slot::Plain,
    };
    let start = Frame {
        node: root,
        step: 0,
        layer: None,
        label: None,
        slot,
        depth: 0,
    };
    walk.stack.push(start);
    while let Some(frame) = walk.stack.pop() {
        walk.budget
            .charge_steps(u64::try_from(frame.node.len()).unwrap_or(1))?;
        match frame.node.kind() {
            NodeKind::Object => walk.object(frame),
            NodeKind::Array => walk.array(frame),
            NodeKind::String => walk.text(frame, None, frame.node),
            _ => {}
        }
    }
    Ok(())
}

impl<'d> Walk<'d, '_> {
    /// The place of `node`, which is at `step` or a scalar member `key` of what is there.
    pub(super) fn place(&self, frame: &Frame<'d>, key: Option<&str>, node: Node<'d>) -> Place {
        let mut parts: Vec<String> = Vec::new();
        if let Some(key) = key {
            parts.push(key_text(key));
        }
        let mut at = frame.step;
        while at != 0 {
            let Some(step) = self.steps.get(at as usize) else {
                break;
            };
            parts.push(match step.key {
                Some(key) => key_text(key),
                None => format!("[{}]", step.index),
            });
            at = step.parent;
        }
        let mut route = self.prefix.to_owned();
        for part in parts.iter().rev() {
            if !route.is_empty() && !part.starts_with('[') {
                route.push('.');
            }
            route.push_str(part);
        }
        Place {
            route,
            layer: frame
                .label
                .map(|name| ma_core::text::shorten(name, 120).into_owned()),
            range: self.outer.clone().unwrap_or_else(|| node.range()),
        }
    }

    fn step(&mut self, parent: u32, key: Option<&'d str>, index: usize) -> u32 {
        let id = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        self.steps.push(Step { parent, key, index });
        id
    }

    fn object(&mut self, mut frame: Frame<'d>) {
        let node = frame.node;
        let is_object = node.get("class_name").is_some_and(|n| n.as_str().is_some());
        if is_object {
            self.built(&frame);
            frame = frame.inside();
        }
        self.repeated(&frame);
        let from = self.stack.len();
        for member in node.members() {
            let value = member.value;
            let slot = slot_of(frame.slot, is_object, member.key, value);
            match value.kind() {
                NodeKind::Object | NodeKind::Array => {
                    if details::is_vocabulary(member.key, value) {
                        let range = self.outer.clone().unwrap_or_else(|| value.range());
                        if self.record.fits(|c| &c.vocabularies, "vocabularies") {
                            self.record.config.vocabularies.push(range);
                        }
                    }
                    let step = self.step(frame.step, Some(member.key), 0);
                    self.stack.push(Frame {
                        node: value,
                        step,
                        slot,
                        depth: frame.depth.saturating_add(1),
                        ..frame
                    });
                }
                NodeKind::String => {
                    let frame = Frame { slot, ..frame };
                    self.text(frame, Some(member.key), value);
                }
                _ => {}
            }
        }
        self.in_order(from);
    }

    fn array(&mut self, frame: Frame<'d>) {
        let from = self.stack.len();
        for (index, value) in frame.node.items().enumerate() {
            match value.kind() {
                NodeKind::Object | NodeKind::Array | NodeKind::String => {
                    // Words of a vocabulary would cost a step each, and are only texts.
                    if value.kind() == NodeKind::String
                        && frame.slot != Slot::Named
                        && value.as_str().is_none_or(|text| text.len() < 64)
                    {
                        continue;
                    }
                    let step = self.step(frame.step, None, index);
                    self.stack.push(Frame {
                        node: value,
                        step,
                        depth: frame.depth.saturating_add(1),
                        ..frame
                    });
                }
                _ => {}
            }
        }
        self.in_order(from);
    }

    /// The stack gives back the last first.
    fn in_order(&mut self, from: usize) {
        if let Some(new) = self.stack.get_mut(from..) {
            new.reverse();
        }
    }

    /// A text: the value itself, or the member `key` of an object.
    fn text(&mut self, frame: Frame<'d>, key: Option<&'d str>, node: Node<'d>) {
        let text = node.as_str().unwrap_or_default();
        if text.is_empty() || !self.done.insert(node.range().start) {
            return;
        }
        let start = text.trim_start();
        let json = start.starts_with('{') || start.starts_with('[');
        if json && text.len() <= MAX_EMBEDDED_TEXT && text.contains("class_name") {
            if self.record.room_for_text() {
                let place = self.place(&frame, key, node);
                self.record.embedded.push(Embedded {
                    text: text.to_owned(),
                    route: place.route,
                    range: place.range,
                });
            }
            return;
        }
        if let Some(key) = key {
            if details::is_file_key(key) {
                if self.record.fits(|c| &c.files, "file names") {
                    let class = frame.layer.and_then(class_name).unwrap_or_default();
                    let file = PathUse {
                        place: self.place(&frame, Some(key), node),
                        class: bare(class).to_owned(),
                        key: key.to_owned(),
                        path: text.to_owned(),
                    };
                    self.record.config.files.push(file);
                }
                return;
            }
            if key == "name"
                && frame.layer.is_some()
                && details::leads_out(text)
                && self.record.fits(|c| &c.escaping_names, "names")
            {
                let place = self.place(&frame, Some(key), node);
                let item = (place, text.to_owned());
                self.record.config.escaping_names.push(item);
            }
        }
        let function = matches!(key, Some("activation" | "recurrent_activation" | "fn"));
        if (frame.slot == Slot::Named || function) && !names::is_builtin_text(bare(text)) {
            self.refer(Reference::custom(text), &frame, key, node);
            return;
        }
        if let Some(code) = lambda::sniff(text, || self.place(&frame, key, node)) {
            self.record.code(code);
        }
    }

    /// A text that stands for a function's bytecode.
    pub(super) fn code(&mut self, frame: &Frame<'d>, key: &str, node: Node<'d>, form: CodeForm) {
        let Some(text) = node.as_str() else {
            return;
        };
        if !self.done.insert(node.range().start) {
            return;
        }
        if let Some(at) = self.codes.get(text)
            && let Some(known) = self.record.config.codes.get_mut(*at)
        {
            known.repeats = known.repeats.saturating_add(1);
            self.record.config.encoded.push(node.range());
            return;
        }
        let place = self.place(frame, Some(key), node);
        if let Some(at) = self.record.code(lambda::look(text, form, place)) {
            self.codes.insert(text, at);
        }
    }

    /// A name at `node`, or at its member `key`.
    pub(super) fn refer(
        &mut self,
        reference: Reference,
        frame: &Frame<'d>,
        key: Option<&str>,
        node: Node<'d>,
    ) {
        if let Some(at) = self.record.reference(reference) {
            let place = self.place(frame, key, node);
            if let Some(new) = self.record.config.references.get_mut(at) {
                new.place = place;
            }
        }
    }

    /// What the arguments of a layer say.
    pub(super) fn hints(&mut self, layer: Node<'d>) -> Hints {
        let known = self.hints.entry(layer.range().start);
        known.or_insert_with(|| details::hints(layer)).clone()
    }

    /// Marks a text as looked at.
    pub(super) fn done(&mut self, node: Node<'d>) {
        self.done.insert(node.range().start);
    }

    /// Keys that this object has twice.
    fn repeated(&mut self, frame: &Frame<'d>) {
        let range = frame.node.range();
        let from = self.repeats.partition_point(|(at, _)| *at < range.start);
        if !matches!(self.repeats.get(from), Some((at, _)) if *at < range.end) {
            return;
        }
        let mut first: HashMap<&str, Range<u64>> = HashMap::new();
        for member in frame.node.members() {
            let concerns = member.key_range.start..member.value.range().end;
            let Some(before) = first.insert(member.key, concerns.clone()) else {
                continue;
            };
            let found = self
                .repeats
                .binary_search_by_key(&member.key_range.start, |(at, _)| *at);
            let Some((_, differs)) = found.ok().and_then(|at| self.repeats.get(at)) else {
                continue;
            };
            if !self.record.fits(|c| &c.repeats, "repeated keys") {
                return;
            }
            let says_what = matches!(
                member.key,
                "class_name" | "module" | "registered_name" | "function" | "config"
            );
            let mut place = self.place(frame, Some(member.key), member.value);
            if self.outer.is_none() {
                place.range = concerns.clone();
            }
            let concerns = match says_what {
                true => vec![before, concerns, range.clone()],
                false => vec![before, concerns],
            };
            let repeat = Repeat {
                place,
                key: member.key.to_owned(),
                differs: *differs,
                concerns,
            };
            self.record.config.repeats.push(repeat);
        }
    }
}

/// What stands below the member `key` of an object that is one of a class, or is not.
fn slot_of(slot: Slot, is_object: bool, key: &str, value: Node<'_>) -> Slot {
    if matches!(key, "compile_config" | "training_config") {
        return Slot::Training;
    }
    let named = match slot {
        Slot::Training => matches!(key, "loss" | "metrics" | "weighted_metrics" | "optimizer"),
        // By the names of outputs.
        Slot::Named => !is_object,
        Slot::Plain => false,
    };
    match named && value.get("class_name").is_none() {
        true => Slot::Named,
        false => Slot::Plain,
    }
}

fn key_text(key: &str) -> String {
    ma_core::text::shorten(key, MAX_KEY).into_owned()
}

/// The class of an object.
pub(super) fn class_name(node: Node<'_>) -> Option<&str> {
    node.get("class_name")?.as_str()
}

/// The name of a layer: in its configuration, or beside it.
pub(super) fn layer_name(node: Node<'_>) -> Option<&str> {
    let inner = node.get("config").and_then(|c| c.get("name"));
    inner.or_else(|| node.get("name"))?.as_str()
}
