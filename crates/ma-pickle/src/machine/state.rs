//! The state of one reading of a stream: stack, marks, memo.
//!
//! As in the C unpickler there is one stack, a list of mark positions, and a *fence*: nothing below
//! the last mark may be popped. The Python unpickler keeps a stack of stacks, to the same effect.

use std::collections::HashMap;

use crate::decode::Opcode;
use crate::event::Anomaly;
use crate::machine::arena::Arena;
use crate::machine::memo::Memo;
use crate::machine::tagged;
use crate::value::{GlobalId, Value};

/// Why all loaders refuse to go on, in the words of the C unpickler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) &'static str);

const UNDERFLOW: Refused = Refused("unpickling stack underflow");
const UNEXPECTED_MARK: Refused = Refused("unexpected MARK found");
const NO_MARK: Refused = Refused("could not find MARK");

/// No frame is open.
pub(crate) const NO_FRAME: u64 = u64::MAX;

/// All that a fork must copy.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) position: u64,
    pub(crate) stack: Vec<Value>,
    /// Lengths of the stack at each open mark.
    pub(crate) marks: Vec<u32>,
    /// The last of `marks`, or 0.
    pub(crate) fence: usize,
    pub(crate) memo: Memo,
    /// Memo slots that hold young nodes.
    pub(crate) young_slots: Vec<u64>,
    pub(crate) arena: Arena,
    /// Globals of this reading whose names are computed: module and name.
    pub(crate) computed: Vec<(GlobalId, Value, Value)>,
    pub(crate) extensions: HashMap<i64, Value>,
    pub(crate) proto: u8,
    /// Opcodes of a higher protocol are an anomaly.
    pub(crate) allowed: u8,
    pub(crate) proto_seen: bool,
    /// Where the open frame ends, or [`NO_FRAME`].
    pub(crate) frame_end: u64,
    /// Raw data behind the open frame that was already consumed.
    pub(crate) behind_frame: u64,
    /// The opcode to execute first, read in another way than linearly.
    pub(crate) pending: Option<Opcode>,
    /// It is being executed.
    pub(crate) splicing: bool,
    /// A protocol 4 stream outside of frames.
    pub(crate) watch_outside: bool,
    pub(crate) outside: u64,
    pub(crate) opcodes: u64,
    /// How often each anomaly was told.
    pub(crate) told: [u8; 32],
}

impl State {
    pub(crate) fn new(position: u64) -> Self {
        Self {
            position,
            stack: Vec::new(),
            marks: Vec::new(),
            fence: 0,
            memo: Memo::default(),
            young_slots: Vec::new(),
            arena: Arena::default(),
            computed: Vec::new(),
            extensions: HashMap::new(),
            proto: 0,
            // Protocol 1 is not declared in the stream.
            allowed: 1,
            proto_seen: false,
            frame_end: NO_FRAME,
            behind_frame: 0,
            pending: None,
            splicing: false,
            watch_outside: false,
            outside: 0,
            opcodes: 0,
            told: [0; 32],
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    #[cold]
    fn underflow(&self) -> Refused {
        if self.marks.is_empty() {
            UNDERFLOW
        } else {
            UNEXPECTED_MARK
        }
    }

    /// The top of the stack stays.
    #[inline]
    pub(crate) fn top(&self) -> Result<Value, Refused> {
        match self.stack.last() {
            Some(value) if self.stack.len() > self.fence => Ok(*value),
            _ => Err(self.underflow()),
        }
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Result<Value, Refused> {
        if self.stack.len() <= self.fence {
            return Err(self.underflow());
        }
        self.stack.pop().ok_or(UNDERFLOW)
    }

    #[inline]
    pub(crate) fn mark(&mut self) {
        self.fence = self.stack.len();
        self.marks.push(self.fence as u32);
    }

    /// Takes the last mark away; the items above it begin at the returned index.
    #[inline]
    pub(crate) fn pop_mark(&mut self) -> Result<usize, Refused> {
        let mark = self.marks.pop().ok_or(NO_MARK)?;
        self.fence = self.marks.last().map_or(0, |m| *m as usize);
        Ok(mark as usize)
    }

    /// The index of the `n`th item from the top, which must lie above the fence.
    #[inline]
    pub(crate) fn nth_from_top(&self, n: usize) -> Result<usize, Refused> {
        match self.stack.len().checked_sub(n) {
            Some(at) if at >= self.fence => Ok(at),
            _ => Err(self.underflow()),
        }
    }

    /// The item below `at`, which must lie above the fence: what marked items are put into.
    #[inline]
    pub(crate) fn below(&self, at: usize) -> Result<Value, Refused> {
        match at.checked_sub(1).and_then(|i| self.stack.get(i)) {
            Some(value) if at > self.fence => Ok(*value),
            _ => Err(self.underflow()),
        }
    }

    /// POP: the top, or a mark when that is what lies on top.
    pub(crate) fn pop_any(&mut self) -> Result<(), Refused> {
        if self
            .marks
            .last()
            .is_some_and(|m| *m as usize == self.stack.len())
        {
            self.pop_mark()?;
            return Ok(());
        }
        self.pop().map(|_| ())
    }

    /// Stores in the memo.
    #[inline]
    pub(crate) fn remember(&mut self, slot: u64, value: Value) {
        self.memo.put(slot, value);
        if tagged::node_index(value).is_some_and(|i| i >= self.arena.old) {
            self.young_slots.push(slot);
        }
    }

    /// Whether an anomaly may be told once more; hostile streams could tell millions.
    pub(crate) fn may_tell(&mut self, kind: Anomaly) -> bool {
        match self.told.get_mut(kind as usize) {
            Some(n) if *n < 64 => {
                *n = n.saturating_add(1);
                true
            }
            _ => false,
        }
    }

    pub(crate) fn told(&self, kind: Anomaly) -> bool {
        self.told.get(kind as usize).is_some_and(|n| *n > 0)
    }

    /// Bytes held, roughly.
    pub(crate) fn memory(&self) -> u64 {
        let values = self
            .stack
            .capacity()
            .saturating_add(self.young_slots.capacity()) as u64;
        values
            .saturating_mul(8)
            .saturating_add((self.marks.capacity() as u64).saturating_mul(4))
            .saturating_add((self.extensions.len() as u64).saturating_mul(32))
            .saturating_add((self.computed.len() as u64).saturating_mul(24))
            .saturating_add(self.memo.memory())
            .saturating_add(self.arena.memory())
    }
}
