//! The eight bytes of a [`Value`].
//!
//! ```text
//! 63..60  tag
//! 59..40  aux: type, taint, size … by tag
//! 39..0   offset in the blob, or an index
//! ```
//!
//! Constants are only where they lie; small ints are the number itself; containers and calls are
//! indices of the arena, or, once forgotten, a summary. All zero bits mean "no value".

use crate::value::{CallKind, ConstKind, ContainerKind, Taint, Value};

/// No value: an empty memo slot, a missing argument.
pub(crate) const EMPTY: Value = Value(0);
pub(crate) const NONE: Value = Value(1 << 60);
pub(crate) const TRUE: Value = Value(1 << 60 | 1);
pub(crate) const FALSE: Value = Value(1 << 60 | 2);
pub(crate) const UNKNOWN: Value = Value(1 << 60 | 3);
pub(crate) const BUFFER: Value = Value(1 << 60 | 4);

const OFFSET: u64 = (1 << 40) - 1;
const INT: u64 = (1 << 60) - 1;

/// A value, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    Empty,
    None,
    Bool(bool),
    Unknown,
    Buffer,
    Const(ConstKind, u64),
    Int(i64),
    Global(u32),
    Node(u32),
    /// A forgotten container.
    Plain(Summary, u64),
    /// A forgotten call of an imported object.
    Instance(CallKind, u32, u64),
    Extension(i32),
    /// A persistent object whose id is forgotten.
    Persistent,
}

/// What is left of a forgotten container. Size and depth are rounded up to powers of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) kind: ContainerKind,
    pub(crate) taint: Taint,
    pub(crate) size_log2: u8,
    pub(crate) depth_log2: u8,
}

const fn make(tag: u64, aux: u64, offset: u64) -> Value {
    if offset > OFFSET {
        // Beyond a terabyte there is no room for the offset.
        return UNKNOWN;
    }
    Value(tag << 60 | aux << 40 | offset)
}

#[inline]
pub(crate) const fn constant(kind: ConstKind, offset: u64) -> Value {
    make(2, kind as u64, offset)
}

/// A small int; `None` when it needs more than 60 bits.
#[inline]
pub(crate) const fn int(n: i64) -> Option<Value> {
    let bits = n as u64 & INT;
    let value = Value(3 << 60 | bits);
    if signed(bits) == n { Some(value) } else { None }
}

const fn signed(bits: u64) -> i64 {
    ((bits << 4) as i64) >> 4
}

#[inline]
pub(crate) const fn global(id: u32) -> Value {
    Value(4 << 60 | id as u64)
}

#[inline]
pub(crate) const fn node(index: u32) -> Value {
    Value(5 << 60 | index as u64)
}

pub(crate) const fn plain(summary: Summary, offset: u64) -> Value {
    let aux = summary.kind as u64
        | (summary.taint.0 as u64 & 31) << 3
        | (if summary.size_log2 > 63 {
            63
        } else {
            summary.size_log2 as u64
        }) << 8
        | (summary.depth_log2 as u64 & 31) << 14;
    make(6, aux, offset)
}

/// `None` when the number does not fit.
pub(crate) const fn instance(kind: CallKind, global: u32, offset: u64) -> Option<Value> {
    if global >= 1 << 20 {
        return None;
    }
    Some(make(kind as u64 | 8, global as u64, offset))
}

pub(crate) const fn extension(code: i32) -> Value {
    Value(13 << 60 | code as u32 as u64)
}

pub(crate) const fn persistent(offset: u64) -> Value {
    make(14, 0, offset)
}

/// The index of a node.
#[inline]
pub(crate) const fn node_index(value: Value) -> Option<u32> {
    if value.0 >> 60 == 5 {
        Some(value.0 as u32)
    } else {
        None
    }
}

/// True for data without anything inside, as most values are.
#[inline]
pub(crate) const fn is_leaf_data(value: Value) -> bool {
    matches!(value.0 >> 60, 2 | 3) || (value.0 >> 60 == 1 && value.0 & 7 < 3)
}

#[inline]
pub(crate) fn open(value: Value) -> Tag {
    let aux = value.0 >> 40 & 0xf_ffff;
    let offset = value.0 & OFFSET;
    match value.0 >> 60 {
        1 => match offset {
            0 => Tag::None,
            1 => Tag::Bool(true),
            2 => Tag::Bool(false),
            4 => Tag::Buffer,
            _ => Tag::Unknown,
        },
        2 => Tag::Const(const_kind(aux), offset),
        3 => Tag::Int(signed(value.0 & INT)),
        4 => Tag::Global(value.0 as u32),
        5 => Tag::Node(value.0 as u32),
        6 => Tag::Plain(
            Summary {
                kind: container_kind(aux & 7),
                taint: Taint((aux >> 3 & 31) as u8),
                size_log2: (aux >> 8 & 63) as u8,
                depth_log2: (aux >> 14 & 31) as u8,
            },
            offset,
        ),
        8 => Tag::Instance(CallKind::Reduce, aux as u32, offset),
        9 => Tag::Instance(CallKind::Inst, aux as u32, offset),
        10 => Tag::Instance(CallKind::Obj, aux as u32, offset),
        11 => Tag::Instance(CallKind::NewObj, aux as u32, offset),
        12 => Tag::Instance(CallKind::NewObjEx, aux as u32, offset),
        13 => Tag::Extension(value.0 as u32 as i32),
        14 => Tag::Persistent,
        _ => Tag::Empty,
    }
}

const fn const_kind(aux: u64) -> ConstKind {
    match aux {
        0 => ConstKind::Str,
        1 => ConstKind::ByteStr,
        2 => ConstKind::Bytes,
        3 => ConstKind::ByteArray,
        4 => ConstKind::Int,
        _ => ConstKind::Float,
    }
}

pub(crate) const fn container_kind(aux: u64) -> ContainerKind {
    match aux {
        0 => ContainerKind::Tuple,
        1 => ContainerKind::List,
        2 => ContainerKind::Dict,
        3 => ContainerKind::Set,
        _ => ContainerKind::FrozenSet,
    }
}

/// The exponent of the next power of two.
pub(crate) const fn log2_up(n: u64) -> u8 {
    if n <= 1 {
        0
    } else {
        u64::BITS.saturating_sub(n.saturating_sub(1).leading_zeros()) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_apart_as_they_were_made() {
        for n in [0, 1, -1, (1 << 59) - 1, -(1 << 59)] {
            assert_eq!(open(int(n).unwrap()), Tag::Int(n));
        }
        assert_eq!(int(1 << 59), None);
        assert_eq!(int(i64::MIN), None);
        for kind in [
            ConstKind::Str,
            ConstKind::ByteStr,
            ConstKind::Bytes,
            ConstKind::ByteArray,
            ConstKind::Int,
            ConstKind::Float,
        ] {
            assert_eq!(open(constant(kind, 77)), Tag::Const(kind, 77));
        }
        let summary = Summary {
            kind: ContainerKind::FrozenSet,
            taint: Taint::GLOBAL | Taint::UNKNOWN,
            size_log2: 63,
            depth_log2: 31,
        };
        assert_eq!(open(plain(summary, 9)), Tag::Plain(summary, 9));
        let call = instance(CallKind::NewObjEx, 0xf_ffff, OFFSET).unwrap();
        assert_eq!(
            open(call),
            Tag::Instance(CallKind::NewObjEx, 0xf_ffff, OFFSET)
        );
        assert_eq!(instance(CallKind::Reduce, 1 << 20, 0), None);
        assert_eq!(open(extension(-7)), Tag::Extension(-7));
        assert_eq!(open(constant(ConstKind::Str, OFFSET + 1)), Tag::Unknown);
        assert_eq!(open(global(u32::MAX)), Tag::Global(u32::MAX));
        assert_eq!(node_index(node(5)), Some(5));
        assert_eq!(
            (log2_up(0), log2_up(1), log2_up(2), log2_up(3)),
            (0, 0, 1, 2)
        );
        assert_eq!(log2_up(u64::MAX), 64);
    }
}
