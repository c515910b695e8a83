//! The pickle machine, run on abstract values.
//!
//! It does what the C unpickler of CPython 3.13 (`Modules/_pickle.c`) does with its stack, marks and
//! memo, exactly, and where the Python one (`Lib/pickle.py`) goes on after the C one refuses, it goes
//! on too and tells an [`crate::Anomaly`]. Nothing is imported or called: an import gives a value
//! that stands for the imported object, a call one that stands for its result, and each is an
//! [`Event`] at the moment when a loader would do it. What comes later (POP, an error, the end of the
//! data) undoes nothing.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `tagged` | the eight bytes of a value |
//! | `arena`, `memo`, `state` | what the machine remembers |
//! | `demote` | how it forgets |
//! | `exec`, `effects`, `burst` | what opcodes do |
//! | `frames` | FRAME, and streams that read in two ways |
//! | `globals` | imported names |
//! | `read` | values read back from the file |
//!
//! **Cost.** Linear in the opcodes; payloads are skipped. **Memory** is bounded by
//! [`DEFAULT_MEMORY`] whatever the file holds; the memo (8 bytes a slot) is most of it.
//! **Left out**: hashability of keys, the encoding of text, and whether an import would succeed; where
//! a loader would stop for one of these, the machine goes on.

mod arena;
mod burst;
mod demote;
mod effects;
mod exec;
mod frames;
mod globals;
mod memo;
mod read;
mod state;
pub(crate) mod tagged;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use ma_core::{Blob, Budget, LimitHit, LimitKind, ScanError};

use crate::decode::{CHARGE_EVERY, Next, Opcode, decode, next_opcode};
use crate::event::{Anomaly, Event, Observer, Pause, StreamEnd};
use crate::machine::globals::Globals;
use crate::machine::state::{Refused, State};
use crate::value::{Global, GlobalId, Value};
use crate::window::Window;

/// Parts of a container that are kept.
pub const MAX_CHILDREN: usize = 4096;
/// Length in bytes from which a literal is an event.
pub const MIN_LITERAL: u64 = 16;
/// Bytes that a machine may hold.
pub const DEFAULT_MEMORY: u64 = 256 << 20;
/// Marks or levels that are an anomaly.
pub const DEEP: u64 = 100_000;
/// Nodes of a structure that are an anomaly when they are also [`EXPANSION_RATIO`] times the bytes.
pub const EXPANDED: u64 = 100_000_000;
/// See [`EXPANDED`].
pub const EXPANSION_RATIO: u64 = 1000;
/// Opcodes between two looks at the machine's own memory.
const LOOK_EVERY: u64 = 1024;

/// Counts of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Opcodes executed, in all readings.
    pub opcodes: u64,
    /// Distinct memo slots in use.
    pub memo_slots: u64,
    /// The deepest nesting of containers, calls or marks.
    pub max_depth: u64,
    /// Nodes of the largest structure when shared parts are counted each time (saturating).
    pub expanded: u64,
}

/// Why executing stopped.
pub(crate) enum Halt {
    Refused(Refused),
    End(StreamEnd),
    Failed(ScanError),
    Nested(u64),
}

impl From<Refused> for Box<Halt> {
    fn from(refused: Refused) -> Self {
        Self::new(Halt::Refused(refused))
    }
}

impl From<ScanError> for Box<Halt> {
    fn from(error: ScanError) -> Self {
        Self::new(Halt::Failed(error))
    }
}

pub(crate) type Exec<T = ()> = Result<T, Box<Halt>>;

/// One pickle stream being run.
pub struct Machine<'b> {
    pub(crate) window: Window<'b>,
    pub(crate) start: u64,
    pub(crate) state: State,
    pub(crate) globals: Globals,
    /// Readings that still have to be followed, and where they part.
    forks: Vec<(u64, State)>,
    forked: u32,
    /// Straddled opcodes whose second reading was looked for.
    straddles: u32,
    ends: Vec<StreamEnd>,
    opcodes: u64,
    max_marks: u64,
    expanded: u64,
    max_depth: u64,
    memory: u64,
    uncharged: u64,
}

impl<'b> Machine<'b> {
    /// A machine for the pickle that begins at `start`; offsets are those of the blob.
    #[must_use]
    pub fn new(blob: Blob, start: u64, budget: &'b Budget) -> Self {
        Self {
            window: Window::new(blob, budget),
            start,
            state: State::new(start),
            globals: Globals::new(),
            forks: Vec::new(),
            forked: 0,
            straddles: 0,
            ends: Vec::new(),
            opcodes: 0,
            max_marks: 0,
            expanded: 0,
            max_depth: 0,
            memory: DEFAULT_MEMORY,
            uncharged: 0,
        }
    }

    /// Sets the bytes that the machine may hold; beyond them the stream ends as
    /// [`StreamEnd::Limit`].
    pub fn set_memory(&mut self, bytes: u64) {
        self.memory = bytes;
    }

    /// Runs to the end of the stream, or to a nested pickle. A stream that reads in two ways (see
    /// [`Anomaly::FrameStraddle`]) is run in both; the end of the first reading is returned, see
    /// [`Machine::ends`] for the others.
    ///
    /// # Errors
    /// When the bytes can't be read or the budget is used up. Never for malformed input.
    pub fn run(&mut self, observer: &mut dyn Observer) -> Result<Pause, ScanError> {
        loop {
            let end = match self.reading(observer) {
                Ok(end) => end,
                Err(halt) => match *halt {
                    Halt::Refused(Refused(what)) => StreamEnd::Error {
                        at: self.state.position,
                        what,
                    },
                    Halt::End(end) => end,
                    Halt::Failed(error) => return Err(error),
                    Halt::Nested(offset) => return Ok(Pause::NestedPickle { offset }),
                },
            };
            self.finish_reading(observer);
            let stopped = end == StreamEnd::Stopped;
            self.ends.push(end);
            match self.forks.pop() {
                Some((offset, state)) if !stopped => {
                    self.switch_to(state);
                    if self.emit(observer, &Event::Fork { offset }).is_err() {
                        self.ends.push(StreamEnd::Stopped);
                        break;
                    }
                }
                _ => break,
            }
        }
        self.charge(0)?;
        let end = self.ends.first().cloned();
        Ok(Pause::Ended(end.unwrap_or(StreamEnd::Stopped)))
    }

    /// How each reading of the stream ended, the linear one first.
    #[must_use]
    pub fn ends(&self) -> &[StreamEnd] {
        &self.ends
    }

    fn reading(&mut self, observer: &mut dyn Observer) -> Exec<StreamEnd> {
        if let Some(opcode) = self.state.pending.take() {
            self.state.splicing = true;
            let end = self.perform(observer, &opcode)?;
            self.state.splicing = false;
            if let Some(end) = end {
                return Ok(end);
            }
        }
        let quiet = !observer.wants_inert();
        loop {
            if self.state.position >= self.state.frame_end {
                self.leave_frame();
            }
            if !self.state.watch_outside && self.state.allowed >= 2 {
                self.burst(quiet);
                if self.state.position >= self.state.frame_end {
                    self.leave_frame();
                }
            }
            let at = self.state.position;
            self.count()?;
            // An opcode that lies whole in the window.
            let opcode = match decode(self.window.slice(at), at) {
                Ok(opcode) if opcode.end <= self.window.len() => opcode,
                _ => match self.slow_opcode(observer, at)? {
                    Ok(opcode) => opcode,
                    Err(end) => return self.straddle_truncated(observer, at, end),
                },
            };
            if opcode.end > self.state.frame_end {
                self.straddle(observer, &opcode)?;
            }
            if let Some(end) = self.perform(observer, &opcode)? {
                return Ok(end);
            }
        }
    }

    /// Runs through ordinary opcodes to the end of the window or frame at most.
    #[inline]
    fn burst(&mut self, quiet: bool) {
        let at = self.state.position;
        let bytes = self.window.slice(at);
        let in_frame = usize::try_from(self.state.frame_end.saturating_sub(at));
        let bytes = in_frame.ok().and_then(|n| bytes.get(..n)).unwrap_or(bytes);
        self.state.burst(bytes, quiet);
    }

    /// Executes one opcode and moves on. Returns the end of the stream after STOP.
    #[inline]
    fn perform(&mut self, observer: &mut dyn Observer, opcode: &Opcode) -> Exec<Option<StreamEnd>> {
        if opcode.code.proto() > self.state.allowed {
            self.above_protocol(observer, opcode)?;
        }
        if self.state.watch_outside {
            self.outside_frame(observer, opcode)?;
        }
        let stop = self.execute(observer, opcode)?;
        if stop {
            self.state.position = opcode.end;
            return Ok(Some(StreamEnd::Stop { end: opcode.end }));
        }
        // BUILD may have skipped raw data already.
        if self.state.position == opcode.offset || opcode.code != crate::opcode::Op::Build {
            self.state.position = opcode.end;
        }
        Ok(None)
    }

    /// An opcode that is not whole in the window, or none.
    #[cold]
    fn slow_opcode(
        &mut self,
        observer: &mut dyn Observer,
        at: u64,
    ) -> Exec<Result<Opcode, StreamEnd>> {
        let next = next_opcode(&mut self.window, at)?;
        Ok(match next {
            Next::Opcode(opcode, unterminated) => {
                if unterminated {
                    self.tell(observer, Anomaly::Unterminated, &opcode)?;
                }
                Ok(opcode)
            }
            Next::Truncated => Err(StreamEnd::Truncated { at }),
            Next::Invalid(byte) => Err(StreamEnd::Invalid { at, byte }),
            Next::Bad(what) => Err(StreamEnd::Error { at, what }),
        })
    }

    #[inline]
    fn count(&mut self) -> Exec {
        self.state.opcodes = self.state.opcodes.wrapping_add(1);
        if self.state.opcodes.is_multiple_of(LOOK_EVERY) {
            return self.look_at_memory();
        }
        Ok(())
    }

    #[cold]
    fn look_at_memory(&mut self) -> Exec {
        self.uncharged = self.uncharged.saturating_add(LOOK_EVERY);
        self.opcodes = self.opcodes.saturating_add(LOOK_EVERY);
        if self.uncharged >= CHARGE_EVERY {
            let n = std::mem::take(&mut self.uncharged);
            self.charge(n)?;
        }
        self.max_marks = self.max_marks.max(self.state.marks.len() as u64);
        if demote::due(&self.state) {
            demote::pass(&mut self.state);
            self.renew_computed();
        }
        let held = self.state.memory().saturating_add(self.globals.memory());
        if held > self.memory {
            return Err(Box::new(Halt::End(StreamEnd::Limit {
                at: self.state.position,
                hit: LimitHit {
                    kind: LimitKind::Memory,
                    limit: self.memory,
                },
            })));
        }
        Ok(())
    }

    fn charge(&mut self, steps: u64) -> Result<(), ScanError> {
        let left = std::mem::take(&mut self.uncharged);
        self.window
            .budget()
            .charge_steps(steps.saturating_add(left))
            .map_err(ScanError::from)
    }

    fn renew_computed(&mut self) {
        for (id, module, name) in &self.state.computed {
            self.globals.set_values(*id, *module, *name);
        }
    }

    fn switch_to(&mut self, state: State) {
        // Values of the reading that ended mean nothing in the next one.
        for (id, ..) in std::mem::take(&mut self.state.computed) {
            self.globals
                .set_values(id, tagged::UNKNOWN, tagged::UNKNOWN);
        }
        self.state = state;
        self.renew_computed();
    }

    /// What can only be said of a whole reading.
    fn finish_reading(&mut self, observer: &mut dyn Observer) {
        let rest = self.state.opcodes % LOOK_EVERY;
        self.opcodes = self.opcodes.saturating_add(rest);
        self.uncharged = self.uncharged.saturating_add(rest);
        self.max_marks = self.max_marks.max(self.state.marks.len() as u64);
        let depth = u64::from(self.state.arena.max_depth).max(self.max_marks);
        self.max_depth = self.max_depth.max(depth);
        self.expanded = self.expanded.max(self.state.arena.max_size);
        let at = self.state.position;
        let size = at
            .saturating_sub(self.start)
            .saturating_mul(EXPANSION_RATIO);
        let kinds = [
            (depth > DEEP, Anomaly::DepthBomb),
            (
                self.expanded > EXPANDED && self.expanded > size,
                Anomaly::ExpansionBomb,
            ),
        ];
        for (holds, kind) in kinds {
            if holds && self.state.may_tell(kind) {
                let range = (self.start, at);
                // The reading is over whatever the observer says.
                let _ = observer.event(
                    self,
                    &Event::Anomaly {
                        kind,
                        offset: at,
                        range,
                    },
                );
            }
        }
    }

    #[inline]
    pub(crate) fn emit(&self, observer: &mut dyn Observer, event: &Event<'_>) -> Exec {
        match observer.event(self, event) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Box::new(Halt::End(StreamEnd::Stopped))),
        }
    }

    #[cold]
    pub(crate) fn tell(
        &mut self,
        observer: &mut dyn Observer,
        kind: Anomaly,
        opcode: &Opcode,
    ) -> Exec {
        if !self.state.may_tell(kind) {
            return Ok(());
        }
        let event = Event::Anomaly {
            kind,
            offset: opcode.offset,
            range: (opcode.offset, opcode.end),
        };
        self.emit(observer, &event)
    }

    /// Goes on at `offset` after [`Pause::NestedPickle`].
    pub fn resume_at(&mut self, offset: u64) {
        self.resume(offset);
    }

    /// Makes EXT opcodes with `code` give `value`, in the reading that runs now.
    pub fn set_extension(&mut self, code: i64, value: Value) {
        self.state.extensions.insert(code, value);
    }

    /// An imported name; an empty one for a number of another machine.
    #[must_use]
    pub fn global(&self, id: GlobalId) -> &Global {
        self.globals.get(id)
    }

    /// All names imported so far; the position is the number.
    #[must_use]
    pub fn globals(&self) -> &[Global] {
        self.globals.all()
    }

    /// The protocol in force now.
    #[must_use]
    pub fn proto(&self) -> u8 {
        self.state.proto
    }

    /// The offset of the opcode that is being executed, or of the next one.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.state.position
    }

    /// The blob that the stream lies in.
    #[must_use]
    pub fn blob(&self) -> &Blob {
        self.window.blob()
    }

    /// Counts so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let marks = self.max_marks.max(self.state.marks.len() as u64);
        let depth = u64::from(self.state.arena.max_depth);
        Stats {
            opcodes: self.opcodes,
            memo_slots: self.state.memo.count(),
            max_depth: self.max_depth.max(marks).max(depth),
            expanded: self.expanded.max(self.state.arena.max_size),
        }
    }
}
