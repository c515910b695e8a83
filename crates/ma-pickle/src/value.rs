//! What the machine's stack and memo hold, as seen from outside.
//!
//! A [`Value`] is eight bytes and says nothing by itself: ask the machine that made it
//! ([`crate::Machine::view`], [`crate::Machine::constant`], [`crate::Machine::children`]).
//! Constants are not kept, only where they lie in the file.
//!
//! **How long a value lives.** A value is good inside the callback that received it. Between
//! callbacks the machine may forget the contents of old data and renumber what it keeps, so that its
//! memory does not grow with the file. A [`GlobalId`] stays good as long as its machine.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use crate::opcode::Op;

/// Something on the stack or in the memo of a [`crate::Machine`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Value(pub(crate) u64);

/// The number of an imported name in its machine.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct GlobalId(pub u32);

/// The type of a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ConstKind {
    /// `str` from a unicode opcode.
    Str,
    /// An 8-bit string of protocols 0 to 2: `str` under the loader's `encoding`, or `bytes` when that
    /// is `"bytes"`.
    ByteStr,
    /// `bytes`.
    Bytes,
    /// `bytearray`.
    ByteArray,
    /// `int`.
    Int,
    /// `float`.
    Float,
}

impl ConstKind {
    /// True for both kinds of `str`.
    #[must_use]
    pub const fn is_str(self) -> bool {
        matches!(self, Self::Str | Self::ByteStr)
    }

    /// The name of the Python type.
    #[must_use]
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::Str | Self::ByteStr => "str",
            Self::Bytes => "bytes",
            Self::ByteArray => "bytearray",
            Self::Int => "int",
            Self::Float => "float",
        }
    }
}

/// The type of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ContainerKind {
    /// `tuple`.
    Tuple,
    /// `list`.
    List,
    /// `dict`; its items are keys and values in turn.
    Dict,
    /// `set`.
    Set,
    /// `frozenset`.
    FrozenSet,
}

impl ContainerKind {
    /// The name of the Python type.
    #[must_use]
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::Tuple => "tuple",
            Self::List => "list",
            Self::Dict => "dict",
            Self::Set => "set",
            Self::FrozenSet => "frozenset",
        }
    }
}

/// What a container (or a call) holds, at any depth, besides constants. Empty = inert data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Taint(pub(crate) u8);

impl Taint {
    /// Only constants and containers of constants.
    pub const INERT: Self = Self(0);
    /// An imported object.
    pub const GLOBAL: Self = Self(1);
    /// The result of a call, or an instance.
    pub const CALL: Self = Self(2);
    /// Something that the application's `persistent_load` made.
    pub const PERSISTENT: Self = Self(4);
    /// Something of the `copyreg` extension registry.
    pub const EXTENSION: Self = Self(8);
    /// A buffer from outside the file, or something that is no longer known.
    pub const UNKNOWN: Self = Self(16);

    /// True when nothing but data is inside.
    #[must_use]
    #[inline]
    pub const fn is_inert(self) -> bool {
        self.0 == 0
    }

    /// True when all of `other` is in here.
    #[must_use]
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Taint {
    type Output = Self;
    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Taint {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for Taint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["global", "call", "persistent", "extension", "unknown"];
        let mut set = f.debug_set();
        for (bit, name) in names.iter().enumerate() {
            if self.0 >> bit & 1 == 1 {
                set.entry(name);
            }
        }
        set.finish()
    }
}

/// A value, opened.
#[derive(Debug, Clone, Copy)]
pub enum View<'m> {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A constant; [`crate::Machine::constant`] reads it.
    Const(ConstKind),
    /// An imported object.
    Global(GlobalId, &'m Global),
    /// The result of a call, or an instance.
    Call(Call),
    /// A container with its items.
    Container(Items<'m>),
    /// A container of inert data whose items are no longer kept.
    Plain(ContainerKind),
    /// A container whose items are no longer kept, with more than inert data inside.
    Opaque(ContainerKind, Taint),
    /// The result of calling an imported object, whose arguments are no longer kept.
    Instance {
        /// What was called.
        class: GlobalId,
        /// How.
        kind: CallKind,
        /// The offset of the calling opcode.
        offset: u64,
    },
    /// What `persistent_load` made of this id (`None` when the id is no longer kept).
    Persistent(Option<Value>),
    /// An entry of the `copyreg` extension registry.
    Extension(i64),
    /// An out-of-band buffer.
    Buffer,
    /// Not known: the result of something that no loader defines, or forgotten.
    Unknown,
}

/// The items of a container.
#[derive(Debug, Clone, Copy)]
pub struct Items<'m> {
    /// The type.
    pub kind: ContainerKind,
    /// The first items (at most [`crate::machine::MAX_CHILDREN`]); keys and values in turn for a dict.
    /// A key that was set twice is there twice, the later one counts.
    pub items: &'m [Value],
    /// How many items there are in truth.
    pub total: u64,
    /// What is inside at any depth, including items that are not kept. A lower bound when something
    /// inside was changed after it was put here.
    pub holds: Taint,
    /// The offset of the opcode that made it.
    pub offset: u64,
}

impl Items<'_> {
    /// True when not all items are kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.total > self.items.len() as u64
    }
}

/// Which opcode called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CallKind {
    /// REDUCE: `callee(*args)`.
    Reduce,
    /// INST: `callee(*args)`, or `callee.__new__(callee)` for a class without arguments.
    Inst,
    /// OBJ: as INST.
    Obj,
    /// NEWOBJ: `callee.__new__(callee, *args)`.
    NewObj,
    /// NEWOBJ_EX: `callee.__new__(callee, *args, **kwargs)`.
    NewObjEx,
}

/// A call that the pickle makes.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// How.
    pub kind: CallKind,
    /// What is called.
    pub callee: Value,
    /// The arguments: a tuple, or whatever stands in its place (a list is accepted by the Python
    /// unpickler, anything computed by all).
    pub args: Value,
    /// Keyword arguments of NEWOBJ_EX: a dict or what stands in its place.
    pub kwargs: Option<Value>,
    /// The state of the last BUILD on the result.
    pub state: Option<Value>,
    /// The offset of the calling opcode.
    pub offset: u64,
    /// The calling opcode.
    pub op: Op,
    /// What is in it at any depth.
    pub holds: Taint,
}

/// An imported name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Global {
    /// The module as written, before any Python 2 mapping. Bytes that are no UTF-8 are kept.
    pub module: Text,
    /// The name as written; dotted names are walked when `proto >= 4`.
    pub name: Text,
    /// The offset of the opcode where it was first seen.
    pub offset: u64,
    /// That opcode: GLOBAL, STACK_GLOBAL or INST.
    pub op: Op,
    /// The protocol in force at that opcode; Python 2 names are mapped when it is below 3.
    pub proto: u8,
    /// The operands of STACK_GLOBAL were no constants: the name is decided when the pickle runs.
    pub computed: bool,
    /// The module operand, when `computed`.
    pub module_value: Option<Value>,
    /// The name operand, when `computed`.
    pub name_value: Option<Value>,
}

impl Global {
    /// `module.name`, with what is no text shown as U+FFFD; `?` for what is computed.
    #[must_use]
    pub fn full_name(&self) -> String {
        let show = |text: &Text, value: Option<Value>| match value {
            Some(_) => "?".to_owned(),
            None => text.lossy().into_owned(),
        };
        format!(
            "{}.{}",
            show(&self.module, self.module_value),
            show(&self.name, self.name_value)
        )
    }
}

/// Text from a pickle: UTF-8 where the file has it, lone surrogates and other bytes kept as they are.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Text {
    bytes: Box<[u8]>,
    /// The text was longer than what is kept.
    cut: bool,
}

impl Text {
    /// Text of these bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self {
            bytes: bytes.into(),
            cut: false,
        }
    }

    /// The beginning of a longer text.
    #[must_use]
    pub fn cut(bytes: impl Into<Box<[u8]>>) -> Self {
        Self {
            bytes: bytes.into(),
            cut: true,
        }
    }

    /// The bytes: UTF-8, with surrogates as three bytes each.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// As a `str`, when it is valid UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// As text, with U+FFFD for what is none.
    #[must_use]
    pub fn lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }

    /// True when the file has more of it than is kept here.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new(text.as_bytes())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.lossy())?;
        if self.cut {
            f.write_str("…")?;
        }
        Ok(())
    }
}

/// A constant, decoded.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// `str`.
    Str(Text),
    /// `bytes` or `bytearray`; the flag says that there is more.
    Bytes(Vec<u8>, bool),
    /// An `int` that fits.
    Int(i64),
    /// Another `int`: two's complement, little-endian; the flag says that there is more.
    BigInt(Vec<u8>, bool),
    /// `float`.
    Float(f64),
}

impl Constant {
    /// The text, when it is a whole `str` of valid UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) if !text.is_cut() => text.as_str(),
            _ => None,
        }
    }

    /// The number, when it is a small `int` or a `bool`.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Bool(b) => Some(i64::from(*b)),
            _ => None,
        }
    }

    /// The bytes of a `str`, `bytes` or `bytearray` as far as they were read.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Str(text) => Some(text.as_bytes()),
            Self::Bytes(bytes, _) => Some(bytes),
            _ => None,
        }
    }
}
