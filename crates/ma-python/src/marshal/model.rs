//! What a marshalled value is made of: an arena of nodes, each with its byte range.

use std::ops::Range;

/// Index of a node in [`Parsed::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

/// A marshalled stream as read: values, what was wrong, how far it went.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// All values, children after their parents.
    pub nodes: Vec<Node>,
    /// The outermost value; absent if not even its type could be read.
    pub root: Option<NodeId>,
    /// What a reader of this stream would trip over, in the order found.
    pub anomalies: Vec<Anomaly>,
    /// Bytes that belong to the value; more may follow.
    pub consumed: usize,
    /// The layout of code objects that fitted.
    pub layout: Option<CodeLayout>,
}

/// One value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its bytes, its children's included.
    pub range: Range<usize>,
    /// What it is.
    pub object: Object,
}

/// A marshalled object.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// Not read: the stream ended or broke before it.
    Missing,
    /// The end marker of dictionaries; elsewhere an error in the stream.
    Null,
    /// `None`.
    None,
    /// `StopIteration`.
    StopIteration,
    /// `...`.
    Ellipsis,
    /// `True` or `False`.
    Bool(bool),
    /// An integer of up to 64 bits.
    Int(i64),
    /// A longer integer: sign and little-endian bytes of its magnitude.
    Long {
        /// Below zero.
        negative: bool,
        /// Magnitude, least significant byte first.
        magnitude: Vec<u8>,
    },
    /// A float.
    Float(f64),
    /// A complex number.
    Complex(f64, f64),
    /// A byte string: `bytes`, or Python 2's `str`.
    Bytes(Vec<u8>),
    /// A text; surrogates and broken UTF-8 are replaced.
    Str(String),
    /// A tuple.
    Tuple(Vec<NodeId>),
    /// A list.
    List(Vec<NodeId>),
    /// A set.
    Set(Vec<NodeId>),
    /// A frozenset.
    FrozenSet(Vec<NodeId>),
    /// A dictionary.
    Dict(Vec<(NodeId, NodeId)>),
    /// `slice(start, stop, step)` (3.14).
    Slice(Vec<NodeId>),
    /// A code object.
    Code(Box<CodeObject>),
    /// The same object as an earlier one.
    Ref(NodeId),
}

/// The fields of a code object; those that its version does not have are empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CodeObject {
    /// Number of positional arguments.
    pub arg_count: u32,
    /// Flags (`CO_*`).
    pub flags: u32,
    /// First line.
    pub first_line: u32,
    /// Instructions.
    pub code: Option<NodeId>,
    /// Constants; nested functions are code objects among them.
    pub consts: Option<NodeId>,
    /// Names of globals, attributes and modules.
    pub names: Option<NodeId>,
    /// Names of local variables (3.11+: of cells and free variables too).
    pub local_names: Option<NodeId>,
    /// Names of free variables (before 3.11).
    pub free_names: Option<NodeId>,
    /// Names of cells (before 3.11).
    pub cell_names: Option<NodeId>,
    /// What each of `local_names` is, a byte each (3.11+).
    pub local_kinds: Option<NodeId>,
    /// The source file as the compiler saw it.
    pub filename: Option<NodeId>,
    /// The function's or class's name.
    pub name: Option<NodeId>,
    /// The dotted name (3.11+).
    pub qualified_name: Option<NodeId>,
}

/// How the fields of a code object lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeLayout {
    /// 2.3 to 2.7: four numbers.
    Python2,
    /// 3.0 to 3.7: five numbers, three tuples of names.
    Python30,
    /// 3.8 to 3.10: six numbers, three tuples of names.
    Python38,
    /// 3.11 and later: five numbers, one tuple of names and their kinds, a qualified name, an exception table.
    Python311,
}

/// Something a reader of the stream would trip over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// Where, from the start of the input.
    pub offset: usize,
    /// What.
    pub kind: AnomalyKind,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnomalyKind {
    /// The input ends inside a value.
    Truncated,
    /// A byte that is no type code.
    UnknownType(u8),
    /// A count or length below zero.
    NegativeSize,
    /// A count or length larger than the bytes that are left.
    SizeBeyondInput,
    /// A reference to an object that has not been read.
    DanglingReference,
    /// A number whose text or digits are not those of a number.
    BadNumber,
    /// A null object where a value must be.
    UnexpectedNull,
    /// A field of a code object is of the wrong type.
    WrongFieldType,
    /// Nested deeper than the limit (CPython's own is 2000).
    TooDeep,
    /// More values than the limit.
    TooManyNodes,
}

impl AnomalyKind {
    /// What is wrong, in a few words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Truncated => "ends inside a value",
            Self::UnknownType(_) => "has an unknown type code",
            Self::NegativeSize => "has a negative size",
            Self::SizeBeyondInput => "declares more than there is",
            Self::DanglingReference => "refers to an object that is not there",
            Self::BadNumber => "has a malformed number",
            Self::UnexpectedNull => "has a null object among its values",
            Self::WrongFieldType => "has a code object with a field of the wrong type",
            Self::TooDeep => "nests too deep",
            Self::TooManyNodes => "holds too many values",
        }
    }

    /// Whether it is a limit of this reader rather than a fault of the stream: what follows was not looked at.
    #[must_use]
    pub const fn is_limit(self) -> bool {
        matches!(self, Self::TooDeep | Self::TooManyNodes)
    }
}

impl Parsed {
    /// The object with this id, references followed.
    #[must_use]
    pub fn get(&self, id: NodeId) -> &Object {
        const MISSING: &Object = &Object::Missing;
        let object = |id: NodeId| {
            usize::try_from(id.0)
                .ok()
                .and_then(|index| self.nodes.get(index))
                .map(|node| &node.object)
        };
        match object(id) {
            Some(Object::Ref(target)) => match object(*target) {
                Some(Object::Ref(_)) | None => MISSING,
                Some(found) => found,
            },
            Some(found) => found,
            None => MISSING,
        }
    }

    /// Text of a text or byte string.
    #[must_use]
    pub fn text(&self, id: Option<NodeId>) -> Option<std::borrow::Cow<'_, str>> {
        match self.get(id?) {
            Object::Str(text) => Some(text.into()),
            Object::Bytes(bytes) => Some(String::from_utf8_lossy(bytes)),
            _ => None,
        }
    }

    /// The items of a sequence.
    #[must_use]
    pub fn items(&self, id: Option<NodeId>) -> &[NodeId] {
        match id.map(|id| self.get(id)) {
            Some(
                Object::Tuple(items)
                | Object::List(items)
                | Object::Set(items)
                | Object::FrozenSet(items),
            ) => items,
            _ => &[],
        }
    }

    /// The strings of a sequence; what is no string is empty, so that indices hold.
    #[must_use]
    pub fn strings(&self, id: Option<NodeId>) -> Vec<String> {
        self.items(id)
            .iter()
            .map(|&item| self.text(Some(item)).unwrap_or_default().into_owned())
            .collect()
    }

    /// All code objects, in the order they stand in the stream.
    pub fn code_objects(&self) -> impl Iterator<Item = (&Node, &CodeObject)> {
        self.nodes.iter().filter_map(|node| match &node.object {
            Object::Code(code) => Some((node, code.as_ref())),
            _ => None,
        })
    }

    /// Whether the stream was read to its end without a fault.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.root.is_some() && self.anomalies.is_empty()
    }
}

impl Default for Node {
    fn default() -> Self {
        Self {
            range: 0..0,
            object: Object::Missing,
        }
    }
}
