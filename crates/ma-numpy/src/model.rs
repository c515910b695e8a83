//! What an npy file says, with a byte range on everything that a rule may point at.

use std::ops::Range;

use ma_core::ElementType;

/// A value of the Python literal in the header.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer; saturated when it does not fit.
    Int(i128),
    /// A float or complex number; its value is never needed.
    Number,
    /// Text.
    Str(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// `(a, b)`.
    Tuple(Vec<Literal>),
    /// `[a, b]`.
    List(Vec<Literal>),
    /// `{a, b}`.
    Set(Vec<Literal>),
    /// `{a: b}`, in the order of the source with all repetitions.
    Dict(Vec<(Literal, Literal)>),
}

/// Why a header is no literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiteralError {
    /// It holds an expression that only `eval` would take: a call, a name, an operator.
    NotLiteral {
        /// Offset in the header text, in bytes.
        at: usize,
        /// What was met.
        what: String,
    },
    /// It is no Python at all, as far as it was read.
    Syntax {
        /// Offset in the header text, in bytes.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// It has more parts or deeper nesting than are read here.
    TooLarge {
        /// Offset in the header text, in bytes.
        at: usize,
    },
}

impl LiteralError {
    /// Offset in the header text, in bytes.
    #[must_use]
    pub fn at(&self) -> usize {
        match self {
            Self::NotLiteral { at, .. } | Self::Syntax { at, .. } | Self::TooLarge { at } => *at,
        }
    }
}

/// What a `descr` means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dtype {
    /// Bytes of one element; `None` when a part of the type is not understood.
    pub itemsize: Option<u128>,
    /// Whether Python objects lie in it at any depth: then the data is a pickle.
    pub has_object: bool,
    /// The type as a short text (`<f4`, `{x: <f8, y: |O}`), cut when long.
    pub text: String,
    /// Number of fields at all depths; 0 for a plain type.
    pub fields: usize,
    /// Fields with a title (a second name).
    pub titles: usize,
    /// Strings that name no type, or shapes that are none.
    pub unknown: Vec<String>,
    /// The largest `V<n>` met, in bytes.
    pub largest_void: u128,
}

impl Dtype {
    /// What its numbers are, where it is one plain numeric type.
    #[must_use]
    pub fn element(&self) -> Option<ElementType> {
        if self.fields > 0 {
            return None;
        }
        Some(match self.text.trim_start_matches(['<', '>', '=', '|']) {
            "f2" => ElementType::F16,
            "f4" => ElementType::F32,
            "f8" => ElementType::F64,
            "i1" | "u1" | "b1" => ElementType::Int(1),
            "i2" | "u2" => ElementType::Int(2),
            "i4" | "u4" => ElementType::Int(4),
            "i8" | "u8" => ElementType::Int(8),
            _ => return None,
        })
    }
}

/// What follows the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trailing {
    /// Nothing but zeros, fewer than 64 KiB.
    Padding,
    /// Another array: `np.save` called again on the same open file.
    Array,
    /// Something that runs or unpickles, by its first bytes.
    Dangerous(&'static str),
    /// Anything else.
    Other,
}

/// Something in the file that a correct writer does not produce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// What.
    pub kind: AnomalyKind,
    /// Which bytes of the file.
    pub range: Range<u64>,
}

/// The kinds of [`Anomaly`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnomalyKind {
    /// The file ends before the header length is known.
    PrefixCut,
    /// A version that is none of 1.0, 2.0, 3.0.
    UnknownVersion(u8, u8),
    /// The header is said to reach beyond the end of the file.
    HeaderBeyondFile {
        /// Its declared length.
        declared: u64,
    },
    /// The header is longer than the 10,000 bytes that `np.load` accepts by default.
    HeaderLong {
        /// Its declared length.
        declared: u64,
    },
    /// The header is longer than what is read here.
    HeaderUnread {
        /// Its declared length.
        declared: u64,
    },
    /// The header is not a literal.
    Header(LiteralError),
    /// The header is a literal, but no dictionary.
    NotDict,
    /// A key is missing.
    MissingKey(&'static str),
    /// A key that the format does not know.
    ExtraKey(String),
    /// A key that is given twice.
    DuplicateKey {
        /// The key.
        key: String,
        /// Whether the values are equal.
        same: bool,
        /// Whether one of the values makes the data a pickle and another one does not.
        hides_object: bool,
    },
    /// The value of a key has the wrong type.
    BadValue(&'static str),
    /// Types that NumPy does not know.
    UnknownDtype(String),
    /// A dimension below zero.
    NegativeShape(i128),
    /// The product of the dimensions and the item size does not fit 63 bits.
    SizeOverflow,
    /// Fewer bytes than the shape needs.
    DataShort {
        /// What the shape and type need.
        declared: u64,
        /// What there is.
        present: u64,
    },
    /// Bytes after the data.
    Trailing(Trailing),
}

/// An npy file as read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Npy {
    /// Format version, major and minor.
    pub version: (u8, u8),
    /// The header text in the file.
    pub header: Range<u64>,
    /// The header as text, cut at 400 characters.
    pub header_text: String,
    /// The element type, when the header says one.
    pub dtype: Option<Dtype>,
    /// Column-major order.
    pub fortran_order: Option<bool>,
    /// The dimensions; empty for a single element.
    pub shape: Option<Vec<i128>>,
    /// True when a pickle follows the header, in one reading of it at least.
    pub has_object: bool,
    /// The raw data, or the pickle.
    pub data: Range<u64>,
    /// What follows the data.
    pub trailing: Range<u64>,
    /// What a correct writer does not produce.
    pub anomalies: Vec<Anomaly>,
}
