//! What opcodes do to stack and memo. Imports, calls and changes are in `effects`.

use crate::decode::{Arg, Opcode};
use crate::event::{Anomaly, Event, Observer};
use crate::literal;
use crate::machine::state::Refused;
use crate::machine::tagged::{self, FALSE, NONE, TRUE};
use crate::machine::{Exec, Halt, MIN_LITERAL, Machine};
use crate::opcode::{HIGHEST_PROTOCOL, Op};
use crate::value::{ConstKind, ContainerKind, Value};

/// Numbers in text longer than this are read back only when asked for.
const MAX_NUMBER: usize = 8 * 1024;
/// A memo index from which the C unpickler allocates gigabytes.
const BOMB_INDEX: u64 = 1 << 27;
/// Holes below this are nothing.
const SMALL_HOLE: u64 = 4096;
/// An index far beyond the number of opcodes is a bomb from here on: 16 MiB.
const ODD_INDEX: u64 = 1 << 20;

/// Digits of a number from which on reading it as text takes seconds.
const MANY_DIGITS: u64 = 100_000;
/// As many digits in binary.
const MANY_BYTES: u64 = 41_525;

impl Machine<'_> {
    /// Executes one opcode; true after STOP.
    #[inline]
    pub(crate) fn execute(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec<bool> {
        let at = opcode.offset;
        match opcode.code {
            Op::Mark => self.state.mark(),
            Op::None => self.state.push(NONE),
            Op::NewTrue => self.state.push(TRUE),
            Op::NewFalse => self.state.push(FALSE),
            Op::BinInt | Op::BinInt1 | Op::BinInt2 => {
                self.state.push(small_int(&opcode.arg));
            }
            Op::BinFloat => self.state.push(tagged::constant(ConstKind::Float, at)),
            Op::BinUnicode | Op::ShortBinUnicode | Op::BinUnicode8 => {
                self.payload(observer, ConstKind::Str, opcode)?;
            }
            Op::BinString | Op::ShortBinString => {
                self.payload(observer, ConstKind::ByteStr, opcode)?;
            }
            Op::BinBytes | Op::ShortBinBytes | Op::BinBytes8 => {
                self.payload(observer, ConstKind::Bytes, opcode)?;
            }
            Op::ByteArray8 => self.payload(observer, ConstKind::ByteArray, opcode)?,
            Op::EmptyTuple => self.empty(ContainerKind::Tuple, at),
            Op::EmptyList => self.empty(ContainerKind::List, at),
            Op::EmptyDict => self.empty(ContainerKind::Dict, at),
            Op::EmptySet => self.empty(ContainerKind::Set, at),
            Op::Tuple1 => self.top_tuple(1, at)?,
            Op::Tuple2 => self.top_tuple(2, at)?,
            Op::Tuple3 => self.top_tuple(3, at)?,
            Op::Tuple => self.marked(ContainerKind::Tuple, at)?,
            Op::List => self.marked(ContainerKind::List, at)?,
            Op::Dict => self.marked(ContainerKind::Dict, at)?,
            Op::FrozenSet => self.marked(ContainerKind::FrozenSet, at)?,
            Op::BinGet | Op::LongBinGet => {
                let index = small(&opcode.arg);
                self.recall(index)?;
            }
            Op::BinPut | Op::LongBinPut => {
                let index = small(&opcode.arg);
                self.put(observer, index, opcode)?;
            }
            Op::Memoize => {
                let value = self.state.top()?;
                let slot = self.state.memo.count();
                self.state.remember(slot, value);
            }
            Op::Dup => {
                let value = self.state.top()?;
                self.state.push(value);
            }
            Op::Pop => self.state.pop_any()?,
            Op::PopMark => {
                let mark = self.state.pop_mark()?;
                self.state.stack.truncate(mark);
            }
            Op::Stop => {
                self.stop(observer, opcode)?;
                return Ok(true);
            }
            _ => self.rare(observer, opcode)?,
        }
        Ok(false)
    }

    fn rare(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        match opcode.code {
            Op::Proto => self.proto_opcode(observer, opcode),
            Op::Frame => self.frame(observer, opcode),
            Op::Int | Op::Long | Op::Float => self.text_number(observer, opcode),
            Op::Long1 | Op::Long4 => self.counted_long(observer, opcode),
            Op::String => self.quoted(observer, opcode),
            Op::Unicode => self.text(observer, ConstKind::Str, opcode),
            Op::Get => {
                let index = self.text_index(observer, opcode)?;
                // A negative index is never found.
                self.recall(u64::try_from(index).unwrap_or(u64::MAX))
            }
            Op::Put => {
                self.state.top()?;
                let index = self.text_index(observer, opcode)?;
                let index = u64::try_from(index).map_err(|_| Refused("negative PUT argument"))?;
                self.put(observer, index, opcode)
            }
            Op::NextBuffer => {
                self.tell(observer, Anomaly::BufferInFile, opcode)?;
                let offset = opcode.offset;
                self.state.push(tagged::BUFFER);
                self.emit(observer, &Event::Buffer { offset })
            }
            Op::ReadonlyBuffer => {
                // Any bytes-like object will do; only a buffer changes, and not in a way that matters.
                self.state.top()?;
                self.tell(observer, Anomaly::BufferInFile, opcode)
            }
            _ => self.effect(observer, opcode),
        }
    }

    fn stop(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        let value = self.state.pop()?;
        let arena = &mut self.state.arena;
        arena.max_size = arena.max_size.max(arena.recount(value));
        if !self.state.stack.is_empty() || !self.state.marks.is_empty() {
            self.tell(observer, Anomaly::UnusedStack, opcode)?;
        }
        let offset = opcode.offset;
        self.emit(observer, &Event::Stop { value, offset })
    }

    #[inline]
    fn empty(&mut self, kind: ContainerKind, at: u64) {
        let value = self.state.arena.container(kind, at, &[]);
        self.state.push(value);
    }

    #[inline]
    fn top_tuple(&mut self, n: usize, at: u64) -> Exec {
        let from = self.state.nth_from_top(n)?;
        self.collect(ContainerKind::Tuple, from, at);
        Ok(())
    }

    fn marked(&mut self, kind: ContainerKind, at: u64) -> Exec {
        let from = self.state.pop_mark()?;
        let n = self.state.stack.len().saturating_sub(from);
        if kind == ContainerKind::Dict && !n.is_multiple_of(2) {
            return Err(Refused("odd number of items for DICT").into());
        }
        self.collect(kind, from, at);
        Ok(())
    }

    /// Replaces what lies from `from` on by one container.
    #[inline]
    pub(crate) fn collect(&mut self, kind: ContainerKind, from: usize, at: u64) {
        self.state.collect(kind, from, at);
    }

    #[inline]
    fn recall(&mut self, index: u64) -> Exec {
        let Some(value) = self.state.memo.get(index) else {
            return Err(Refused("Memo value not found").into());
        };
        self.state.arena.mark_used(value);
        self.state.push(value);
        Ok(())
    }

    #[inline]
    fn put(&mut self, observer: &mut dyn Observer, index: u64, opcode: &Opcode) -> Exec {
        let value = self.state.top()?;
        if index > self.state.memo.count().saturating_add(SMALL_HOLE) {
            self.odd_index(observer, index, opcode)?;
        }
        self.state.remember(index, value);
        Ok(())
    }

    #[cold]
    fn odd_index(&mut self, observer: &mut dyn Observer, index: u64, opcode: &Opcode) -> Exec {
        let opcodes = self.state.opcodes.saturating_mul(64).max(ODD_INDEX);
        let slots = self.state.memo.count().saturating_add(1).saturating_mul(64);
        if index > BOMB_INDEX || index > opcodes {
            self.tell(observer, Anomaly::MemoBomb, opcode)?;
        }
        if index >= slots.max(SMALL_HOLE) {
            self.tell(observer, Anomaly::MemoHole, opcode)?;
        }
        Ok(())
    }

    /// A constant whose payload is counted.
    #[inline]
    fn payload(&mut self, observer: &mut dyn Observer, kind: ConstKind, opcode: &Opcode) -> Exec {
        let (Arg::Payload(start, end) | Arg::Line(start, end)) = opcode.arg else {
            return Ok(());
        };
        let value = self.constant_value(kind, opcode);
        self.state.push(value);
        if end.saturating_sub(start) >= MIN_LITERAL {
            let range = (start, end);
            self.emit(observer, &Event::Literal { value, range })?;
        }
        Ok(())
    }

    /// STRING: loaders refuse it when it is not quoted.
    fn quoted(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        let Arg::Line(start, end) = opcode.arg else {
            return Ok(());
        };
        let last = end.saturating_sub(1);
        let first = self.bytes(start, start.saturating_add(1), 1)?;
        let quotes = end.saturating_sub(start) >= 2
            && matches!(first.as_slice(), b"'" | b"\"")
            && self.bytes(last, end, 1)? == first;
        if !quotes {
            return Err(Refused("the STRING opcode argument must be quoted").into());
        }
        self.text(observer, ConstKind::ByteStr, opcode)
    }

    fn text(&mut self, observer: &mut dyn Observer, kind: ConstKind, opcode: &Opcode) -> Exec {
        self.payload(observer, kind, opcode)
    }

    /// Bytes of the file, for arguments that must be understood now.
    pub(crate) fn bytes(&self, start: u64, end: u64, max: usize) -> Exec<Vec<u8>> {
        self.window.copy(start, end, max).ok_or_else(|| {
            Box::new(Halt::Failed(ma_core::ScanError::Io(std::io::Error::other(
                "the bytes could not be read a second time",
            ))))
        })
    }

    fn text_number(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        let Arg::Line(start, end) = opcode.arg else {
            return Ok(());
        };
        let line = self.bytes(start, end, MAX_NUMBER)?;
        if line.is_empty() {
            return Err(Refused("pickle data was truncated").into());
        }
        if opcode.code == Op::Float {
            let refused = Refused("could not convert string to float");
            let float = literal::float(&line).ok_or(refused)?;
            if float.nul {
                self.tell(observer, Anomaly::NulInNumber, opcode)?;
            }
            if float.only_python {
                self.tell(observer, Anomaly::OnlyPython, opcode)?;
            }
            let value = self.constant_value(ConstKind::Float, opcode);
            self.state.push(value);
            return Ok(());
        }
        if opcode.end.saturating_sub(opcode.offset) > MANY_DIGITS {
            self.tell(observer, Anomaly::HugeNumber, opcode)?;
        }
        let number = if line.len() >= MAX_NUMBER {
            None
        } else if opcode.code == Op::Int {
            literal::int(&line)
        } else {
            literal::long(&line)
        };
        let Some(number) = number else {
            if line.len() < MAX_NUMBER {
                return Err(Refused("could not convert string to int").into());
            }
            let value = self.constant_value(ConstKind::Int, opcode);
            self.state.push(value);
            return Ok(());
        };
        self.tell_number(observer, number, opcode)?;
        let value = match number.value {
            Some(n) if number.is_bool => {
                if n == 1 {
                    TRUE
                } else {
                    FALSE
                }
            }
            Some(n) => tagged::int(n).unwrap_or(self.constant_value(ConstKind::Int, opcode)),
            None => self.constant_value(ConstKind::Int, opcode),
        };
        self.state.push(value);
        Ok(())
    }

    fn tell_number(
        &mut self,
        observer: &mut dyn Observer,
        number: literal::Number,
        opcode: &Opcode,
    ) -> Exec {
        if number.nul {
            self.tell(observer, Anomaly::NulInNumber, opcode)?;
        }
        if number.odd {
            self.tell(observer, Anomaly::OddNumber, opcode)?;
        }
        Ok(())
    }

    /// The argument of GET and PUT.
    fn text_index(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec<i64> {
        let Arg::Line(start, end) = opcode.arg else {
            return Ok(0);
        };
        let line = self.bytes(start, end, MAX_NUMBER)?;
        let refused = Refused("invalid literal for int() with base 10");
        let number = literal::index(&line).ok_or(refused)?;
        self.tell_number(observer, number, opcode)?;
        let too_large = Refused("Python int too large to convert to C ssize_t");
        Ok(number.value.ok_or(too_large)?)
    }

    fn counted_long(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        let Arg::Payload(start, end) = opcode.arg else {
            return Ok(());
        };
        if end.saturating_sub(start) > MANY_BYTES {
            self.tell(observer, Anomaly::HugeNumber, opcode)?;
        }
        let mut value = self.constant_value(ConstKind::Int, opcode);
        if end.saturating_sub(start) <= 8 {
            let bytes = self.bytes(start, end, 8)?;
            let small = literal::twos_complement(&bytes).and_then(tagged::int);
            value = small.unwrap_or(value);
        }
        self.state.push(value);
        Ok(())
    }

    fn proto_opcode(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        let declared = u8::try_from(small(&opcode.arg)).unwrap_or(u8::MAX);
        if declared > HIGHEST_PROTOCOL {
            self.tell(observer, Anomaly::BadProto, opcode)?;
            return Err(Refused("unsupported pickle protocol").into());
        }
        if self.state.proto_seen {
            self.tell(observer, Anomaly::SecondProto, opcode)?;
        } else if opcode.offset != self.start {
            self.tell(observer, Anomaly::LateProto, opcode)?;
        }
        self.state.proto_seen = true;
        self.state.proto = declared;
        if !self.state.told(Anomaly::AboveProtocol) {
            self.state.allowed = declared.max(1);
        }
        self.watch_frames();
        Ok(())
    }

    #[cold]
    pub(crate) fn above_protocol(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        if opcode.code == Op::Proto {
            return Ok(());
        }
        // Once is enough.
        self.state.allowed = HIGHEST_PROTOCOL;
        self.tell(observer, Anomaly::AboveProtocol, opcode)
    }
}

#[inline]
fn small(arg: &Arg) -> u64 {
    match arg {
        Arg::Int(n) => n.cast_unsigned(),
        _ => 0,
    }
}

#[inline]
fn small_int(arg: &Arg) -> Value {
    match arg {
        Arg::Int(n) => tagged::int(*n).unwrap_or(tagged::UNKNOWN),
        _ => tagged::UNKNOWN,
    }
}
