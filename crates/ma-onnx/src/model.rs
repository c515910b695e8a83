//! What an ONNX file holds, as plain data with a byte range on everything that a finding may point at.
//!
//! Everything here is bounded (see [`crate::parse::limits`]): what did not fit is counted in
//! [`Model::cuts`] and becomes a gap, not silence.

use std::ops::Range;

use ma_core::{ElementType, RegionKind};

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// A `ModelProto`.
    #[default]
    Model,
    /// A lone `TensorProto`, as test data is stored.
    Tensor,
    /// A model in ONNX Runtime's own FlatBuffer encoding.
    Ort,
}

/// An ONNX file.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// What kind of file it is.
    pub form: Form,
    /// Bytes of the file.
    pub len: u64,
    /// Version of the format.
    pub ir_version: Option<i64>,
    /// Version of ONNX Runtime's own encoding, in such files.
    pub ort_version: String,
    /// Which program wrote it.
    pub producer: String,
    /// The version of that program.
    pub producer_version: String,
    /// The name space of the model.
    pub domain: String,
    /// The author's version of the model.
    pub model_version: Option<i64>,
    /// Sets of operators that it wants, with their versions.
    pub opsets: Vec<Opset>,
    /// Free key-value pairs.
    pub metadata: Vec<Property>,
    /// Graphs: the main one first, then those nested in nodes, functions and training information.
    pub graphs: Vec<Graph>,
    /// Operators that nodes use, in the order of their first use.
    pub operators: Vec<Operator>,
    /// Functions that the file defines.
    pub functions: Vec<Function>,
    /// Nodes that need a look at their attributes.
    pub notable: Vec<Notable>,
    /// Tensors.
    pub tensors: Vec<Tensor>,
    /// How many tensors there are, kept or not.
    pub tensor_count: u64,
    /// How many nodes there are, kept or not.
    pub node_count: u64,
    /// Tensors whose numbers lie in other files.
    pub external: Vec<External>,
    /// Who computes what from what.
    pub flow: Flow,
    /// What the bytes are.
    pub claims: Vec<Claim>,
    /// Parts that deserve their own look.
    pub embedded: Vec<Embedded>,
    /// What the specification does not allow.
    pub anomalies: Vec<Anomaly>,
    /// What did not fit.
    pub cuts: Vec<Cut>,
}

/// A set of operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opset {
    /// Its domain; empty for the standard one.
    pub domain: String,
    /// Its version.
    pub version: i64,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// The key.
    pub key: String,
    /// The value, cut.
    pub value: String,
    /// Where it lies.
    pub range: Range<u64>,
}

/// A graph of nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// The way to it: `graph`, `graph.node[3].attribute[then_branch].g`, `functions[0]`.
    pub route: String,
    /// Its name.
    pub name: String,
    /// The node that it is nested in: its graph and its place in [`Flow::nodes`].
    pub parent: Option<(u32, Option<u32>)>,
    /// The function whose body it is or lies in.
    pub owner: Option<u32>,
    /// How many graphs it is nested in.
    pub depth: u32,
    /// What goes in.
    pub inputs: Vec<Port>,
    /// What comes out.
    pub outputs: Vec<Port>,
    /// How many nodes it has.
    pub nodes: u64,
}

/// An input or output of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its type as text: `float32[1, 3, height]`; empty when it has none.
    pub kind: String,
    /// How many dimensions it has, where that is known.
    pub rank: Option<usize>,
    /// Its place in [`Flow::values`].
    pub value: Option<u32>,
}

/// An operator that nodes use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Its domain; empty for the standard one.
    pub domain: String,
    /// Its name.
    pub name: String,
    /// How many nodes use it.
    pub count: u64,
    /// The first node that does.
    pub range: Range<u64>,
    /// The way to that node.
    pub route: String,
}

impl Operator {
    /// `domain::name`, or the name alone in the standard domain.
    #[must_use]
    pub fn full_name(&self) -> String {
        full_name(&self.domain, &self.name)
    }
}

/// `domain::name`, or the name alone in the standard domain.
#[must_use]
pub fn full_name(domain: &str, name: &str) -> String {
    if domain.is_empty() {
        name.to_owned()
    } else {
        format!("{domain}::{name}")
    }
}

/// A function that the file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its domain; empty for the standard one.
    pub domain: String,
    /// Its name.
    pub name: String,
    /// Which of several functions of that name it is.
    pub overload: String,
    /// Where it lies.
    pub range: Range<u64>,
    /// What its body and the graphs nested in it call: keys as [`Function::key`].
    pub calls: Vec<u64>,
}

/// A node whose attributes matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notable {
    /// Domain of its operator.
    pub domain: String,
    /// Its operator.
    pub operator: String,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// Where it lies.
    pub range: Range<u64>,
    /// The way to it.
    pub route: String,
}

impl Notable {
    /// The last attribute of that name, as readers take it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().rev().find(|a| a.name == name)
    }

    /// The text of an attribute.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|a| a.text.as_deref())
    }
}

/// An attribute of a node that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its text, cut, when it holds one.
    pub text: Option<String>,
    /// Its number, when it holds one.
    pub int: Option<i64>,
    /// How many bytes its text has.
    pub size: u64,
    /// Where it lies.
    pub range: Range<u64>,
}

/// Where the numbers of a tensor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Nowhere.
    None,
    /// As raw bytes, so many.
    Raw(u64),
    /// In a field of typed numbers, of so many bytes.
    Typed(u64),
    /// In another file.
    External,
}

/// A tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub dims: Vec<i64>,
    /// The number of its type.
    pub data_type: i64,
    /// Where its numbers are.
    pub stored: Stored,
    /// Where it lies.
    pub range: Range<u64>,
    /// Its place in [`Flow::values`], for initializers.
    pub value: Option<u32>,
}

/// A tensor whose numbers lie in another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// The tensor's name.
    pub tensor: String,
    /// Whether the tensor says that its numbers are outside: without that, readers ignore the rest.
    pub active: bool,
    /// What is said about the place, in the order of the file.
    pub entries: Vec<(String, String)>,
    /// Bytes that the dimensions need, where that is known.
    pub needed: Option<u64>,
    /// Where the tensor lies.
    pub range: Range<u64>,
    /// The way to it.
    pub route: String,
}

impl External {
    /// The last value of a key, as readers take it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let mut found = self.entries.iter().rev();
        found.find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// Every value of a key.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        let matching = self.entries.iter().filter(move |(k, _)| k == key);
        matching.map(|(_, v)| v.as_str())
    }
}

/// Who computes what from what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    /// Values by graph and name.
    pub values: Vec<Value>,
    /// Nodes.
    pub nodes: Vec<FlowNode>,
    /// Inputs and outputs of the nodes, one after the other: places in [`Flow::values`].
    pub links: Vec<u32>,
}

/// A value in a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    /// Its graph.
    pub graph: u32,
    /// Its name, hashed.
    pub name: u64,
    /// What makes it.
    pub made_by: MadeBy,
}

/// What makes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeBy {
    /// Nothing in its own graph: it comes from a graph around it, or from nowhere.
    Outside,
    /// The caller.
    Input,
    /// The file.
    Initializer,
    /// A node: its place in [`Flow::nodes`].
    Node(u32),
}

/// A node, as far as it matters who computes what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowNode {
    /// Its place in [`Model::operators`].
    pub operator: u32,
    /// Its graph.
    pub graph: u32,
    /// Its number within its graph.
    pub number: u32,
    /// Where its inputs begin in [`Flow::links`].
    pub first: u32,
    /// How many inputs it has.
    pub inputs: u32,
    /// How many outputs follow them.
    pub outputs: u32,
    /// Where it begins in the file.
    pub at: u64,
}

impl Flow {
    fn part(&self, first: u32, count: u32) -> &[u32] {
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let end = first.saturating_add(usize::try_from(count).unwrap_or(usize::MAX));
        self.links.get(first..end).unwrap_or(&[])
    }

    /// The inputs of a node.
    #[must_use]
    pub fn inputs(&self, node: &FlowNode) -> &[u32] {
        self.part(node.first, node.inputs)
    }

    /// The outputs of a node.
    #[must_use]
    pub fn outputs(&self, node: &FlowNode) -> &[u32] {
        self.part(node.first.saturating_add(node.inputs), node.outputs)
    }

    /// A value.
    #[must_use]
    pub fn value(&self, at: u32) -> Option<&Value> {
        self.values.get(usize::try_from(at).ok()?)
    }

    /// A node.
    #[must_use]
    pub fn node(&self, at: u32) -> Option<&FlowNode> {
        self.nodes.get(usize::try_from(at).ok()?)
    }
}

/// What some bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which bytes.
    pub range: Range<u64>,
    /// What.
    pub kind: RegionKind,
    /// Of which numbers, for weights.
    pub element: Option<ElementType>,
    /// The way to them.
    pub route: String,
}

/// A part that deserves its own look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Where it lies.
    pub range: Range<u64>,
    /// What its first bytes say that it is.
    pub kind: ma_core::Kind,
    /// The way to it.
    pub route: String,
}

/// Something that the specification does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// What.
    pub kind: AnomalyKind,
    /// Where.
    pub range: Range<u64>,
    /// The way to it.
    pub route: String,
}

/// What the specification does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnomalyKind {
    /// The encoding is violated.
    Broken(&'static str),
    /// A field that no version of the format has, in the outermost message.
    UnknownField(u32),
    /// A field that may be there once is there several times.
    Repeated(&'static str),
    /// A tensor has more or fewer bytes or numbers than its dimensions need.
    Size {
        /// Its name.
        tensor: String,
        /// Its dimensions as text.
        shape: String,
        /// What its dimensions need.
        needed: u64,
        /// What there is.
        present: u64,
        /// Of what: `bytes`, `numbers`, `strings`.
        unit: &'static str,
    },
    /// A negative dimension.
    Negative {
        /// The tensor's name.
        tensor: String,
        /// Its dimensions as text.
        shape: String,
    },
    /// Dimensions whose product does not fit 63 bits.
    Overflow {
        /// The tensor's name.
        tensor: String,
        /// Its dimensions as text.
        shape: String,
    },
    /// A tensor with its numbers in several places.
    SeveralPayloads {
        /// Its name.
        tensor: String,
        /// The places.
        places: Vec<&'static str>,
    },
    /// A type of numbers that does not exist.
    DataType {
        /// The tensor's name.
        tensor: String,
        /// The number of the type.
        number: i64,
    },
    /// A tensor that is a part of a larger one, which no reader supports.
    Segment(String),
    /// A value that two nodes compute.
    TwiceAssigned(String),
    /// Two initializers of one name.
    TwiceInitialized(String),
    /// No set of operators is named.
    NoOpset,
    /// Graphs nested deeper than any reader follows.
    TooDeep(u32),
}

/// What did not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// What it is.
    pub what: &'static str,
    /// How many were kept.
    pub kept: u64,
    /// How many there are.
    pub seen: u64,
}

/// Names of the types of numbers, by their number in the format.
const TYPES: [(&str, u64); 29] = [
    ("undefined", 0),
    ("float32", 32),
    ("uint8", 8),
    ("int8", 8),
    ("uint16", 16),
    ("int16", 16),
    ("int32", 32),
    ("int64", 64),
    ("string", 0),
    ("bool", 8),
    ("float16", 16),
    ("float64", 64),
    ("uint32", 32),
    ("uint64", 64),
    ("complex64", 64),
    ("complex128", 128),
    ("bfloat16", 16),
    ("float8e4m3fn", 8),
    ("float8e4m3fnuz", 8),
    ("float8e5m2", 8),
    ("float8e5m2fnuz", 8),
    ("uint4", 4),
    ("int4", 4),
    ("float4e2m1", 4),
    ("float8e8m0", 8),
    ("uint2", 2),
    ("int2", 2),
    ("float6e2m3", 6),
    ("float6e3m2", 6),
];

fn type_entry(number: i64) -> Option<&'static (&'static str, u64)> {
    TYPES.get(usize::try_from(number).ok()?)
}

/// The name of a type of numbers.
#[must_use]
pub fn type_name(number: i64) -> String {
    type_entry(number).map_or_else(|| format!("type {number}"), |(name, _)| (*name).to_owned())
}

/// Bits of one number; `None` for text and for types that do not exist.
#[must_use]
pub fn type_bits(number: i64) -> Option<u64> {
    type_entry(number).map(|(_, bits)| *bits).filter(|b| *b > 0)
}

/// What the numbers are to those who look at weights.
#[must_use]
pub fn element(number: i64) -> Option<ElementType> {
    Some(match number {
        1 => ElementType::F32,
        10 => ElementType::F16,
        11 => ElementType::F64,
        16 => ElementType::Bf16,
        2 | 3 | 9 => ElementType::Int(1),
        4 | 5 => ElementType::Int(2),
        6 | 12 => ElementType::Int(4),
        7 | 13 => ElementType::Int(8),
        14..=28 => ElementType::Other,
        _ => return None,
    })
}

/// Dimensions as text: `[1, 3, 224]`, cut after 16.
#[must_use]
pub fn shape_text(dims: &[i64]) -> String {
    let mut parts: Vec<String> = dims.iter().take(16).map(i64::to_string).collect();
    if dims.len() > 16 {
        parts.push("…".to_owned());
    }
    format!("[{}]", parts.join(", "))
}
