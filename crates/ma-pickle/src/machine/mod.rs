//! The pickle machine, run on abstract values.

use std::marker::PhantomData;

use ma_core::{Blob, Budget, ScanError};

use crate::event::{Observer, Pause, StreamEnd};
use crate::opcode::Op;
use crate::value::{Constant, Global, GlobalId, Text, Value, View};

/// Items of a container that are kept.
pub const MAX_CHILDREN: usize = 4096;
/// Length in bytes from which a literal is an event.
pub const MIN_LITERAL: u64 = 16;

/// Counts of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Opcodes executed.
    pub opcodes: u64,
    /// Distinct memo slots in use.
    pub memo_slots: u64,
    /// The deepest nesting of containers or marks.
    pub max_depth: u64,
    /// Nodes of the result when shared parts are counted each time (saturating).
    pub expanded: u64,
}

/// One pickle stream being run.
pub struct Machine<'b> {
    _blob: Blob,
    position: u64,
    budget: PhantomData<&'b Budget>,
    nobody: Global,
}

impl<'b> Machine<'b> {
    /// A machine for the pickle that begins at `start`; offsets are those of the blob.
    #[must_use]
    pub fn new(blob: Blob, start: u64, _budget: &'b Budget) -> Self {
        let nobody = Global {
            module: Text::default(),
            name: Text::default(),
            offset: 0,
            op: Op::Global,
            proto: 0,
            computed: false,
            module_value: None,
            name_value: None,
        };
        Self {
            _blob: blob,
            position: start,
            budget: PhantomData,
            nobody,
        }
    }

    /// Runs to the end of the stream, or to a nested pickle.
    ///
    /// # Errors
    /// When the bytes can't be read or the budget is used up. Never for malformed input.
    pub fn run(&mut self, _observer: &mut dyn Observer) -> Result<Pause, ScanError> {
        Ok(Pause::Ended(StreamEnd::Truncated { at: self.position }))
    }

    /// Goes on at `offset` after [`Pause::NestedPickle`].
    pub fn resume_at(&mut self, offset: u64) {
        self.position = offset;
    }

    /// Makes EXT opcodes with `code` give `value`.
    pub fn set_extension(&mut self, _code: i64, _value: Value) {}

    /// Opens a value.
    #[must_use]
    pub fn view(&self, _value: Value) -> View<'_> {
        View::Unknown
    }

    /// Reads a constant; at most `max` bytes of text or bytes. `None` when `value` is no constant or
    /// can't be read.
    #[must_use]
    pub fn constant(&self, _value: Value, _max: usize) -> Option<Constant> {
        None
    }

    /// The items of a container as far as they are kept; empty for everything else.
    #[must_use]
    pub fn children(&self, _value: Value) -> &[Value] {
        &[]
    }

    /// The value as Python source, cut at about `max_chars`.
    #[must_use]
    pub fn render(&self, _value: Value, _max_chars: usize) -> String {
        String::new()
    }

    /// An imported name; an empty one for a number of another machine.
    #[must_use]
    pub fn global(&self, _id: GlobalId) -> &Global {
        &self.nobody
    }

    /// The protocol in force now.
    #[must_use]
    pub fn proto(&self) -> u8 {
        0
    }

    /// The offset of the next opcode.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Counts so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::default()
    }
}
