//! What other readers of pickles ask of a stream: every opcode, import, callee and storage, from one
//! run of the machine. PyTorch's restricted unpickler decides by exactly these.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use ma_core::{Blob, Budget, ScanError};

use crate::decode::Opcodes;
use crate::event::{Event, Observer, Pause, StreamEnd};
use crate::machine::Machine;
use crate::opcode::Op;
use crate::streams::torch::{self, StorageKey};
use crate::value::{CallKind, Value, View};

/// Entries kept in each list.
const MAX_ENTRIES: usize = 1 << 20;

/// A callee or a target: the imported name, or `None` for what is no plain import.
pub type Used = Option<(String, String)>;

/// What one stream uses. Names are as written, before any Python 2 mapping.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PickleFacts {
    /// The opcodes that occur.
    pub opcodes: BTreeSet<Op>,
    /// Module and name of each import, with the offset of the first time.
    pub globals: BTreeMap<(String, String), u64>,
    /// What REDUCE, INST and OBJ call, with the offset of the first time.
    pub called: BTreeMap<Used, u64>,
    /// What NEWOBJ and NEWOBJ_EX create, with the offset of the first time.
    pub created: BTreeMap<Used, u64>,
    /// What BUILD gives state to: the class or function that made the object.
    pub built: BTreeMap<Used, u64>,
    /// What SETITEM(S), APPEND(S) and ADDITEMS change, besides plain dicts, lists and sets.
    pub changed: BTreeMap<Used, u64>,
    /// Storages, in the order of the stream.
    pub storages: Vec<StorageKey>,
    /// Persistent ids that are no storages, as source, with their offsets.
    pub other_ids: Vec<(u64, String)>,
    /// How the stream ended.
    pub end: Option<StreamEnd>,
}

impl PickleFacts {
    /// Whether the stream reached `STOP`.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.end, Some(StreamEnd::Stop { .. }))
    }
}

/// Reads the stream at `start` of `blob`.
///
/// # Errors
/// When the bytes can't be read or the budget is used up. Never for malformed input.
pub fn facts(blob: &Blob, start: u64, budget: &Budget) -> Result<PickleFacts, ScanError> {
    let mut out = PickleFacts::default();
    let mut end = blob.len();
    {
        let mut machine = Machine::new(blob.clone(), start, budget);
        if let Pause::Ended(ended) = machine.run(&mut out)? {
            end = ended.offset().unwrap_or(end);
            out.end = Some(ended);
        }
    }
    for opcode in Opcodes::new(blob.clone(), start, budget) {
        let Ok(opcode) = opcode else { break };
        if opcode.offset >= end {
            break;
        }
        out.opcodes.insert(opcode.code);
    }
    Ok(out)
}

/// The name behind a value: of an import, or of what made an object.
fn used(machine: &Machine<'_>, value: Value) -> Used {
    let name = |global: &crate::value::Global| {
        (
            global.module.lossy().into_owned(),
            global.name.lossy().into_owned(),
        )
    };
    match machine.view(value) {
        View::Global(_, global) if !global.computed => Some(name(global)),
        _ => None,
    }
}

fn made_by(machine: &Machine<'_>, value: Value) -> Used {
    match machine.view(value) {
        View::Call(call) => used(machine, call.callee),
        View::Instance { class, .. } => {
            let global = machine.global(class);
            Some((
                global.module.lossy().into_owned(),
                global.name.lossy().into_owned(),
            ))
        }
        _ => None,
    }
}

impl Observer for PickleFacts {
    fn event(&mut self, machine: &Machine<'_>, event: &Event<'_>) -> ControlFlow<()> {
        match *event {
            Event::Import { id, offset, .. } => {
                let global = machine.global(id);
                let key = (
                    global.module.lossy().into_owned(),
                    global.name.lossy().into_owned(),
                );
                if self.globals.len() < MAX_ENTRIES {
                    self.globals.entry(key).or_insert(offset);
                }
            }
            Event::Call { call, offset } => {
                if let View::Call(call) = machine.view(call) {
                    let list = match call.kind {
                        CallKind::NewObj | CallKind::NewObjEx => &mut self.created,
                        _ => &mut self.called,
                    };
                    list.entry(used(machine, call.callee)).or_insert(offset);
                }
            }
            Event::Build { target, offset, .. } => {
                self.built.entry(made_by(machine, target)).or_insert(offset);
            }
            Event::SetItem { target, offset, .. }
            | Event::Append { target, offset, .. }
            | Event::AddItem { target, offset, .. } => {
                self.changed
                    .entry(made_by(machine, target))
                    .or_insert(offset);
            }
            Event::Persistent { id, offset, .. } => match torch::storage(machine, id) {
                Some(storage) if self.storages.len() < MAX_ENTRIES => self.storages.push(storage),
                Some(_) => {}
                None if self.other_ids.len() < MAX_ENTRIES => {
                    self.other_ids.push((offset, machine.render(id, 200)));
                }
                None => {}
            },
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
