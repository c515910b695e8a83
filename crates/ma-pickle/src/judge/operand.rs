//! What stands on the stack, in the judge's terms: who is called, with which constants.

use std::rc::Rc;

use super::Judge;
use super::name::Name;
use super::note::{Note, What};
use crate::fold::{Folded, MAX_ITEMS};
use crate::machine::Machine;
use crate::value::{Constant, Value, View};

/// Containers inside containers that are folded.
const MAX_DEPTH: u8 = 4;
/// Values that are looked at for callables below one argument.
const MAX_WALK: usize = 4096;

/// Who is called, or changed, or handed over.
#[derive(Debug, Clone)]
pub(super) enum Callee {
    /// An imported name.
    Named(Rc<Name>),
    /// A name of the extension registry that the stream itself put there.
    Registered(Rc<Name>),
    /// Something fetched from another object; the name when it is known.
    Reached(Option<Rc<Name>>),
    /// A callable around judged callables.
    Wrapper,
    /// A class that the stream made.
    OwnClass,
    /// The result of a call.
    Result,
    /// An entry of the extension registry.
    Extension,
    /// Something that only the loading program knows.
    Outside,
    /// Plain data.
    Data,
}

impl Callee {
    /// The name, when it has one.
    pub(super) fn name(&self) -> Option<&Rc<Name>> {
        match self {
            Self::Named(name) | Self::Registered(name) => Some(name),
            Self::Reached(name) => name.as_ref(),
            _ => None,
        }
    }
}

impl Judge<'_> {
    /// Who stands there.
    pub(super) fn callee(&mut self, machine: &Machine<'_>, value: Value) -> Callee {
        match machine.view(value) {
            View::Global(id, _) => Callee::Named(self.name_of(machine, id)),
            View::Extension(code) => match self.extensions.get(&code) {
                Some(name) => Callee::Registered(Rc::clone(name)),
                None => Callee::Extension,
            },
            View::Call(call) => self.result_of(call.offset),
            View::Instance { offset, .. } => self.result_of(offset),
            View::Persistent(Some(id)) => self.persistent_class(machine, id),
            View::Persistent(None) | View::Buffer | View::Unknown => Callee::Outside,
            _ => Callee::Data,
        }
    }

    /// `("module", class, …)`: PyTorch's loader hands back the class.
    fn persistent_class(&mut self, machine: &Machine<'_>, id: Value) -> Callee {
        let [tag, class, ..] = machine.children(id) else {
            return Callee::Outside;
        };
        let class = *class;
        if self.text(machine, *tag).as_deref() != Some("module") {
            return Callee::Outside;
        }
        match machine.view(class) {
            View::Global(global, _) => Callee::Named(self.name_of(machine, global)),
            _ => Callee::Outside,
        }
    }

    fn result_of(&self, offset: u64) -> Callee {
        let Some(note) = self.notes.get(&offset) else {
            return Callee::Result;
        };
        match &note.what {
            What::Reached(name) => Callee::Reached(name.clone()),
            What::Wrapper => Callee::Wrapper,
            What::Class => Callee::OwnClass,
            What::Endless => Callee::Result,
            What::Value => match note.folded.as_ref().and_then(Folded::as_thing) {
                Some(thing) => {
                    Callee::Reached(Some(Rc::new(Name::resolved(&thing.module, &thing.name))))
                }
                None => Callee::Result,
            },
        }
    }

    /// What is remembered about a call's result.
    pub(super) fn note_of(&self, machine: &Machine<'_>, value: Value) -> Option<&Note> {
        match machine.view(value) {
            View::Call(call) => self.notes.get(&call.offset),
            View::Instance { offset, .. } => self.notes.get(&offset),
            _ => None,
        }
    }

    /// The arguments of a call, one by one. Empty when they are no plain tuple or list.
    pub(super) fn arguments(machine: &Machine<'_>, args: Value) -> Vec<Value> {
        machine
            .children(args)
            .iter()
            .take(MAX_ITEMS)
            .copied()
            .collect()
    }

    /// The value of a constant, or of a call that was folded.
    pub(super) fn fold(&self, machine: &Machine<'_>, value: Value) -> Option<Folded> {
        self.fold_in(machine, value, MAX_DEPTH)
    }

    fn fold_in(&self, machine: &Machine<'_>, value: Value, depth: u8) -> Option<Folded> {
        match machine.view(value) {
            View::None => Some(Folded::None),
            View::Bool(b) => Some(Folded::Bool(b)),
            View::Const(_) => constant(machine.constant(value, self.folder.left())?),
            View::Global(id, global) => {
                let known = self.known(id);
                let (module, name) = match known {
                    Some(name) => (name.module.clone(), name.name.clone()),
                    None => (
                        global.module.lossy().into_owned(),
                        global.name.lossy().into_owned(),
                    ),
                };
                Some(Folded::thing(&module, &name))
            }
            View::Container(items) => {
                let depth = depth.checked_sub(1)?;
                if items.is_cut() || items.kind == crate::value::ContainerKind::Dict {
                    return None;
                }
                let items: Option<Vec<_>> = items
                    .items
                    .iter()
                    .map(|item| self.fold_in(machine, *item, depth))
                    .collect();
                items.map(|items| Folded::Seq(items.into()))
            }
            View::Call(_) | View::Instance { .. } => self.note_of(machine, value)?.folded.clone(),
            _ => None,
        }
    }

    /// A text argument.
    pub(super) fn text(&self, machine: &Machine<'_>, value: Value) -> Option<String> {
        Some(self.fold(machine, value)?.as_text()?.to_owned())
    }

    /// All callables in the values, at any depth that is kept: names, fetched things, wrappers.
    pub(super) fn callables(&mut self, machine: &Machine<'_>, values: &[Value]) -> Vec<Callee> {
        let mut out = Vec::new();
        let mut todo: Vec<Value> = values.to_vec();
        let mut left = MAX_WALK;
        while let Some(value) = todo.pop() {
            let Some(now) = left.checked_sub(1) else {
                break;
            };
            left = now;
            match machine.view(value) {
                View::Container(items) if !items.holds.is_inert() => {
                    todo.extend(items.items.iter().take(MAX_WALK));
                }
                View::Global(..) | View::Extension(_) => out.push(self.callee(machine, value)),
                View::Call(_) | View::Instance { .. } => {
                    let callee = self.callee(machine, value);
                    if !matches!(callee, Callee::Result) {
                        out.push(callee);
                    }
                }
                _ => {}
            }
        }
        out
    }
}

/// A constant of the machine, when it is whole.
fn constant(constant: Constant) -> Option<Folded> {
    Some(match constant {
        Constant::None => Folded::None,
        Constant::Bool(b) => Folded::Bool(b),
        Constant::Str(text) if !text.is_cut() => Folded::text(text.lossy()),
        Constant::Bytes(bytes, false) => Folded::bytes(bytes),
        Constant::Int(n) => Folded::Int(i128::from(n)),
        Constant::Float(f) => Folded::Float(f),
        _ => return None,
    })
}
