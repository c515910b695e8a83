//! Bytes to opcodes.

use ma_core::{Blob, Budget};

use crate::opcode::Op;

/// An opcode in the file. Its argument is described, not copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opcode {
    /// Offset of the opcode byte.
    pub offset: u64,
    /// Which opcode.
    pub code: Op,
    /// Its argument.
    pub arg: Arg,
    /// Offset of the byte behind it.
    pub end: u64,
}

/// An argument; ranges are offsets of the blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg {
    /// Nothing.
    None,
    /// A number of fixed size (also the bits of BINFLOAT).
    Int(i64),
    /// A line without its line feed: (start, end).
    Line(u64, u64),
    /// Two lines without their line feeds.
    Lines((u64, u64), (u64, u64)),
    /// The payload of a counted argument: (start, end). It may reach beyond the data.
    Payload(u64, u64),
}

/// How the walk over opcodes ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeEnd {
    /// The data ended inside an opcode, or before STOP.
    Truncated {
        /// The opcode that lacks bytes, or the end of the data.
        at: u64,
    },
    /// A byte that is no opcode.
    Invalid {
        /// Where.
        at: u64,
        /// Which.
        byte: u8,
    },
    /// A count that no loader accepts.
    Error {
        /// The opcode.
        at: u64,
        /// Why.
        what: &'static str,
    },
    /// The bytes can't be read, or the budget is used up.
    Failed(String),
}

/// Walks over the opcodes of one stream, to STOP and including it. No machine runs: the walk is what
/// a disassembler sees.
pub struct Opcodes<'b> {
    _blob: Blob,
    _budget: &'b Budget,
}

impl<'b> Opcodes<'b> {
    /// The stream that begins at `start`.
    #[must_use]
    pub fn new(blob: Blob, _start: u64, budget: &'b Budget) -> Self {
        Self {
            _blob: blob,
            _budget: budget,
        }
    }
}

impl Iterator for Opcodes<'_> {
    type Item = Result<Opcode, DecodeEnd>;

    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}
