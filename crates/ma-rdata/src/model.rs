//! Plain data of an R serialization stream: the objects as one flat list, in the order of the file,
//! each with its byte range; they refer to each other by index, so that cycles cost nothing.

use std::ops::Range;

use ma_core::ElementType;

/// The index of an object in [`Model::nodes`].
pub type NodeId = u32;

/// Type codes that are looked for by name.
pub mod sexp {
    /// `NULL` as an object of its own type.
    pub const NIL: u8 = 0;
    /// A symbol.
    pub const SYM: u8 = 1;
    /// A cell of a pairlist.
    pub const LIST: u8 = 2;
    /// A closure: environment, formals, body.
    pub const CLO: u8 = 3;
    /// An environment.
    pub const ENV: u8 = 4;
    /// A promise: environment, value, expression.
    pub const PROM: u8 = 5;
    /// A call.
    pub const LANG: u8 = 6;
    /// An internal function that gets its arguments unevaluated.
    pub const SPECIAL: u8 = 7;
    /// An internal function.
    pub const BUILTIN: u8 = 8;
    /// A string.
    pub const CHAR: u8 = 9;
    /// Truth values.
    pub const LGL: u8 = 10;
    /// Integers.
    pub const INT: u8 = 13;
    /// Doubles.
    pub const REAL: u8 = 14;
    /// Complex numbers.
    pub const CPLX: u8 = 15;
    /// Strings.
    pub const STR: u8 = 16;
    /// The `...` of a call.
    pub const DOT: u8 = 17;
    /// A list.
    pub const VEC: u8 = 19;
    /// A vector of expressions.
    pub const EXPR: u8 = 20;
    /// Compiled code.
    pub const BCODE: u8 = 21;
    /// An external pointer.
    pub const EXTPTR: u8 = 22;
    /// A weak reference.
    pub const WEAKREF: u8 = 23;
    /// Bytes.
    pub const RAW: u8 = 24;
    /// An object of a class that is no simple type.
    pub const S4: u8 = 25;
    /// A vector that a class computes.
    pub const ALTREP: u8 = 238;
    /// Inside of compiled code: a pairlist cell with attributes.
    pub const ATTRLIST: u8 = 239;
    /// Inside of compiled code: a call with attributes.
    pub const ATTRLANG: u8 = 240;
    /// The base environment.
    pub const BASEENV: u8 = 241;
    /// The empty environment.
    pub const EMPTYENV: u8 = 242;
    /// Inside of compiled code: use of a cell that was defined before.
    pub const BCREPREF: u8 = 243;
    /// Inside of compiled code: definition of a cell that is used again.
    pub const BCREPDEF: u8 = 244;
    /// A name that a hook of the reader turns into an object.
    pub const PERSIST: u8 = 247;
    /// The environment of a package.
    pub const PACKAGE: u8 = 248;
    /// The namespace of a package.
    pub const NAMESPACE: u8 = 249;
    /// The namespace of base.
    pub const BASENAMESPACE: u8 = 250;
    /// The mark of a missing argument.
    pub const MISSINGARG: u8 = 251;
    /// The mark of no value.
    pub const UNBOUND: u8 = 252;
    /// The global environment.
    pub const GLOBALENV: u8 = 253;
    /// `NULL`.
    pub const NILVALUE: u8 = 254;
    /// A reference to an object before.
    pub const REF: u8 = 255;

    /// What R calls the type.
    #[must_use]
    pub const fn name(kind: u8) -> &'static str {
        match kind {
            NIL | NILVALUE => "NULL",
            SYM => "symbol",
            LIST => "pairlist",
            CLO => "closure",
            ENV => "environment",
            PROM => "promise",
            LANG => "language",
            SPECIAL => "special",
            BUILTIN => "builtin",
            CHAR => "char",
            LGL => "logical",
            INT => "integer",
            REAL => "double",
            CPLX => "complex",
            STR => "character",
            DOT => "...",
            VEC => "list",
            EXPR => "expression",
            BCODE => "bytecode",
            EXTPTR => "externalptr",
            WEAKREF => "weakref",
            RAW => "raw",
            S4 => "S4",
            ALTREP => "altrep",
            BASEENV => "base environment",
            EMPTYENV => "empty environment",
            PERSIST => "persistent name",
            PACKAGE => "package environment",
            NAMESPACE => "namespace",
            BASENAMESPACE => "base namespace",
            MISSINGARG => "missing argument",
            UNBOUND => "unbound value",
            GLOBALENV => "global environment",
            _ => "unknown",
        }
    }
}

/// How the stream writes integers and doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Big-endian binary, what R writes by default.
    #[default]
    Xdr,
    /// Words of text.
    Ascii,
    /// The byte order of the machine that wrote it.
    Native {
        /// Whether that was big-endian.
        big_endian: bool,
    },
}

impl Encoding {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xdr => "XDR (big-endian)",
            Self::Ascii => "ASCII",
            Self::Native { big_endian: true } => "native (big-endian)",
            Self::Native { big_endian: false } => "native (little-endian)",
        }
    }
}

/// What stands before the first object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// The magic of a workspace (`RDX3`), none for a single object.
    pub workspace: Option<String>,
    /// How numbers are written.
    pub encoding: Encoding,
    /// The version of the format.
    pub version: i32,
    /// The version of R that wrote it, packed.
    pub writer: i32,
    /// The oldest version of R that reads it, packed.
    pub min_reader: i32,
    /// The native encoding of the writer (version 3).
    pub native: Option<String>,
    /// Where the header ends.
    pub end: u64,
}

/// Which place of an object another one fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The object itself of the file.
    Root,
    /// Its attributes.
    Attr,
    /// The tag; of closures and promises the environment; of environments the hash table.
    Tag,
    /// The head; of promises the value; of closures the formals; of environments the enclosure.
    Car,
    /// The rest; of promises the expression; of closures the body; of environments the frame.
    Cdr,
    /// The element with that index.
    Item(u32),
}

/// What an object holds beside other objects.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Data {
    /// Nothing.
    #[default]
    None,
    /// A name or one string.
    Text(Box<str>),
    /// Strings: how many, and the first of them (`None` is `NA`).
    Strings(u64, Vec<Option<Box<str>>>),
    /// Numbers: how many, and the first of them.
    Numbers(u64, Box<[f64]>),
    /// Elements: how many are declared, and those that were read.
    Items(u64, Vec<NodeId>),
}

/// One object.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The type code, one of [`sexp`].
    pub kind: u8,
    /// The flags with which it is stored.
    pub flags: u32,
    /// The object it was first read into, and the place there.
    pub parent: Option<NodeId>,
    /// The place in the parent.
    pub place: Place,
    /// Where it begins.
    pub start: u64,
    /// Where it ends; the beginning for what was cut off.
    pub end: u64,
    /// See [`Place::Attr`].
    pub attr: Option<NodeId>,
    /// See [`Place::Tag`].
    pub tag: Option<NodeId>,
    /// See [`Place::Car`].
    pub car: Option<NodeId>,
    /// See [`Place::Cdr`].
    pub cdr: Option<NodeId>,
    /// What it holds.
    pub data: Data,
}

impl Node {
    /// Its bytes.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.start..self.end.max(self.start.saturating_add(1))
    }

    /// Its text, when it is a name or a string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is a cell of an environment's frame whose value is a function that R calls whenever
    /// the variable is looked at.
    #[must_use]
    pub fn is_active_binding(&self) -> bool {
        self.kind == sexp::LIST && self.flags & (1 << 27) != 0
    }
}

/// A run of bytes that is data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where.
    pub range: Range<u64>,
    /// The element type; `None` for strings.
    pub element: Option<ElementType>,
    /// Whether these are single bytes, which may be anything.
    pub raw: bool,
    /// Strings: whether there are many.
    pub many: bool,
}

/// A raw vector that looks like a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPart {
    /// The object.
    pub node: NodeId,
    /// Where its bytes are.
    pub range: Range<u64>,
    /// The bytes, when the file spells them as text.
    pub decoded: Option<Vec<u8>>,
}

/// A stream as plain data.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// What stands before the first object.
    pub header: Header,
    /// All objects in the order of the file.
    pub nodes: Vec<Node>,
    /// The object of the file.
    pub root: Option<NodeId>,
    /// Numbers and strings.
    pub spans: Vec<Span>,
    /// Raw vectors that look like files.
    pub parts: Vec<RawPart>,
    /// The end of the stream, when it was reached.
    pub end: Option<u64>,
    /// The deepest nesting that was seen.
    pub depth: u32,
}

impl Model {
    /// An object by its index.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(usize::try_from(id).ok()?)
    }

    /// An object behind an optional index.
    #[must_use]
    pub fn at(&self, id: Option<NodeId>) -> Option<&Node> {
        self.node(id?)
    }
}

/// Something that the format does not allow, or that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// What.
    pub kind: AnomalyKind,
    /// Where.
    pub at: u64,
    /// The object in which it was found.
    pub node: Option<NodeId>,
}

/// What an [`Anomaly`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnomalyKind {
    /// The file ends inside of something.
    Truncated(&'static str),
    /// A version that no released R writes.
    Version(i32),
    /// The first version of the format, which nothing has written since 2001.
    OldWorkspace,
    /// The byte after the letter of the encoding is no line feed.
    OddFormatByte(u8),
    /// A type code that R does not know.
    UnknownType(u8),
    /// A reference to an object that was not read before.
    BadReference(i64),
    /// A reference inside of compiled code that lies outside of its table.
    BadRepetition(i64),
    /// A negative length or one that the format forbids.
    BadLength(i64),
    /// More elements than there are bytes left.
    LengthBeyondFile {
        /// What is declared.
        declared: u64,
        /// The bytes that are left.
        left: u64,
    },
    /// A word that is no number.
    BadNumber,
    /// A name that is no string.
    BadName,
    /// An element of a character vector that is no string.
    NotAString,
    /// More objects than are kept.
    TooManyObjects(u64),
    /// Text beyond what is kept.
    TextCut,
}

impl AnomalyKind {
    /// Whether the rest of the stream could not be read.
    #[must_use]
    pub const fn stops(&self) -> bool {
        !matches!(
            self,
            Self::OddFormatByte(_) | Self::NotAString | Self::TextCut
        )
    }
}
