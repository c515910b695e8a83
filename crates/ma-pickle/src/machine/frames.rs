//! FRAME, and streams that read in two ways.
//!
//! `FRAME n` says that the next n bytes belong together. The Python unpickler reads them into a
//! buffer and raises when an opcode crosses its end. The C unpickler (3.8 to 3.13) reads them too, but
//! never checks: from a `BytesIO`, an opcode whose argument crosses the end makes it ask the file for
//! more, and **the bytes that were buffered and not yet read are dropped**. The argument then comes
//! from behind the frame, where a linear reader sees something else:
//!
//! ```text
//! 95 02 00 00 00 00 00 00 00         FRAME 2: covers "42 07"
//! 42 07 01 00 00 | 00 00 63 6f 73..  linear: BINBYTES of 263 bytes
//! 42 (07) 01 00 00 00 | 00 | 63 6f.. C from BytesIO: BINBYTES of 1 byte, then "cos\nsystem\n" runs
//! ```
//!
//! `pickle.loads(bytes)` reads linearly. No pickler writes such a stream. So both readings are run:
//! the linear one first, the others as forks of the state at the straddling opcode. Each read of the
//! C unpickler drops for itself: opcode, length and payload are three reads; the payload of BINBYTES
//! and BYTEARRAY8 is the one read that does not drop.

use ma_core::ScanError;

use crate::decode::{Arg, Opcode};
use crate::event::{Anomaly, Observer, StreamEnd};
use crate::machine::state::{NO_FRAME, Refused};
use crate::machine::{Exec, Machine};
use crate::opcode::{ArgKind, Op};

/// Forks of one stream.
const MAX_FORKS: u32 = 8;
/// Straddled opcodes whose second reading is looked for.
const MAX_LOOKS: u32 = 64;
/// Bytes that all forks together may copy.
const MAX_FORK_MEMORY: u64 = 64 << 20;
/// Payloads that picklers write outside of frames.
const LARGE_PAYLOAD: u64 = 4096;
/// Bytes outside of frames that are nothing: picklers do not frame tiny pickles.
const FEW_BYTES: u64 = 16;

/// The C unpickler's position and the end of its buffer.
struct Buffered {
    at: u64,
    end: u64,
    len: u64,
}

impl Buffered {
    /// `_Unpickler_Read`: where the next `n` bytes come from.
    fn read(&mut self, n: u64) -> Option<u64> {
        let linear = self.at.checked_add(n)?;
        let from = if linear <= self.end {
            self.at
        } else {
            self.end
        };
        self.at = from.checked_add(n)?;
        self.end = self.end.max(self.at);
        (self.at <= self.len).then_some(from)
    }

    /// `_Unpickler_ReadInto`: takes what is buffered first.
    fn read_into(&mut self, n: u64) -> Option<u64> {
        let from = self.at;
        self.at = from.checked_add(n)?;
        self.end = self.end.max(self.at);
        (self.at <= self.len).then_some(from)
    }
}

impl Machine<'_> {
    pub(crate) fn frame(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        let Arg::Int(n) = opcode.arg else {
            return Ok(());
        };
        let refused = Refused("FRAME length exceeds system's maximum");
        let n = u64::try_from(n).map_err(|_| refused)?;
        let end = opcode.end.saturating_add(n);
        let len = self.window.len();
        if end > len {
            self.tell(observer, Anomaly::LongFrame, opcode)?;
        }
        let outer = self.state.frame_end;
        self.state.watch_outside = false;
        if outer == NO_FRAME || opcode.end >= outer {
            self.state.frame_end = end;
            return Ok(());
        }
        self.tell(observer, Anomaly::NestedFrame, opcode)?;
        if end <= outer {
            // The bytes are buffered already: to the C unpickler the outer frame goes on.
            return Ok(());
        }
        self.tell(observer, Anomaly::FrameStraddle, opcode)?;
        let behind = outer.saturating_add(n);
        if behind <= len {
            self.fork(observer, opcode, |state| {
                state.position = outer;
                state.frame_end = behind;
            })?;
        }
        self.state.frame_end = end;
        Ok(())
    }

    pub(crate) fn watch_frames(&mut self) {
        self.state.watch_outside = self.state.proto >= 4
            && self.state.frame_end == NO_FRAME
            && !self.state.told(Anomaly::OutsideFrame);
    }

    #[cold]
    pub(crate) fn outside_frame(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        let size = opcode.end.saturating_sub(opcode.offset);
        if matches!(opcode.code, Op::Proto | Op::Frame | Op::Stop) || size >= LARGE_PAYLOAD {
            return Ok(());
        }
        self.state.outside = self.state.outside.saturating_add(size);
        if self.state.outside > FEW_BYTES {
            self.state.watch_outside = false;
            return self.tell(observer, Anomaly::OutsideFrame, opcode);
        }
        Ok(())
    }

    /// The open frame ends where the next opcode begins.
    #[cold]
    pub(crate) fn leave_frame(&mut self) {
        let behind = std::mem::take(&mut self.state.behind_frame);
        let position = self.state.position.saturating_add(behind);
        self.state.position = position.min(self.window.len());
        self.state.frame_end = NO_FRAME;
        self.watch_frames();
    }

    /// An opcode crosses the end of the open frame.
    #[cold]
    pub(crate) fn straddle(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec {
        self.tell(observer, Anomaly::FrameStraddle, opcode)?;
        if self.may_look_further() {
            let other = self.as_buffered(opcode.offset)?;
            self.fork_to(observer, opcode, other)?;
        } else {
            self.tell(observer, Anomaly::ForkSkipped, opcode)?;
        }
        self.state.frame_end = NO_FRAME;
        self.watch_frames();
        Ok(())
    }

    /// Finding the end of a line may take a walk through the whole file; a hostile stream must not
    /// have it taken a million times.
    fn may_look_further(&mut self) -> bool {
        self.straddles = self.straddles.saturating_add(1);
        self.forked < MAX_FORKS && self.straddles <= MAX_LOOKS
    }

    /// The data ends inside an opcode in the linear reading; the other one may go on.
    pub(crate) fn straddle_truncated(
        &mut self,
        observer: &mut dyn Observer,
        at: u64,
        end: StreamEnd,
    ) -> Exec<StreamEnd> {
        if self.state.frame_end >= self.window.len() {
            return Ok(end);
        }
        if !self.may_look_further() {
            let cut = Opcode {
                offset: at,
                code: Op::Frame,
                arg: Arg::None,
                end: self.window.len(),
            };
            self.tell(observer, Anomaly::ForkSkipped, &cut)?;
            return Ok(end);
        }
        let Some(other) = self.as_buffered(at)? else {
            return Ok(end);
        };
        let opcode = Opcode {
            end: self.window.len(),
            ..other
        };
        self.tell(observer, Anomaly::FrameStraddle, &opcode)?;
        self.fork_to(observer, &opcode, Some(other))?;
        Ok(end)
    }

    fn fork_to(
        &mut self,
        observer: &mut dyn Observer,
        linear: &Opcode,
        other: Option<Opcode>,
    ) -> Exec {
        match other {
            Some(other) if other != *linear => self.fork(observer, linear, |state| {
                state.position = other.offset;
                state.frame_end = NO_FRAME;
                state.pending = Some(other);
            }),
            _ => Ok(()),
        }
    }

    fn fork(
        &mut self,
        observer: &mut dyn Observer,
        opcode: &Opcode,
        change: impl FnOnce(&mut crate::machine::state::State),
    ) -> Exec {
        let held: u64 = self.forks.iter().map(|(_, s)| s.memory()).sum();
        let more = held.saturating_add(self.state.memory());
        if self.forked >= MAX_FORKS || more > MAX_FORK_MEMORY {
            return self.tell(observer, Anomaly::ForkSkipped, opcode);
        }
        self.forked = self.forked.saturating_add(1);
        let mut state = self.state.clone();
        state.behind_frame = 0;
        change(&mut state);
        self.forks.push((opcode.offset, state));
        Ok(())
    }

    /// The opcode at `at` as the C unpickler reads it when its buffer ends with the open frame.
    /// `None` when it refuses.
    fn as_buffered(&mut self, at: u64) -> Result<Option<Opcode>, ScanError> {
        let first = self.window.copy(at, at.saturating_add(1), 1);
        let Some(code) = first.and_then(|b| b.first().copied().and_then(Op::from_byte)) else {
            return Ok(None);
        };
        let mut from = Buffered {
            at: at.saturating_add(1),
            end: self.state.frame_end,
            len: self.window.len(),
        };
        let kind = code.arg_kind();
        let arg = match kind {
            ArgKind::None => Some(Arg::None),
            ArgKind::U1 | ArgKind::U2 | ArgKind::U4 | ArgKind::I4 | ArgKind::U8 | ArgKind::F8 => {
                self.buffered_number(&mut from, kind).map(Arg::Int)
            }
            ArgKind::Counted1 | ArgKind::Counted4 | ArgKind::Counted4Signed | ArgKind::Counted8 => {
                self.buffered_payload(&mut from, code)
            }
            ArgKind::Line => self
                .buffered_line(&mut from)?
                .map(|(start, end)| Arg::Line(start, end)),
            ArgKind::Pair => match self.buffered_line(&mut from)? {
                Some(first) => self
                    .buffered_line(&mut from)?
                    .map(|second| Arg::Lines(first, second)),
                None => None,
            },
        };
        Ok(arg.map(|arg| Opcode {
            offset: at,
            code,
            arg,
            end: from.at,
        }))
    }

    fn buffered_number(&self, from: &mut Buffered, kind: ArgKind) -> Option<i64> {
        let n = match kind {
            ArgKind::U1 | ArgKind::Counted1 => 1,
            ArgKind::U2 => 2,
            ArgKind::U8 | ArgKind::F8 | ArgKind::Counted8 => 8,
            _ => 4,
        };
        let start = from.read(n)?;
        let mut bytes = self.window.copy(start, start.saturating_add(n), 8)?;
        let signed = matches!(kind, ArgKind::I4 | ArgKind::Counted4Signed);
        let negative = signed && bytes.last().is_some_and(|b| *b >= 0x80);
        if kind == ArgKind::F8 {
            bytes.reverse();
        }
        bytes.resize(8, if negative { 0xff } else { 0 });
        bytes.first_chunk().map(|b| i64::from_le_bytes(*b))
    }

    fn buffered_payload(&self, from: &mut Buffered, code: Op) -> Option<Arg> {
        let n = self.buffered_number(from, code.arg_kind())?;
        let n = u64::try_from(n).ok()?;
        let whole = matches!(
            code,
            Op::BinBytes | Op::ShortBinBytes | Op::BinBytes8 | Op::ByteArray8
        );
        let start = if whole {
            from.read_into(n)?
        } else {
            from.read(n)?
        };
        Some(Arg::Payload(start, start.saturating_add(n)))
    }

    fn buffered_line(&mut self, from: &mut Buffered) -> Result<Option<(u64, u64)>, ScanError> {
        let inside = self.window.line_feed(from.at, from.end)?;
        let (start, found) = match inside {
            Some(end) => (from.at, Some(end)),
            None => (from.end, self.window.line_feed(from.end, from.len)?),
        };
        let Some(end) = found else {
            return Ok(None);
        };
        from.at = end.saturating_add(1);
        from.end = from.end.max(from.at);
        Ok(Some((start, end)))
    }

    /// Where a Python loader that reads raw data behind the opcode finds it: its file stands behind
    /// the frame that it has read.
    pub(crate) fn raw_position(&self, opcode: &Opcode) -> u64 {
        let state = &self.state;
        if state.frame_end != NO_FRAME && opcode.end < state.frame_end {
            let behind = state.frame_end.saturating_add(state.behind_frame);
            behind.min(self.window.len())
        } else {
            opcode.end
        }
    }

    /// Goes on when the raw data, or the nested pickle, ended at `offset`.
    pub(crate) fn resume(&mut self, offset: u64) {
        let offset = offset.min(self.window.len());
        let state = &mut self.state;
        if state.frame_end != NO_FRAME && state.position < state.frame_end {
            state.behind_frame = offset.saturating_sub(state.frame_end);
        } else {
            state.position = offset;
        }
    }
}
