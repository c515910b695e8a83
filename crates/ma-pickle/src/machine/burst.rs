//! The opcodes that large pickles are made of, many at a time.
//!
//! Everything here is also in `exec` and `effects`; what is left out here falls through to there, and
//! so does whatever is out of the ordinary: the end of the window or frame, underflow, a missing memo
//! slot, literals that are events, targets that are no plain containers, opcodes above the declared
//! protocol (2 at least). So nothing in here can fail, and nothing is told.

use crate::machine::arena::NodeKind;
use crate::machine::state::State;
use crate::machine::tagged::{self, FALSE, NONE, TRUE};
use crate::machine::{LOOK_EVERY, MIN_LITERAL};
use crate::opcode::Op;
use crate::value::{ConstKind, ContainerKind};

/// Memo indices that are not looked at more closely.
const NEAR: u64 = 4096;

/// Bytes taken from the front.
#[inline(always)]
fn take<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    let (head, tail) = bytes.split_first_chunk::<N>()?;
    Some((*head, tail))
}

impl State {
    /// Executes as many opcodes of `bytes`, which lie at the position, as it can. `quiet` says that
    /// nobody wants to know of changes to plain containers.
    #[inline]
    pub(crate) fn burst(&mut self, bytes: &[u8], quiet: bool) {
        let end = self.position.saturating_add(bytes.len() as u64);
        let mut rest = bytes;
        // The look at memory and budget stays with the caller.
        let mut room = LOOK_EVERY
            .saturating_sub(1)
            .saturating_sub(self.opcodes % LOOK_EVERY);
        let before = room;
        while room > 0 {
            let at = end.saturating_sub(rest.len() as u64);
            let Some(next) = self.ordinary(rest, at, quiet) else {
                break;
            };
            rest = next;
            room = room.saturating_sub(1);
        }
        self.opcodes = self.opcodes.wrapping_add(before.saturating_sub(room));
        self.position = end.saturating_sub(rest.len() as u64);
    }

    /// Executes one opcode and returns what follows it; `None`, with nothing changed, when it is not
    /// for here.
    #[inline(always)]
    fn ordinary<'s>(&mut self, bytes: &'s [u8], at: u64, quiet: bool) -> Option<&'s [u8]> {
        let (&byte, rest) = bytes.split_first()?;
        match byte {
            BINGET => {
                let ([slot], tail) = take(rest)?;
                self.fetch(u64::from(slot))?;
                Some(tail)
            }
            LONG_BINGET => {
                let (slot, tail) = take(rest)?;
                self.fetch(u64::from(u32::from_le_bytes(slot)))?;
                Some(tail)
            }
            MEMOIZE if self.allowed >= 4 => {
                self.store(self.memo.count())?;
                Some(rest)
            }
            BINPUT => {
                let ([slot], tail) = take(rest)?;
                self.store(u64::from(slot))?;
                Some(tail)
            }
            LONG_BINPUT => {
                let (slot, tail) = take(rest)?;
                self.store(u64::from(u32::from_le_bytes(slot)))?;
                Some(tail)
            }
            SHORT_BINUNICODE if self.allowed >= 4 => {
                let ([n], tail) = take(rest)?;
                self.text(u64::from(n), tail, at)
            }
            BINUNICODE => {
                let (n, tail) = take(rest)?;
                self.text(u64::from(u32::from_le_bytes(n)), tail, at)
            }
            BININT1 => {
                let ([n], tail) = take(rest)?;
                self.push(tagged::int(i64::from(n))?);
                Some(tail)
            }
            BININT2 => {
                let (n, tail) = take(rest)?;
                self.push(tagged::int(i64::from(u16::from_le_bytes(n)))?);
                Some(tail)
            }
            BININT => {
                let (n, tail) = take(rest)?;
                self.push(tagged::int(i64::from(i32::from_le_bytes(n)))?);
                Some(tail)
            }
            BINFLOAT => {
                let tail = rest.get(8..)?;
                self.push(tagged::constant(ConstKind::Float, at));
                Some(tail)
            }
            _ => self
                .ordinary_without_argument(byte, at, quiet)
                .then_some(rest),
        }
    }

    #[inline(always)]
    fn ordinary_without_argument(&mut self, byte: u8, at: u64, quiet: bool) -> bool {
        match byte {
            MARK => self.mark(),
            NONE_OP => self.push(NONE),
            NEWTRUE => self.push(TRUE),
            NEWFALSE => self.push(FALSE),
            EMPTY_TUPLE => self.make(ContainerKind::Tuple, at),
            EMPTY_LIST => self.make(ContainerKind::List, at),
            EMPTY_DICT => self.make(ContainerKind::Dict, at),
            TUPLE1 => return self.tuple(1, at),
            TUPLE2 => return self.tuple(2, at),
            TUPLE3 => return self.tuple(3, at),
            SETITEMS => return quiet && self.fill(ContainerKind::Dict),
            APPENDS => return quiet && self.fill(ContainerKind::List),
            _ => return false,
        }
        true
    }

    #[inline(always)]
    fn fetch(&mut self, slot: u64) -> Option<()> {
        let value = self.memo.get(slot)?;
        self.arena.mark_used(value);
        self.push(value);
        Some(())
    }

    #[inline(always)]
    fn store(&mut self, slot: u64) -> Option<()> {
        if slot > self.memo.count().saturating_add(NEAR) {
            return None;
        }
        let value = self.top().ok()?;
        self.remember(slot, value);
        Some(())
    }

    #[inline(always)]
    fn text<'s>(&mut self, n: u64, rest: &'s [u8], at: u64) -> Option<&'s [u8]> {
        if n >= MIN_LITERAL {
            return None;
        }
        let tail = rest.get(n as usize..)?;
        self.push(tagged::constant(ConstKind::Str, at));
        Some(tail)
    }

    #[inline(always)]
    fn make(&mut self, kind: ContainerKind, at: u64) {
        let value = self.arena.container(kind, at, &[]);
        self.push(value);
    }

    #[inline(always)]
    fn tuple(&mut self, n: usize, at: u64) -> bool {
        let Ok(from) = self.nth_from_top(n) else {
            return false;
        };
        self.collect(ContainerKind::Tuple, from, at);
        true
    }

    /// Replaces what lies from `from` on by one container.
    #[inline]
    pub(crate) fn collect(&mut self, kind: ContainerKind, from: usize, at: u64) {
        let items = self.stack.get(from..).unwrap_or_default();
        let value = self.arena.container(kind, at, items);
        self.stack.truncate(from);
        self.push(value);
    }

    /// Puts what lies above the mark into the plain container below it. False, with nothing changed,
    /// when there is none.
    #[inline(always)]
    fn fill(&mut self, kind: ContainerKind) -> bool {
        let Some(mark) = self.marks.last().copied() else {
            return false;
        };
        let from = mark as usize;
        let below = self.marks.len().checked_sub(2);
        let fence = below
            .and_then(|i| self.marks.get(i))
            .map_or(0, |m| *m as usize);
        let target = from.checked_sub(1).and_then(|i| self.stack.get(i)).copied();
        let Some(index) = target.and_then(tagged::node_index) else {
            return false;
        };
        let items = self.stack.get(from..).unwrap_or_default();
        let fits = from > fence
            && self
                .arena
                .node(index)
                .is_some_and(|n| n.kind == NodeKind::Container(kind))
            && (kind == ContainerKind::List || items.len().is_multiple_of(2));
        if !fits {
            return false;
        }
        self.arena.add(index, items);
        self.stack.truncate(from);
        self.marks.pop();
        self.fence = fence;
        true
    }
}

const MARK: u8 = Op::Mark.byte();
const NONE_OP: u8 = Op::None.byte();
const NEWTRUE: u8 = Op::NewTrue.byte();
const NEWFALSE: u8 = Op::NewFalse.byte();
const EMPTY_TUPLE: u8 = Op::EmptyTuple.byte();
const EMPTY_LIST: u8 = Op::EmptyList.byte();
const EMPTY_DICT: u8 = Op::EmptyDict.byte();
const TUPLE1: u8 = Op::Tuple1.byte();
const TUPLE2: u8 = Op::Tuple2.byte();
const TUPLE3: u8 = Op::Tuple3.byte();
const SETITEMS: u8 = Op::SetItems.byte();
const APPENDS: u8 = Op::Appends.byte();
const BINGET: u8 = Op::BinGet.byte();
const LONG_BINGET: u8 = Op::LongBinGet.byte();
const MEMOIZE: u8 = Op::Memoize.byte();
const BINPUT: u8 = Op::BinPut.byte();
const LONG_BINPUT: u8 = Op::LongBinPut.byte();
const SHORT_BINUNICODE: u8 = Op::ShortBinUnicode.byte();
const BINUNICODE: u8 = Op::BinUnicode.byte();
const BININT1: u8 = Op::BinInt1.byte();
const BININT2: u8 = Op::BinInt2.byte();
const BININT: u8 = Op::BinInt.byte();
const BINFLOAT: u8 = Op::BinFloat.byte();
