//! The pickle of a checkpoint: which storages it asks for and which tensors it puts together.
//!
//! ```text
//! BINPERSID   ('storage', <storage type>, <key>, <location>, <numel> [, <view>])
//! REDUCE      torch._utils._rebuild_tensor_v2(<storage>, <offset>, <size>, <stride>, ...)
//!             torch._utils._rebuild_tensor_v3(<storage>, ..., <requires_grad>, <hooks>, <dtype>)
//! ```
//!
//! A tensor's name is the way to it from the outermost object: keys of dicts and attributes, without
//! `_modules`, `_parameters` and `_buffers`, which `state_dict()` leaves out too.
//!
//! Follows `torch/serialization.py` and `torch/_utils.py` of torch 2.11. The pickle itself is run by
//! `ma-pickle`; here only its events are read. At most [`MAX_KEPT`] of each are kept.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use ma_core::{Blob, Budget, ScanError};
use ma_pickle::{
    ConstKind, Constant, Event, GlobalId, Machine, Observer, Pause, StreamEnd, Value, View,
};

use crate::model::{ObjectPickle, Storage, Tensor, itemsize};

/// Storages, tensors and names that are kept.
pub const MAX_KEPT: usize = 200_000;
/// Characters of a key, location or name that are kept.
const MAX_TEXT: usize = 512;
/// Characters of one key in a tensor's name, and of the whole name.
const MAX_KEY: usize = 64;
const MAX_NAME: usize = 256;
/// Containers around a tensor that name it.
const MAX_NESTING: usize = 32;
/// What the outermost object lies in: no offset.
const OUTSIDE: u64 = u64::MAX;
/// Dimensions that are read.
const MAX_RANK: usize = 64;

/// Runs the pickle that starts at `start`.
///
/// # Errors
/// When the bytes can't be read or a limit is hit.
pub fn read_object(blob: &Blob, start: u64, budget: &Budget) -> Result<ObjectPickle, ScanError> {
    let mut reader = Reader::default();
    let mut machine = Machine::new(blob.clone(), start, budget);
    let pause = machine.run(&mut reader)?;
    let end = match pause {
        Pause::Ended(end) => end,
        Pause::NestedPickle { offset } => StreamEnd::Undecodable { at: offset },
    };
    reader.name_tensors();
    let Reader {
        storages,
        tensors,
        globals,
        keys,
        number,
        number_bytes,
        facts,
        cut,
        odd_ids,
        ..
    } = reader;
    Ok(ObjectPickle {
        storages,
        tensors,
        globals,
        keys,
        number,
        number_bytes,
        facts,
        cut,
        odd_ids,
        end,
    })
}

#[derive(Default)]
struct Reader {
    storages: Vec<Storage>,
    tensors: Vec<Tensor>,
    /// What things lie in, both by the offset of the opcode that made them, and under which key.
    holders: HashMap<u64, (u64, Box<str>)>,
    globals: Vec<(String, u64)>,
    seen: HashSet<GlobalId>,
    keys: Vec<String>,
    number: Option<i64>,
    number_bytes: Vec<u8>,
    facts: Vec<(String, String)>,
    cut: bool,
    odd_ids: u64,
}

impl Observer for Reader {
    fn event(&mut self, machine: &Machine<'_>, event: &Event<'_>) -> ControlFlow<()> {
        match *event {
            Event::Import { id, offset, .. } => self.import(machine, id, offset),
            Event::Persistent { id, offset, .. } => match storage(machine, id, offset) {
                Some(_) if self.storages.len() >= MAX_KEPT => self.cut = true,
                Some(storage) => self.storages.push(storage),
                None => self.odd_ids = self.odd_ids.saturating_add(1),
            },
            Event::Call { call, offset } => self.call(machine, call, offset),
            Event::SetItem { target, pairs, .. } => self.hold(machine, target, pairs),
            Event::Build { target, state, .. } => self.built(machine, target, state),
            Event::Stop { value, .. } => self.result(machine, value),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Reader {
    fn import(&mut self, machine: &Machine<'_>, id: GlobalId, offset: u64) {
        if !self.seen.insert(id) {
            return;
        }
        if self.globals.len() >= MAX_KEPT {
            self.cut = true;
            return;
        }
        let name: String = machine
            .global(id)
            .full_name()
            .chars()
            .take(MAX_TEXT)
            .collect();
        self.globals.push((name, offset));
    }

    fn call(&mut self, machine: &Machine<'_>, call: Value, offset: u64) {
        let View::Call(made) = machine.view(call) else {
            return;
        };
        let View::Global(_, callee) = machine.view(made.callee) else {
            return;
        };
        let name = callee.full_name();
        // Parameters wrap the tensor that is their first argument.
        if name.starts_with("torch._utils._rebuild_parameter") {
            let inner = items(machine, made.args).and_then(|items| items.first().copied());
            if let Some(inner) = inner.and_then(|inner| made_at(machine, inner)) {
                self.lies_in(inner, offset, "");
            }
            return;
        }
        let v3 = name == "torch._utils._rebuild_tensor_v3";
        let plain = matches!(
            name.as_str(),
            "torch._utils._rebuild_tensor"
                | "torch._utils._rebuild_tensor_v2"
                | "torch._utils._rebuild_qtensor"
        );
        if !v3 && !plain {
            return;
        }
        let Some(mut tensor) = tensor(machine, made.args, offset) else {
            return;
        };
        if v3 {
            let dtype = items(machine, made.args).and_then(|items| items.get(6).copied());
            tensor.dtype = dtype.and_then(|dtype| match machine.view(dtype) {
                View::Global(_, dtype) => Some(dtype.full_name().chars().take(MAX_KEY).collect()),
                _ => None,
            });
            tensor.itemsize = tensor.dtype.as_deref().and_then(itemsize);
        }
        if self.tensors.len() >= MAX_KEPT {
            self.cut = true;
            return;
        }
        self.tensors.push(tensor);
    }

    /// Notes what lies in what; false when that is known already, or too much is.
    fn lies_in(&mut self, inner: u64, holder: u64, key: &str) -> bool {
        if inner == holder || self.holders.len() >= MAX_KEPT || self.holders.contains_key(&inner) {
            return false;
        }
        let key: String = key.chars().take(MAX_KEY).collect();
        self.holders.insert(inner, (holder, key.into()));
        true
    }

    /// Notes that `value` lies in `holder`, and what lies in it if it is a plain container: filling
    /// those is no event, so they are looked into when they are put somewhere.
    fn put(&mut self, machine: &Machine<'_>, value: Value, holder: u64, key: &str) {
        let known = made_at(machine, value).is_none_or(|at| !self.lies_in(at, holder, key));
        let mut list = if known { Vec::new() } else { vec![value] };
        while let Some(value) = list.pop() {
            let View::Container(container) = machine.view(value) else {
                continue;
            };
            let dict = container.kind == ma_pickle::ContainerKind::Dict;
            let step = if dict { 2 } else { 1 };
            for (index, item) in container.items.chunks_exact(step).enumerate() {
                let (key, value) = match *item {
                    [key, value] => (text(machine, key), value),
                    [value] => (Some(index.to_string()), value),
                    _ => continue,
                };
                if let (Some(key), Some(at)) = (key, made_at(machine, value))
                    && self.lies_in(at, container.offset, &key)
                {
                    list.push(value);
                }
            }
        }
    }

    /// State dicts are filled by SETITEMS.
    fn hold(&mut self, machine: &Machine<'_>, target: Value, pairs: &[Value]) {
        let Some(holder) = made_at(machine, target) else {
            return;
        };
        for pair in pairs.chunks_exact(2) {
            let &[key, value] = pair else { continue };
            if made_at(machine, value).is_some()
                && let Some(key) = text(machine, key)
            {
                self.put(machine, value, holder, &key);
            }
        }
    }

    /// Objects get a dict of their attributes as state.
    fn built(&mut self, machine: &Machine<'_>, target: Value, state: Value) {
        if let Some(holder) = made_at(machine, target) {
            self.put(machine, state, holder, "");
        }
    }

    /// Names each tensor by the way to it.
    fn name_tensors(&mut self) {
        for tensor in &mut self.tensors {
            let mut keys: Vec<&str> = Vec::new();
            let mut at = tensor.at;
            for _ in 0..MAX_NESTING {
                let Some((holder, key)) = self.holders.get(&at) else {
                    break;
                };
                if !matches!(&**key, "" | "_modules" | "_parameters" | "_buffers") {
                    keys.push(key);
                }
                at = *holder;
            }
            keys.reverse();
            let name: String = keys.join(".").chars().take(MAX_NAME).collect();
            tensor.name = (!name.is_empty()).then_some(name);
        }
    }

    fn result(&mut self, machine: &Machine<'_>, value: Value) {
        self.put(machine, value, OUTSIDE, "");
        match machine.constant(value, 32) {
            Some(Constant::BigInt(bytes, false)) => self.number_bytes = bytes,
            other => self.number = other.and_then(|c| c.as_int()),
        }
        let View::Container(container) = machine.view(value) else {
            return;
        };
        if container.kind == ma_pickle::ContainerKind::List {
            // A list of other things is no list of keys.
            let keys: Option<Vec<String>> = container
                .items
                .iter()
                .map(|item| text(machine, *item))
                .collect();
            self.keys = keys.unwrap_or_default();
            self.cut |= container.is_cut() && !self.keys.is_empty();
        }
        if container.kind == ma_pickle::ContainerKind::Dict {
            for pair in container.items.chunks_exact(2).take(32) {
                let &[key, value] = pair else { continue };
                if let (Some(key), Some(value)) = (text(machine, key), simple(machine, value)) {
                    self.facts.push((key, value));
                }
            }
        }
    }
}

/// The offset of the opcode that made a container or an object.
fn made_at(machine: &Machine<'_>, value: Value) -> Option<u64> {
    match machine.view(value) {
        View::Call(call) => Some(call.offset),
        View::Instance { offset, .. } => Some(offset),
        View::Container(container) => Some(container.offset),
        _ => None,
    }
}

fn items<'m>(machine: &'m Machine<'_>, value: Value) -> Option<&'m [Value]> {
    match machine.view(value) {
        View::Container(container) if !container.is_cut() => Some(container.items),
        _ => None,
    }
}

/// A `str`, an 8-bit string, or a number as text (some writers number their keys).
fn text(machine: &Machine<'_>, value: Value) -> Option<String> {
    match machine.view(value) {
        View::Const(ConstKind::Str | ConstKind::ByteStr | ConstKind::Bytes | ConstKind::Int) => {}
        _ => return None,
    }
    match machine.constant(value, MAX_TEXT)? {
        Constant::Str(text) => Some(text.lossy().into_owned()),
        Constant::Bytes(bytes, _) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Constant::Int(n) => Some(n.to_string()),
        _ => None,
    }
}

/// A constant as a short text.
fn simple(machine: &Machine<'_>, value: Value) -> Option<String> {
    match machine.constant(value, 64)? {
        Constant::Bool(b) => Some(b.to_string()),
        Constant::Float(f) => Some(f.to_string()),
        Constant::None => Some("none".to_owned()),
        _ => text(machine, value),
    }
}

fn int(machine: &Machine<'_>, value: Value) -> Option<i64> {
    machine.constant(value, 16)?.as_int()
}

/// Reads a persistent id.
fn storage(machine: &Machine<'_>, id: Value, at: u64) -> Option<Storage> {
    let items = items(machine, id)?;
    let (&[tag, kind, key, location, numel], rest) = items.split_first_chunk::<5>()?;
    if text(machine, tag)? != "storage" {
        return None;
    }
    let View::Global(_, kind) = machine.view(kind) else {
        return None;
    };
    let kind = kind.full_name();
    let view = rest.first().and_then(|view| {
        let [_, offset, count] = self::items(machine, *view)? else {
            return None;
        };
        Some((int(machine, *offset)?, int(machine, *count)?))
    });
    Some(Storage {
        itemsize: itemsize(&kind),
        kind,
        key: text(machine, key)?,
        location: text(machine, location).unwrap_or_default(),
        numel: int(machine, numel)?,
        view,
        at,
    })
}

/// Reads the first four arguments of a rebuild function.
fn tensor(machine: &Machine<'_>, args: Value, at: u64) -> Option<Tensor> {
    let args = items(machine, args)?;
    let (&[stored, offset, size, stride], _) = args.split_first_chunk::<4>()?;
    let View::Persistent(Some(id)) = machine.view(stored) else {
        return None;
    };
    let storage = storage(machine, id, at)?;
    let dims = |value| -> Option<Vec<i64>> {
        let value = match machine.view(value) {
            // torch.Size((2, 3))
            View::Call(call) => items(machine, call.args)?.first().copied()?,
            _ => value,
        };
        let dims = items(machine, value)?;
        dims.iter()
            .take(MAX_RANK)
            .map(|dim| int(machine, *dim))
            .collect()
    };
    Some(Tensor {
        name: None,
        dtype: None,
        itemsize: storage.itemsize,
        storage,
        offset: int(machine, offset)?,
        size: dims(size)?,
        stride: dims(stride)?,
        at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ma_testkit::torch::{LEGACY_MAGIC, StateDict};

    fn read(bytes: &[u8]) -> ObjectPickle {
        read_object(&Blob::from_vec(bytes.to_vec()), 0, &Budget::default()).unwrap()
    }

    #[test]
    fn storages_and_tensors_of_a_state_dict_are_read() {
        let pickle = StateDict::new()
            .tensor("a.weight", "FloatStorage", "0", 6, &[2, 3])
            .view("a.bias", "HalfStorage", "1", 9, 4, &[3], &[2])
            .build();
        let object = read(&pickle);
        assert!(object.is_whole(), "{object:?}");
        assert_eq!(object.storages.len(), 2);
        assert_eq!(object.storages[1].bytes(), Some(18));
        let bias = &object.tensors[1];
        assert_eq!(bias.name.as_deref(), Some("a.bias"));
        assert_eq!(
            (bias.offset, &bias.size[..], &bias.stride[..]),
            (4, &[3][..], &[2][..])
        );
        assert_eq!(bias.misfit(), None);
        assert!(
            object
                .globals
                .iter()
                .any(|(name, _)| name == "torch.HalfStorage")
        );
    }

    #[test]
    fn a_tensor_is_named_by_the_way_to_it() {
        // {'model': Net(_modules={'fc': Linear(_parameters={'weight': Parameter(tensor)})})}
        let mut module = b"cnet\nNet\n)\x81}U\x08_modules}U\x02fccnet\nLinear\n)\x81}U\x0b_parameters}U\x06weightctorch._utils\n_rebuild_parameter\nctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04tQK\x00K\x04\x85K\x01\x85\x89Nt".to_vec();
        module.extend(b"R\x88N\x87Rssbssb");
        let object = read(&StateDict::new().value("model", &module).build());
        let tensor = &object.tensors[0];
        assert_eq!(
            tensor.name.as_deref(),
            Some("model.fc.weight"),
            "{object:?}"
        );
        assert_eq!(tensor.dtype_name(), "float32");
    }

    #[test]
    fn the_small_pickles_of_old_files_are_read() {
        assert!(read(LEGACY_MAGIC).is_whole());
        assert_eq!(read(b"\x80\x02M\xe9\x03.").number, Some(1001));
        assert_eq!(read(b"\x80\x02](U\x011U\x0210e.").keys, ["1", "10"]);
        let list = read(b"\x80\x02](K\x01N}e.");
        assert!(list.keys.is_empty() && !list.cut, "{list:?}");
        let facts = read(b"\x80\x02}X\x0d\0\0\0little_endian\x88s.").facts;
        assert_eq!(facts, [("little_endian".to_owned(), "true".to_owned())]);
    }
}
