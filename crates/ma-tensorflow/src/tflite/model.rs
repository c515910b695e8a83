//! Plain data of a LiteRT model, with a byte range on everything. What grows with the number of tensors
//! is bounded by [`MAX_LISTED`]; the checks see all of them.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use ma_core::{ElementType, GapReason, RegionKind};
use ma_wire::content::Content;

pub use super::verdict::Arg;

/// Tensors that are kept for listings.
pub const MAX_LISTED: usize = 4096;

/// A model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Version of the schema; 3 is the one in use.
    pub version: u32,
    /// Free text.
    pub description: String,
    /// What operators are.
    pub codes: Vec<Code>,
    /// The graphs; the first is the one that runs.
    pub subgraphs: Vec<Subgraph>,
    /// The first tensors, for listings.
    pub tensors: Vec<Tensor>,
    /// All tensors.
    pub tensor_count: u64,
    /// How often each operator occurs, by name.
    pub operators: BTreeMap<String, u64>,
    /// Number of buffers.
    pub buffers: u64,
    /// Named buffers beside the graph.
    pub metadata: Vec<Metadata>,
    /// Entry points with names for inputs and outputs.
    pub signatures: Vec<Signature>,
    /// Files that hold buffers.
    pub external: Vec<ExternalGroup>,
    /// TensorFlow operators that run through the Flex delegate.
    pub flex: Vec<Flex>,
    /// Graphs of TensorFlow among the constant texts that such operators are given.
    pub graphs: Vec<(Place, Range<u64>)>,
    /// Functions of the program that StableHLO calls by name.
    pub calls: Vec<(Place, String, Range<u64>)>,
    /// Options and buffers that begin like a program, a pickle or an archive.
    pub embedded: Vec<Embedded>,
    /// What the bytes are, for detectors.
    pub areas: Vec<Area>,
    /// What the specification does not allow.
    pub anomalies: Vec<Anomaly>,
    /// What was not looked at.
    pub gaps: Vec<(GapReason, String, Option<Range<u64>>)>,
}

/// What an operator is.
#[derive(Debug, Clone, Default)]
pub struct Code {
    /// Number of the built-in operator.
    pub builtin: i32,
    /// Name, for custom ones.
    pub custom: Option<String>,
    /// Where its table lies.
    pub range: Range<u64>,
    /// Operators that use it.
    pub uses: u64,
    /// The first of them.
    pub first: Option<Place>,
}

/// A graph.
#[derive(Debug, Clone, Default)]
pub struct Subgraph {
    /// Its name.
    pub name: String,
    /// Number of tensors.
    pub tensors: u32,
    /// Number of operators.
    pub operators: u32,
    /// Tensors that it takes.
    pub inputs: Vec<i32>,
    /// Tensors that it gives.
    pub outputs: Vec<i32>,
}

/// A tensor, for listings.
#[derive(Debug, Clone, Default)]
pub struct Tensor {
    /// Which graph and which tensor.
    pub place: Option<Place>,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: u8,
    /// Its shape, cut after 16 dimensions.
    pub shape: Vec<i32>,
    /// Whether it says how its numbers were quantised.
    pub quantised: bool,
    /// Where its data lies, if it has any.
    pub data: Option<Range<u64>>,
    /// Where its table lies.
    pub at: u64,
}

/// A named buffer.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// Its name.
    pub name: String,
    /// Where its bytes lie.
    pub data: Range<u64>,
}

/// An entry point.
#[derive(Debug, Clone, Default)]
pub struct Signature {
    /// Its name.
    pub key: String,
    /// Names of what it takes.
    pub inputs: Vec<String>,
    /// Names of what it gives.
    pub outputs: Vec<String>,
    /// The graph that it runs.
    pub subgraph: u32,
}

/// A file that holds buffers.
#[derive(Debug, Clone, Default)]
pub struct ExternalGroup {
    /// Its name as written.
    pub name: String,
    /// Where the name stands.
    pub range: Range<u64>,
    /// One past the last byte of it that a buffer takes.
    pub needs: u64,
}

/// A TensorFlow operator that runs through the Flex delegate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flex {
    /// The operator that uses it first.
    pub place: Place,
    /// The TensorFlow operator that the code names.
    pub op: String,
    /// The one that the node in the options names, which is what runs.
    pub node_op: Option<String>,
    /// What is known of its inputs.
    pub inputs: Vec<Arg>,
    /// Texts among the attributes of the node.
    pub attributes: Vec<(String, String)>,
    /// Where its options lie.
    pub range: Range<u64>,
}

/// Something that has its own format inside the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Where in the graph.
    pub place: Place,
    /// Where.
    pub range: Range<u64>,
    /// What it begins like.
    pub content: Content,
    /// Whether this is where such code belongs (operators of accelerators).
    pub expected: bool,
}

/// What some bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// Where.
    pub range: Range<u64>,
    /// What.
    pub kind: RegionKind,
    /// Type of the elements, for weights.
    pub element: Option<ElementType>,
    /// The way to it.
    pub route: String,
}

/// A place in the structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The model itself.
    Model,
    /// An operator code.
    Code(u32),
    /// A buffer.
    Buffer(u32),
    /// A graph.
    Subgraph(u32),
    /// A tensor of a graph.
    Tensor(u32, u32),
    /// An operator of a graph.
    Operator(u32, u32),
    /// A named buffer.
    Metadata(u32),
    /// An entry point.
    Signature(u32),
    /// A file with buffers.
    ExternalGroup(u32),
    /// A buffer in such a file.
    ExternalBuffer(u32),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model => f.write_str("model"),
            Self::Code(i) => write!(f, "operator_codes[{i}]"),
            Self::Buffer(i) => write!(f, "buffers[{i}]"),
            Self::Subgraph(i) => write!(f, "subgraphs[{i}]"),
            Self::Tensor(s, i) => write!(f, "subgraphs[{s}].tensors[{i}]"),
            Self::Operator(s, i) => write!(f, "subgraphs[{s}].operators[{i}]"),
            Self::Metadata(i) => write!(f, "metadata[{i}]"),
            Self::Signature(i) => write!(f, "signature_defs[{i}]"),
            Self::ExternalGroup(i) => write!(f, "external_buffer_groups[{i}]"),
            Self::ExternalBuffer(i) => write!(f, "external_buffers[{i}]"),
        }
    }
}

/// Something that the specification does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// What.
    pub kind: AnomalyKind,
    /// Where in the structure.
    pub place: Place,
    /// Where in the file.
    pub range: Range<u64>,
}

/// What the specification does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnomalyKind {
    /// The FlatBuffer itself is broken.
    Broken(&'static str),
    /// A number that should name one of a list names none.
    Index {
        /// What it should name.
        what: &'static str,
        /// The number.
        index: i64,
        /// How many there are.
        count: u64,
    },
    /// Graphs that call each other in a circle.
    Cycle(Vec<u32>),
    /// A loop whose condition is its own body.
    Loop(u32),
    /// A shape with a negative dimension, or of more elements than can be counted.
    Shape {
        /// The dimensions, cut after 16.
        shape: Vec<i32>,
        /// Whether one is negative.
        negative: bool,
    },
    /// Constant data of another size than the tensor needs.
    BufferSize {
        /// Bytes that type and shape need.
        need: u64,
        /// Bytes that are there.
        have: u64,
    },
    /// Data said to lie beyond the end of the file.
    BeyondFile {
        /// What.
        what: &'static str,
        /// Where it should lie.
        offset: u64,
        /// Its size.
        size: u64,
    },
    /// A tensor of strings with offsets that don't fit.
    Strings(&'static str),
    /// Compressed rows or columns that don't fit the shape.
    Sparsity(&'static str),
    /// Parameters of quantisation that don't fit.
    Quantisation(&'static str),
    /// A parameter that is divided by is zero.
    Zero {
        /// The operator.
        operator: i32,
        /// The parameter.
        field: &'static str,
        /// Its value.
        value: i32,
    },
    /// An axis that the input does not have.
    Axis {
        /// The operator.
        operator: i32,
        /// The axis.
        axis: i64,
        /// The rank of the input.
        rank: i64,
    },
    /// Bytes that belong to nothing.
    Unclaimed {
        /// What they begin like.
        content: Content,
        /// Whether they follow the last byte that belongs to the model.
        trailing: bool,
    },
}
