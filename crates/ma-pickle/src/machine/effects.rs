//! Opcodes that import, call, or change what may not be a plain container.

use crate::decode::{Arg, Opcode};
use crate::event::{Anomaly, Event, Observer, Raw, StreamEnd};
use crate::machine::arena::NodeKind;
use crate::machine::globals::{MAX_NAME, Wanted};
use crate::machine::state::Refused;
use crate::machine::tagged::{self, EMPTY, Tag};
use crate::machine::{Exec, Halt, Machine};
use crate::opcode::Op;
use crate::value::{CallKind, ConstKind, ContainerKind, GlobalId, Taint, Value};

/// What an operand can be, as far as it decides whether loaders go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operand {
    Container(ContainerKind),
    Const(ConstKind),
    /// `None` or a bool.
    Singleton,
    /// Only running the pickle tells.
    Any,
}

impl Machine<'_> {
    pub(crate) fn effect(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        match opcode.code {
            Op::Global => {
                let global = self.import_lines(observer, opcode)?;
                self.state.push(global);
                Ok(())
            }
            Op::StackGlobal => self.stack_global(observer, opcode),
            Op::Inst => self.inst(observer, opcode),
            Op::Obj => self.obj(observer, opcode),
            Op::Reduce => {
                let args = self.state.pop()?;
                let callee = self.state.pop()?;
                self.call(observer, opcode, CallKind::Reduce, [callee, args, EMPTY])
            }
            Op::NewObj => {
                let args = self.state.pop()?;
                let callee = self.state.pop()?;
                self.call(observer, opcode, CallKind::NewObj, [callee, args, EMPTY])
            }
            Op::NewObjEx => {
                let kwargs = self.state.pop()?;
                let args = self.state.pop()?;
                let callee = self.state.pop()?;
                self.call(observer, opcode, CallKind::NewObjEx, [callee, args, kwargs])
            }
            Op::Build => self.build(observer, opcode),
            Op::SetItem => {
                let from = self.state.nth_from_top(2)?;
                self.set_items(observer, opcode, from)
            }
            Op::SetItems => {
                let from = self.state.pop_mark()?;
                self.set_items(observer, opcode, from)
            }
            Op::Append => {
                let from = self.state.nth_from_top(1)?;
                self.append(observer, opcode, from)
            }
            Op::Appends => {
                let from = self.state.pop_mark()?;
                self.append(observer, opcode, from)
            }
            Op::AddItems => {
                let from = self.state.pop_mark()?;
                self.add_items(observer, opcode, from)
            }
            Op::PersId => self.persid(observer, opcode),
            Op::BinPersId => {
                let id = self.state.pop()?;
                self.persistent(observer, opcode, id)
            }
            Op::Ext1 | Op::Ext2 | Op::Ext4 => self.extension(observer, opcode),
            _ => Ok(()),
        }
    }

    /// GLOBAL and INST: two lines.
    fn import_lines(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec<Value> {
        let Arg::Lines(module, name) = opcode.arg else {
            return Ok(tagged::UNKNOWN);
        };
        if module.0 == module.1 || name.0 == name.1 {
            return Err(Refused("pickle data was truncated").into());
        }
        let one_more = MAX_NAME.saturating_add(1);
        let module = self.bytes(module.0, module.1, one_more)?;
        let name = self.bytes(name.0, name.1, one_more)?;
        let valid = |text: &[u8]| match opcode.code {
            Op::Inst => text.is_ascii(),
            _ => std::str::from_utf8(text).is_ok() || text.len() > MAX_NAME,
        };
        if !valid(&module) || !valid(&name) {
            self.tell(observer, Anomaly::BadName, opcode)?;
        }
        self.import(observer, opcode, &module, &name).map(|g| g.0)
    }

    fn import(
        &mut self,
        observer: &mut dyn Observer,
        opcode: &Opcode,
        module: &[u8],
        name: &[u8],
    ) -> Exec<(Value, GlobalId)> {
        let wanted = Wanted {
            module,
            name,
            offset: opcode.offset,
            op: opcode.code,
            proto: self.state.proto,
        };
        let Some(id) = self.globals.intern(wanted) else {
            return Err(self.too_many_names());
        };
        self.imported(observer, opcode, id).map(|value| (value, id))
    }

    fn imported(
        &mut self,
        observer: &mut dyn Observer,
        opcode: &Opcode,
        id: GlobalId,
    ) -> Exec<Value> {
        let global = tagged::global(id.0);
        let event = Event::Import {
            global,
            id,
            op: opcode.code,
            offset: opcode.offset,
        };
        self.emit(observer, &event)?;
        Ok(global)
    }

    #[cold]
    fn too_many_names(&self) -> Box<Halt> {
        Box::new(Halt::End(StreamEnd::Limit {
            at: self.state.position,
            hit: ma_core::LimitHit {
                kind: ma_core::LimitKind::Memory,
                limit: 1 << 20,
            },
        }))
    }

    fn stack_global(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        let name = self.state.pop()?;
        let module = self.state.pop()?;
        let proto = self.state.proto;
        let id = if let Some(id) = self.globals.by_values(module, name, proto) {
            id
        } else {
            let operands = [self.operand(module), self.operand(name)];
            let is_str = |o: &Operand| matches!(o, Operand::Const(k) if k.is_str());
            if operands.iter().any(|o| *o != Operand::Any && !is_str(o)) {
                return Err(Refused("STACK_GLOBAL requires str").into());
            }
            let constant = operands.iter().all(is_str);
            self.name_operands(opcode, module, name, constant)?
        };
        let global = self.imported(observer, opcode, id)?;
        self.state.push(global);
        Ok(())
    }

    fn name_operands(
        &mut self,
        opcode: &Opcode,
        module: Value,
        name: Value,
        constant: bool,
    ) -> Exec<GlobalId> {
        let one_more = MAX_NAME.saturating_add(1);
        let text = |value| self.constant(value, one_more);
        let (module_text, name_text) = (text(module), text(name));
        let bytes = |c: &Option<crate::value::Constant>| match c {
            Some(c) => c.as_bytes().unwrap_or_default().to_vec(),
            None => Vec::new(),
        };
        let (module_text, name_text) = (bytes(&module_text), bytes(&name_text));
        let wanted = Wanted {
            module: &module_text,
            name: &name_text,
            offset: opcode.offset,
            op: opcode.code,
            proto: self.state.proto,
        };
        if constant {
            let Some(id) = self.globals.intern(wanted) else {
                return Err(self.too_many_names());
            };
            if tagged::is_leaf_data(module) && tagged::is_leaf_data(name) {
                self.globals.note_values(module, name, self.state.proto, id);
            }
            return Ok(id);
        }
        let Some(id) = self.globals.compute(wanted, module, name) else {
            return Err(self.too_many_names());
        };
        if self
            .state
            .computed
            .last()
            .is_none_or(|(last, ..)| *last < id)
        {
            self.state.computed.push((id, module, name));
        }
        Ok(id)
    }

    fn inst(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        if self.state.marks.is_empty() {
            // The Python unpickler imports before it looks for the mark.
            self.tell(observer, Anomaly::OnlyPython, opcode)?;
            self.import_lines(observer, opcode)?;
        }
        let from = self.state.pop_mark()?;
        let callee = self.import_lines(observer, opcode)?;
        self.collect(ContainerKind::Tuple, from, opcode.offset);
        let args = self.state.pop()?;
        self.call(observer, opcode, CallKind::Inst, [callee, args, EMPTY])
    }

    fn obj(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        let from = self.state.pop_mark()?;
        let Some(callee) = self.state.stack.get(from).copied() else {
            return Err(Refused("unpickling stack underflow").into());
        };
        let args = from.saturating_add(1);
        self.collect(ContainerKind::Tuple, args, opcode.offset);
        let args = self.state.pop()?;
        self.state.pop()?;
        self.call(observer, opcode, CallKind::Obj, [callee, args, EMPTY])
    }

    fn operand(&self, value: Value) -> Operand {
        match tagged::open(value) {
            Tag::None | Tag::Bool(_) => Operand::Singleton,
            Tag::Int(_) => Operand::Const(ConstKind::Int),
            Tag::Const(kind, _) => Operand::Const(kind),
            Tag::Plain(summary, _) => Operand::Container(summary.kind),
            Tag::Node(index) => match self.state.arena.node(index).map(|n| n.kind) {
                Some(NodeKind::Container(kind)) => Operand::Container(kind),
                Some(NodeKind::Spliced) => Operand::Const(self.spliced_kind(index)),
                _ => Operand::Any,
            },
            _ => Operand::Any,
        }
    }

    fn call(
        &mut self,
        observer: &mut dyn Observer,
        opcode: &Opcode,
        kind: CallKind,
        [callee, args, kwargs]: [Value; 3],
    ) -> Exec {
        if !matches!(tagged::open(callee), Tag::Global(_)) && self.operand(callee) != Operand::Any {
            return Err(Refused("object is not callable").into());
        }
        self.check_args(observer, opcode, args, kwargs)?;
        let parts = [callee, args, kwargs, EMPTY];
        let node = NodeKind::Call(kind);
        let arena = &mut self.state.arena;
        let call = arena.other(node, opcode.offset, &parts, Taint::CALL);
        self.state.push(call);
        let offset = opcode.offset;
        self.emit(observer, &Event::Call { call, offset })?;
        while let Some((code, value)) = observer.new_extension() {
            self.set_extension(code, value);
        }
        Ok(())
    }

    fn check_args(
        &mut self,
        observer: &mut dyn Observer,
        opcode: &Opcode,
        args: Value,
        kwargs: Value,
    ) -> Exec {
        let tuple = Operand::Container(ContainerKind::Tuple);
        let given = self.operand(args);
        let iterable = match given {
            Operand::Const(kind) => !matches!(kind, ConstKind::Int | ConstKind::Float),
            Operand::Singleton => false,
            Operand::Container(_) | Operand::Any => true,
        };
        if !iterable {
            return Err(Refused("argument list must be a tuple").into());
        }
        // Python unpicks any iterable into arguments, C wants a tuple.
        if given != tuple && given != Operand::Any {
            self.tell(observer, Anomaly::OnlyPython, opcode)?;
        }
        let dict = Operand::Container(ContainerKind::Dict);
        if kwargs != EMPTY {
            let given = self.operand(kwargs);
            if given != dict && given != Operand::Any {
                let refused = Refused("NEWOBJ_EX kwargs argument must be a dict");
                return Err(refused.into());
            }
        }
        Ok(())
    }

    fn build(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        self.state.nth_from_top(2)?;
        let state = self.state.pop()?;
        let target = self.state.top()?;
        if let Some(index) = tagged::node_index(target) {
            self.state.arena.set_state(index, state);
        }
        let offset = opcode.offset;
        let event = Event::Build {
            target,
            state,
            offset,
        };
        self.emit(observer, &event)?;
        let at = self.raw_position(opcode);
        let raw = observer.raw_after_build(self, target, at);
        if raw == Raw::None {
            return Ok(());
        }
        if at != opcode.end {
            self.tell(observer, Anomaly::RawInFrame, opcode)?;
        }
        self.state.position = opcode.end;
        match raw {
            Raw::None => Ok(()),
            Raw::Skip(n) if n > self.window.len().saturating_sub(at) => {
                Err(Box::new(Halt::End(StreamEnd::Truncated { at })))
            }
            Raw::Skip(n) => {
                self.resume(at.saturating_add(n));
                Ok(())
            }
            Raw::Pickle => Err(Box::new(Halt::Nested(at))),
            Raw::Stop => Err(Box::new(Halt::End(StreamEnd::Undecodable { at }))),
        }
    }

    fn set_items(&mut self, observer: &mut dyn Observer, opcode: &Opcode, from: usize) -> Exec {
        let target = self.state.below(from)?;
        let n = self.state.stack.len().saturating_sub(from);
        if n == 0 {
            return Ok(());
        }
        if !n.is_multiple_of(2) {
            // The Python unpickler sets the whole pairs before it fails.
            self.tell(observer, Anomaly::OnlyPython, opcode)?;
            self.state.stack.pop();
        }
        let inert = match self.operand(target) {
            Operand::Container(ContainerKind::Dict | ContainerKind::List) => true,
            Operand::Container(_) | Operand::Singleton => false,
            Operand::Const(ConstKind::ByteArray) | Operand::Any => false,
            Operand::Const(_) => false,
        };
        if !inert && !self.may_change(target) {
            return Err(Refused("object does not support item assignment").into());
        }
        if !inert || observer.wants_inert() {
            let pairs = self.state.stack.get(from..).unwrap_or_default();
            let offset = opcode.offset;
            let event = Event::SetItem {
                target,
                pairs,
                offset,
            };
            self.emit(observer, &event)?;
        }
        self.put_into(target, from);
        if !n.is_multiple_of(2) {
            return Err(Refused("odd number of items for SETITEMS").into());
        }
        Ok(())
    }

    /// Whether something that is no fitting container may be changed by item or by `append`.
    fn may_change(&self, target: Value) -> bool {
        matches!(
            self.operand(target),
            Operand::Any | Operand::Const(ConstKind::ByteArray)
        )
    }

    fn append(&mut self, observer: &mut dyn Observer, opcode: &Opcode, from: usize) -> Exec {
        let target = self.state.below(from)?;
        let inert = self.operand(target) == Operand::Container(ContainerKind::List);
        let empty = self.state.stack.len() == from;
        if empty && (inert || !self.may_change(target)) {
            return Ok(());
        }
        if empty {
            // The Python unpickler calls `extend` all the same.
            self.tell(observer, Anomaly::OnlyPython, opcode)?;
        }
        if !inert && !self.may_change(target) {
            return Err(Refused("object has no attribute 'append'").into());
        }
        if !inert || observer.wants_inert() {
            let items = self.state.stack.get(from..).unwrap_or_default();
            let offset = opcode.offset;
            let event = Event::Append {
                target,
                items,
                offset,
            };
            self.emit(observer, &event)?;
        }
        self.put_into(target, from);
        Ok(())
    }

    fn add_items(&mut self, observer: &mut dyn Observer, opcode: &Opcode, from: usize) -> Exec {
        let target = self.state.below(from)?;
        if self.state.stack.len() == from {
            return Ok(());
        }
        let operand = self.operand(target);
        let inert = operand == Operand::Container(ContainerKind::Set);
        if !inert && operand != Operand::Any {
            return Err(Refused("object has no attribute 'add'").into());
        }
        if !inert || observer.wants_inert() {
            let items = self.state.stack.get(from..).unwrap_or_default();
            let offset = opcode.offset;
            let event = Event::AddItem {
                target,
                items,
                offset,
            };
            self.emit(observer, &event)?;
        }
        self.put_into(target, from);
        Ok(())
    }

    /// Moves what lies on the stack from `from` on into `target`.
    fn put_into(&mut self, target: Value, from: usize) {
        let state = &mut self.state;
        let items = state.stack.get(from..).unwrap_or_default();
        if let Some((index, _)) = state.arena.changing(target) {
            state.arena.add(index, items);
        } else if let Some(index) = tagged::node_index(target) {
            state.arena.absorb(index, items);
        }
        state.stack.truncate(from);
    }

    fn persid(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        let Arg::Line(start, end) = opcode.arg else {
            return Ok(());
        };
        let id = self.constant_value(ConstKind::Str, opcode);
        if !self.bytes(start, end, MAX_NAME)?.is_ascii() {
            self.tell(observer, Anomaly::BadName, opcode)?;
        }
        self.persistent(observer, opcode, id)
    }

    fn persistent(&mut self, observer: &mut dyn Observer, opcode: &Opcode, id: Value) -> Exec {
        let offset = opcode.offset;
        let arena = &mut self.state.arena;
        let value = arena.other(NodeKind::Persistent, offset, &[id], Taint::PERSISTENT);
        self.state.push(value);
        self.emit(observer, &Event::Persistent { value, id, offset })
    }

    fn extension(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        let Arg::Int(code) = opcode.arg else {
            return Ok(());
        };
        if code <= 0 {
            return Err(Refused("EXT specifies code <= 0").into());
        }
        let unknown = i32::try_from(code).map_or(tagged::UNKNOWN, tagged::extension);
        let known = self.state.extensions.get(&code).copied();
        let value = known.unwrap_or(unknown);
        self.state.push(value);
        let offset = opcode.offset;
        let event = Event::Extension {
            code,
            value,
            offset,
        };
        self.emit(observer, &event)
    }
}
