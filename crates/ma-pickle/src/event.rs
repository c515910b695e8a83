//! What the machine tells while it runs, and how a stream ends.

use std::ops::{ControlFlow, Range};

use ma_core::LimitHit;

use crate::machine::Machine;
use crate::opcode::Op;
use crate::value::{GlobalId, Value};

/// Something that happened. All offsets are absolute in the machine's blob.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'e> {
    /// GLOBAL, STACK_GLOBAL or INST imports a name. Comes each time, also for a name seen before.
    Import {
        /// The imported object.
        global: Value,
        /// Its number; the same for the same module, name and naming rules.
        id: GlobalId,
        /// Which opcode.
        op: Op,
        /// Where.
        offset: u64,
    },
    /// REDUCE, INST, OBJ, NEWOBJ or NEWOBJ_EX calls.
    Call {
        /// The result; its view is a [`crate::View::Call`].
        call: Value,
        /// Where.
        offset: u64,
    },
    /// BUILD: `target.__setstate__(state)` or attributes are written.
    Build {
        /// What is changed.
        target: Value,
        /// With what.
        state: Value,
        /// Where.
        offset: u64,
    },
    /// SETITEM(S): `target[key] = value`. For plain dicts only when [`Observer::wants_inert`].
    SetItem {
        /// What is changed.
        target: Value,
        /// Keys and values in turn.
        pairs: &'e [Value],
        /// Where.
        offset: u64,
    },
    /// APPEND(S). For plain lists only when [`Observer::wants_inert`].
    Append {
        /// What is changed.
        target: Value,
        /// What is appended.
        items: &'e [Value],
        /// Where.
        offset: u64,
    },
    /// ADDITEMS. For plain sets only when [`Observer::wants_inert`].
    AddItem {
        /// What is changed.
        target: Value,
        /// What is added.
        items: &'e [Value],
        /// Where.
        offset: u64,
    },
    /// PERSID or BINPERSID hands an id to the application.
    Persistent {
        /// The result.
        value: Value,
        /// The id.
        id: Value,
        /// Where.
        offset: u64,
    },
    /// EXT1, EXT2 or EXT4 takes an object from the `copyreg` registry.
    Extension {
        /// The code.
        code: i64,
        /// The result: [`crate::View::Extension`], or what [`Machine::set_extension`] gave it.
        value: Value,
        /// Where.
        offset: u64,
    },
    /// NEXT_BUFFER takes an out-of-band buffer.
    Buffer {
        /// Where.
        offset: u64,
    },
    /// Something that no pickler writes.
    Anomaly {
        /// What.
        kind: Anomaly,
        /// The opcode where it shows.
        offset: u64,
        /// The bytes that it is about.
        range: (u64, u64),
    },
    /// A `str`, `bytes` or `bytearray` literal of at least [`crate::machine::MIN_LITERAL`] bytes.
    Literal {
        /// The constant.
        value: Value,
        /// Its bytes in the file, before decoding: (start, end).
        range: (u64, u64),
    },
    /// What follows is a second reading of the stream from this offset on, as the C unpickler reads
    /// it from a buffered file: an opcode straddled the end of its frame.
    Fork {
        /// The straddling opcode.
        offset: u64,
    },
    /// STOP.
    Stop {
        /// The result of the load.
        value: Value,
        /// Where.
        offset: u64,
    },
}

/// Something that no pickler writes. None of them stops the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Anomaly {
    /// A number with a NUL: the C unpickler stops reading it there, `pickletools` raises.
    NulInNumber,
    /// A number as no pickler writes it: other base, underscores, blanks, a sign, leading zeros.
    OddNumber,
    /// A number of more than 100,000 digits.
    HugeNumber,
    /// An opcode of a higher protocol than the stream declares.
    AboveProtocol,
    /// PROTO is not the first opcode.
    LateProto,
    /// A second PROTO; it may switch the Python 2 names on or off.
    SecondProto,
    /// PROTO 6 to 255. Loaders refuse it.
    BadProto,
    /// FRAME inside a frame. The C unpickler accepts it.
    NestedFrame,
    /// A frame longer than the data. The Python unpickler accepts it.
    LongFrame,
    /// An opcode crosses the end of its frame: see [`Event::Fork`].
    FrameStraddle,
    /// A straddled opcode was met, but its second reading was not run: too many, or too much state.
    ForkSkipped,
    /// More than a few bytes outside frames in a protocol 4 stream. Harmless by itself.
    OutsideFrame,
    /// Memo indices far beyond the number of slots in use.
    MemoHole,
    /// A memo index that makes the C unpickler allocate gigabytes.
    MemoBomb,
    /// NEXT_BUFFER or READONLY_BUFFER: a file can't carry out-of-band buffers.
    BufferInFile,
    /// Printing or copying the result takes more than 10^8 steps, and 1000 times its size.
    ExpansionBomb,
    /// More than 10^5 marks or levels.
    DepthBomb,
    /// Objects are left on the stack at STOP. Harmless.
    UnusedStack,
    /// The C unpickler refuses the type of an operand, the Python one goes on.
    OnlyPython,
    /// A text argument that ends with the file and not with a line feed; the Python unpickler runs it.
    Unterminated,
    /// A name that is not the encoding it should be.
    BadName,
    /// Raw data after BUILD while inside a frame: Python loaders take it from behind the frame.
    RawInFrame,
}

impl Anomaly {
    /// What it is, in a few words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::NulInNumber => "a number holds a NUL byte",
            Self::OddNumber => "a number is written as no pickler writes it",
            Self::HugeNumber => {
                "a number has more than 100,000 digits, which takes very long to read or print"
            }
            Self::AboveProtocol => "an opcode is newer than the declared protocol",
            Self::LateProto => "PROTO is not the first opcode",
            Self::SecondProto => "the protocol is declared twice",
            Self::BadProto => "the declared protocol does not exist",
            Self::NestedFrame => "a frame lies inside a frame",
            Self::LongFrame => "a frame is longer than the data",
            Self::FrameStraddle => "an opcode crosses the end of its frame",
            Self::ForkSkipped => "the second reading of a straddled frame was not followed",
            Self::OutsideFrame => "opcodes lie outside frames",
            Self::MemoHole => "memo indices leave large holes",
            Self::MemoBomb => "a memo index makes loaders allocate gigabytes",
            Self::BufferInFile => "an out-of-band buffer is asked for",
            Self::ExpansionBomb => "shared references expand to an enormous structure",
            Self::DepthBomb => "nesting is extremely deep",
            Self::UnusedStack => "objects are left on the stack",
            Self::OnlyPython => "only the pure-Python unpickler accepts an operand",
            Self::Unterminated => "the last argument has no line feed",
            Self::BadName => "a name is not valid text",
            Self::RawInFrame => "raw array data is announced inside a frame",
        }
    }
}

/// What lies in the stream behind a BUILD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Raw {
    /// The next opcode.
    #[default]
    None,
    /// This many raw bytes, then the next opcode.
    Skip(u64),
    /// A complete pickle, then the next opcode. [`Machine::run`] returns [`Pause::NestedPickle`].
    Pickle,
    /// Something that can't be computed; the stream ends here as [`StreamEnd::Undecodable`].
    Stop,
}

/// Receives what happens.
pub trait Observer {
    /// Something happened. `Break` ends the run with [`StreamEnd::Stopped`].
    fn event(&mut self, machine: &Machine<'_>, event: &Event<'_>) -> ControlFlow<()>;

    /// What lies at `at`, directly behind the BUILD that made `built`. joblib puts array data there.
    fn raw_after_build(&mut self, _machine: &Machine<'_>, _built: Value, _at: u64) -> Raw {
        Raw::None
    }

    /// Registrations of `copyreg.add_extension` seen since the last event, as (code, object).
    fn new_extension(&mut self) -> Option<(i64, Value)> {
        None
    }

    /// Whether SETITEM(S), APPEND(S) and ADDITEMS on exact dicts, lists and sets are wanted too: they
    /// run no code but that of `__hash__` and `__eq__`, and there are millions of them.
    fn wants_inert(&self) -> bool {
        false
    }
}

/// Why [`Machine::run`] returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pause {
    /// The stream is over.
    Ended(StreamEnd),
    /// A complete pickle lies here. Run another machine on it, then call [`Machine::resume_at`] with
    /// the offset behind it and [`Machine::run`] again.
    NestedPickle {
        /// Where.
        offset: u64,
    },
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamEnd {
    /// STOP.
    Stop {
        /// The offset behind it.
        end: u64,
    },
    /// The data ended within the stream. What came before has run.
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
    /// All loaders refuse to go on.
    Error {
        /// The opcode.
        at: u64,
        /// Why, in the words of the C unpickler.
        what: &'static str,
    },
    /// [`Raw::Stop`]: raw data of unknown length follows.
    Undecodable {
        /// Where.
        at: u64,
    },
    /// The machine's own memory would grow too large.
    Limit {
        /// The opcode.
        at: u64,
        /// Which bound.
        hit: LimitHit,
    },
    /// The observer wants no more.
    Stopped,
}

impl StreamEnd {
    /// The offset where reading ended, when it is known.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        match self {
            Self::Stop { end } => Some(*end),
            Self::Truncated { at }
            | Self::Invalid { at, .. }
            | Self::Error { at, .. }
            | Self::Undecodable { at }
            | Self::Limit { at, .. } => Some(*at),
            Self::Stopped => None,
        }
    }
}

/// A half-open pair as a range.
#[must_use]
pub fn range((start, end): (u64, u64)) -> Range<u64> {
    start..end
}
