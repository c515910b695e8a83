//! What a Python source does, as a list of events, and what of it could not be read.

use std::ops::Range;

use super::callers::Caller;
use crate::value::Value;

/// Bounds of one analysis.
#[derive(Clone, Copy, Debug)]
pub struct SourceLimits {
    /// Longest source in bytes; a longer one is looked at token by token only.
    pub bytes: usize,
    /// Most constructs that may nest in each other, operators and attribute chains included.
    pub nesting: usize,
    /// Most events.
    pub events: usize,
    /// Most expressions that are worked out.
    pub steps: usize,
    /// Most bytes that values which are worked out may take, all together.
    pub made: usize,
    /// Whether lines may be notebook commands (`!pip install …`, `%run`).
    pub notebook: bool,
}

impl Default for SourceLimits {
    fn default() -> Self {
        Self {
            bytes: 4 << 20,
            nesting: 10_000,
            events: 200_000,
            steps: 20_000_000,
            made: 128 << 20,
            notebook: false,
        }
    }
}

/// The result of an analysis.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// What the code does, in the order of the text.
    pub events: Vec<Event>,
    /// What could not be understood. Not empty: the absence of an event proves nothing.
    pub unparsed: Vec<Unparsed>,
    /// Number of functions and classes.
    pub definitions: usize,
    /// What the last expression of the text is, for text that is evaluated.
    pub result: Value,
    /// Expressions that were worked out, and bytes of values: what a text within a text costs the one around it.
    pub(super) spent: (usize, usize),
}

/// A part of the text that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unparsed {
    /// Which bytes.
    pub range: Range<usize>,
    /// First line, from 1.
    pub line: u32,
    /// Why.
    pub reason: UnparsedReason,
    /// The parser's words, if it had any.
    pub message: String,
}

/// Why a part was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnparsedReason {
    /// No valid Python 3.
    Syntax,
    /// Longer than the limit.
    TooLong,
    /// Nested deeper than the limit.
    TooDeep,
    /// Too many expressions or events.
    TooMuch,
    /// An encoding that hides the text from this reader (`# coding: rot13`).
    Encoding,
    /// The parser gave up without a word.
    Failed,
}

impl UnparsedReason {
    /// What is wrong, in a few words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Syntax => "is no valid Python 3",
            Self::TooLong => "is too long",
            Self::TooDeep => "nests too deep",
            Self::TooMuch => "has too many expressions",
            Self::Encoding => "is written in an encoding that is not read",
            Self::Failed => "could not be parsed",
        }
    }
}

/// Something the code does.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// When it runs.
    pub place: Place,
    /// Events of the same run of code share this number.
    pub block: u32,
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// The line it stands in.
    pub excerpt: String,
    /// It stands in text that the code hands to `exec` or `eval`.
    pub nested: bool,
    /// Who runs it without being asked to, where the text lies in one of their archives.
    pub callers: Vec<Caller>,
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// A module is imported; with a name, that name is taken from it.
    Import {
        /// The module, with its dots if it is relative.
        module: String,
        /// The name; `*` for all.
        name: Option<String>,
    },
    /// Something is called.
    Call {
        /// The dotted name, aliases resolved: `os.system`, `builtins.eval`; for a method of a call's result, the
        /// name of what was called and the method (`requests.get.json`).
        callee: String,
        /// Positional arguments as far as they are known.
        args: Vec<Value>,
        /// Keyword arguments.
        keywords: Vec<(String, Value)>,
        /// An argument was spelled so that it cannot be read: encoded, reversed, put together from numbers.
        hidden: bool,
    },
    /// Something outside the code's own names is replaced: `builtins.open = …`.
    Assign {
        /// The dotted name.
        target: String,
    },
    /// `__reduce__` returns a callable: whoever unpickles the object calls it.
    Reduce {
        /// What is called.
        callee: String,
        /// With which arguments.
        args: Vec<Value>,
    },
    /// A notebook's `!command` or `%magic`.
    Shell {
        /// The command.
        command: String,
    },
}

/// When a part of the code runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// When the file is imported: module level, class bodies, decorators, default arguments, annotations.
    Import,
    /// When the file is imported, because module-level code calls the function it is in.
    ImportVia(String),
    /// When the file is run as a program (`if __name__ == '__main__'`).
    Main,
    /// When objects of the class are made, restored or used in the way frameworks do by themselves.
    Hook(String),
    /// When the function is called.
    Function(String),
    /// In a text of which only the tokens could be read: perhaps at once.
    Unknown,
}

impl Place {
    /// Whether importing the file is enough.
    #[must_use]
    pub const fn on_import(&self) -> bool {
        matches!(self, Self::Import | Self::ImportVia(_))
    }

    /// When, to follow "runs": "when the file is imported".
    #[must_use]
    pub fn when(&self) -> String {
        match self {
            Self::Import => "when the file is imported".into(),
            Self::ImportVia(name) => format!("when the file is imported, through `{name}`"),
            Self::Main => "when the file is run as a program".into(),
            Self::Hook(name) => format!("in `{name}`, which frameworks call by themselves"),
            Self::Function(name) => format!("in `{name}`"),
            Self::Unknown => "in text that could not be parsed".into(),
        }
    }

    /// When, for a function that a caller reaches by itself; `how` is said of the function.
    #[must_use]
    pub fn when_called(&self, how: &str) -> String {
        match self {
            Self::Hook(name) | Self::Function(name) => format!("in `{name}`, {how}"),
            _ => self.when(),
        }
    }
}

/// Methods and functions that frameworks and the interpreter call without being asked to.
pub(super) const HOOKS: &[&str] = &[
    "__init__",
    "__new__",
    "__reduce__",
    "__reduce_ex__",
    "__setstate__",
    "__getstate__",
    "__del__",
    "__call__",
    "__getattr__",
    "__init_subclass__",
    "__set_name__",
    "__post_init__",
    "__class_getitem__",
    "__getattribute__",
    "__len__",
    "__iter__",
    "__enter__",
    "forward",
    "call",
    "build",
    "initialize",
    "handle",
    "preprocess",
    "inference",
    "postprocess",
    "load_context",
    "predict",
    "load_model",
    "setup",
    "from_pretrained",
    "from_config",
    "get_config",
    "execute",
    "finalize",
    "auto_complete_config",
];
