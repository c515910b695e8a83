//! Values, looked at from outside: opened, and read back from the file.

use crate::decode::{Arg, Opcode, decode};
use crate::literal;
use crate::machine::Machine;
use crate::machine::arena::NodeKind;
use crate::machine::tagged::{self, EMPTY, Tag};
use crate::opcode::Op;
use crate::value::{
    Call, CallKind, ConstKind, Constant, ContainerKind, GlobalId, Items, Taint, Text, Value, View,
};

/// Bytes of a text argument that one decoded byte may take: `\U0000006f`.
const WIDEST_ESCAPE: usize = 10;

impl Machine<'_> {
    /// Opens a value.
    #[must_use]
    pub fn view(&self, value: Value) -> View<'_> {
        let arena = &self.state.arena;
        match tagged::open(arena.resolve(value)) {
            Tag::None => View::None,
            Tag::Bool(b) => View::Bool(b),
            Tag::Int(_) => View::Const(ConstKind::Int),
            Tag::Const(kind, _) => View::Const(kind),
            Tag::Global(id) => View::Global(GlobalId(id), self.globals.get(GlobalId(id))),
            Tag::Node(index) => self.view_node(index),
            Tag::Plain(summary, _) => match summary.taint | arena.late {
                Taint::INERT => View::Plain(summary.kind),
                taint => View::Opaque(summary.kind, taint),
            },
            Tag::Instance(kind, id, offset) => View::Instance {
                class: GlobalId(id),
                kind,
                offset,
            },
            Tag::Persistent => View::Persistent(None),
            Tag::Extension(code) => View::Extension(i64::from(code)),
            Tag::Buffer => View::Buffer,
            Tag::Unknown | Tag::Empty => View::Unknown,
        }
    }

    /// The value that stands for this one now.
    pub(crate) fn resolve(&self, value: Value) -> Value {
        self.state.arena.resolve(value)
    }

    fn view_node(&self, index: u32) -> View<'_> {
        let arena = &self.state.arena;
        let Some(node) = arena.node(index) else {
            return View::Unknown;
        };
        let parts = arena.parts(index);
        let part = |i: usize| parts.get(i).copied().filter(|v| *v != EMPTY);
        match node.kind {
            NodeKind::Container(kind) => View::Container(Items {
                kind,
                items: parts,
                total: u64::from(node.total),
                holds: node.taint,
                offset: node.offset,
            }),
            NodeKind::Call(kind) => View::Call(Call {
                kind,
                callee: part(0).unwrap_or(tagged::UNKNOWN),
                args: part(1).unwrap_or(tagged::UNKNOWN),
                kwargs: part(2),
                state: part(3),
                offset: node.offset,
                op: call_op(kind),
                holds: node.taint,
            }),
            NodeKind::Persistent => View::Persistent(part(0)),
            NodeKind::Spliced => View::Const(self.spliced_kind(index)),
        }
    }

    /// What a value is or holds, at any depth.
    #[must_use]
    pub fn holds(&self, value: Value) -> Taint {
        self.state.arena.taint(value)
    }

    /// The offset of the opcode that made the value, where it is known.
    #[must_use]
    pub fn offset(&self, value: Value) -> Option<u64> {
        match tagged::open(value) {
            Tag::Const(_, offset) | Tag::Plain(_, offset) | Tag::Instance(_, _, offset) => {
                Some(offset)
            }
            Tag::Node(index) => self.state.arena.node(index).map(|n| n.offset),
            Tag::Global(id) => Some(self.globals.get(GlobalId(id)).offset),
            _ => None,
        }
    }

    /// The items of a container as far as they are kept (keys and values in turn for a dict); empty
    /// for everything else. See [`Items::is_cut`] for whether there are more.
    #[must_use]
    pub fn children(&self, value: Value) -> &[Value] {
        match self.view(value) {
            View::Container(items) => items.items,
            _ => &[],
        }
    }

    /// A value for a constant: where it lies.
    #[inline]
    pub(crate) fn constant_value(&mut self, kind: ConstKind, opcode: &Opcode) -> Value {
        if self.state.splicing {
            return self.spliced(opcode);
        }
        tagged::constant(kind, opcode.offset)
    }

    #[cold]
    fn spliced(&mut self, opcode: &Opcode) -> Value {
        let (start, end) = match opcode.arg {
            Arg::Payload(start, end) | Arg::Line(start, end) => (start, end),
            _ => return tagged::UNKNOWN,
        };
        let op = tagged::int(i64::from(opcode.code.byte())).unwrap_or(tagged::UNKNOWN);
        let end = tagged::int(end.cast_signed()).unwrap_or(tagged::UNKNOWN);
        let arena = &mut self.state.arena;
        arena.other(NodeKind::Spliced, start, &[op, end], Taint::INERT)
    }

    fn spliced_parts(&self, index: u32) -> Option<(Op, u64, u64)> {
        let start = self.state.arena.node(index)?.offset;
        let mut parts = self.state.arena.parts(index).iter();
        let mut int = || match tagged::open(*parts.next()?) {
            Tag::Int(n) => Some(n),
            _ => None,
        };
        let op = Op::from_byte(u8::try_from(int()?).ok()?)?;
        Some((op, start, int()?.cast_unsigned()))
    }

    pub(crate) fn spliced_kind(&self, index: u32) -> ConstKind {
        match self.spliced_parts(index).map(|(op, ..)| op) {
            Some(Op::BinString | Op::ShortBinString | Op::String) => ConstKind::ByteStr,
            Some(Op::BinBytes | Op::ShortBinBytes | Op::BinBytes8) => ConstKind::Bytes,
            Some(Op::ByteArray8) => ConstKind::ByteArray,
            Some(Op::Int | Op::Long | Op::Long1 | Op::Long4) => ConstKind::Int,
            Some(Op::Float | Op::BinFloat) => ConstKind::Float,
            _ => ConstKind::Str,
        }
    }

    /// Reads a constant; at most about `max` bytes of it. `None` when `value` is no constant or can't
    /// be read. Constants that lie near the position are read from memory, others from the source.
    #[must_use]
    pub fn constant(&self, value: Value, max: usize) -> Option<Constant> {
        match tagged::open(value) {
            Tag::None => Some(Constant::None),
            Tag::Bool(b) => Some(Constant::Bool(b)),
            Tag::Int(n) => Some(Constant::Int(n)),
            Tag::Const(_, offset) => self.reread(offset, max),
            Tag::Node(index) if self.operand_is_spliced(index) => {
                let (op, start, end) = self.spliced_parts(index)?;
                self.decode_constant(op, start, end, max)
            }
            _ => None,
        }
    }

    /// Where the argument of a text or bytes constant lies in the file, before decoding.
    #[must_use]
    pub fn literal_range(&self, value: Value) -> Option<(u64, u64)> {
        match tagged::open(value) {
            Tag::Const(_, offset) => match self.constant_opcode(offset, usize::MAX)?.arg {
                Arg::Payload(start, end) | Arg::Line(start, end) => Some((start, end)),
                _ => None,
            },
            Tag::Node(index) if self.operand_is_spliced(index) => {
                let (_, start, end) = self.spliced_parts(index)?;
                Some((start, end))
            }
            _ => None,
        }
    }

    fn operand_is_spliced(&self, index: u32) -> bool {
        let node = self.state.arena.node(index);
        node.is_some_and(|n| n.kind == NodeKind::Spliced)
    }

    /// The opcode of a constant; its line may be cut at about `max` decoded bytes.
    fn constant_opcode(&self, offset: u64, max: usize) -> Option<Opcode> {
        let near = self.window.slice(offset);
        if let Ok(opcode) = decode(near, offset) {
            return Some(opcode);
        }
        let most = max.saturating_mul(WIDEST_ESCAPE).saturating_add(64);
        let most = most.min(1 << 20);
        let bytes = self.window.copy(offset, u64::MAX, most)?;
        match decode(&bytes, offset) {
            Ok(opcode) => Some(opcode),
            Err(_) => {
                let code = Op::from_byte(*bytes.first()?)?;
                let end = offset.saturating_add(bytes.len() as u64);
                Some(Opcode {
                    offset,
                    code,
                    arg: Arg::Line(offset.saturating_add(1), end),
                    end,
                })
            }
        }
    }

    fn reread(&self, offset: u64, max: usize) -> Option<Constant> {
        let opcode = self.constant_opcode(offset, max)?;
        match opcode.arg {
            Arg::Payload(start, end) | Arg::Line(start, end) => {
                self.decode_constant(opcode.code, start, end, max)
            }
            Arg::Int(bits) if opcode.code == Op::BinFloat => {
                Some(Constant::Float(f64::from_bits(bits.cast_unsigned())))
            }
            Arg::Int(n) => Some(Constant::Int(n)),
            _ => None,
        }
    }

    fn decode_constant(&self, op: Op, start: u64, end: u64, max: usize) -> Option<Constant> {
        let length = end.saturating_sub(start);
        let escaped = matches!(op, Op::String | Op::Unicode);
        let most = if escaped {
            max.saturating_mul(WIDEST_ESCAPE)
        } else {
            max
        };
        let bytes = self.window.copy(start, end, most.max(64))?;
        let cut = (bytes.len() as u64) < length;
        let text = |mut bytes: Vec<u8>, mut cut: bool| {
            cut |= bytes.len() > max;
            bytes.truncate(max);
            if cut {
                Text::cut(bytes)
            } else {
                Text::new(bytes)
            }
        };
        Some(match op {
            Op::String => {
                let inner = match literal::unquote(&bytes) {
                    Some(inner) => inner,
                    None => bytes.get(1..).unwrap_or_default(),
                };
                let (decoded, more) = literal::unescape_bytes(inner, max);
                Constant::Str(text(decoded, cut || more))
            }
            Op::Unicode => {
                let (decoded, more) = literal::raw_unicode_escape(&bytes, max);
                Constant::Str(text(decoded, cut || more))
            }
            Op::BinBytes | Op::ShortBinBytes | Op::BinBytes8 | Op::ByteArray8 => {
                let mut bytes = bytes;
                let cut = cut || bytes.len() > max;
                bytes.truncate(max);
                Constant::Bytes(bytes, cut)
            }
            Op::Int => number(literal::int(&bytes), &bytes, cut),
            Op::Long => number(literal::long(&bytes), &bytes, cut),
            Op::Float => Constant::Float(literal::float(&bytes)?.value),
            Op::Long1 | Op::Long4 => match literal::twos_complement(&bytes) {
                Some(n) if !cut => Constant::Int(n),
                _ => Constant::BigInt(bytes, cut),
            },
            _ => Constant::Str(text(bytes, cut)),
        })
    }
}

/// An int from text.
fn number(number: Option<literal::Number>, line: &[u8], cut: bool) -> Constant {
    if let Some(literal::Number { value: Some(n), .. }) = number
        && !cut
    {
        return Constant::Int(n);
    }
    let line = line.strip_suffix(b"L").unwrap_or(line);
    let line = line.split(|b| *b == 0).next().unwrap_or_default();
    match literal::python_int(line, true).and_then(|l| l.bytes()) {
        Some(bytes) if !cut => Constant::BigInt(bytes, false),
        _ => Constant::BigInt(Vec::new(), true),
    }
}

const fn call_op(kind: CallKind) -> Op {
    match kind {
        CallKind::Reduce => Op::Reduce,
        CallKind::Inst => Op::Inst,
        CallKind::Obj => Op::Obj,
        CallKind::NewObj => Op::NewObj,
        CallKind::NewObjEx => Op::NewObjEx,
    }
}

impl ContainerKind {
    /// The brackets around its items.
    pub(crate) const fn brackets(self) -> (&'static str, &'static str) {
        match self {
            Self::Tuple => ("(", ")"),
            Self::List => ("[", "]"),
            Self::Dict | Self::Set => ("{", "}"),
            Self::FrozenSet => ("frozenset({", "})"),
        }
    }
}
