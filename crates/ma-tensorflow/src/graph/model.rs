//! A graph as it is kept: small fixed-size records for nodes, and ranges of bytes for everything that is
//! read again when it is needed. A million nodes cost some eighty megabytes; names and constants are not
//! kept.

use std::collections::HashMap;
use std::ops::Range;

use ma_wire::Broken;

use crate::ops::{Class, Lookup, Operator, lookup};

/// A name as it is kept: eight bytes. Whoever looks one up compares the name itself.
pub type NameHash = u64;

/// The position of a node in [`Graph::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// The position of a scope in [`Graph::scopes`]; 0 is the main graph, all others are functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// The main graph.
pub const MAIN: ScopeId = ScopeId(0);

/// A node.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where its message lies.
    pub range: Range<u64>,
    /// Its name.
    pub name: NameHash,
    /// Its operator, as a position in [`Graph::operators`].
    pub operator: u32,
    /// The first of its inputs in [`Graph::inputs`].
    pub(crate) first_input: u32,
    /// How many there are.
    pub(crate) inputs: u32,
    /// Which graph it belongs to.
    pub scope: ScopeId,
}

/// An input of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// The node or argument that it comes from.
    pub name: NameHash,
    /// Which output of it.
    pub port: u32,
    /// True when only the order matters (`^name`).
    pub control: bool,
}

/// The main graph, or a function of the library.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Name of the function; empty for the main graph.
    pub name: String,
    /// Where its message lies.
    pub range: Range<u64>,
    /// Its nodes.
    pub nodes: Range<u32>,
    /// The names of the arguments of a function, in order.
    pub arguments: Vec<String>,
    /// The names of its results, in order.
    pub results: Vec<String>,
    /// Where the results come from: name of the result, input.
    pub returned: Vec<(String, Input)>,
}

/// An operator that the graph uses.
#[derive(Debug, Clone)]
pub struct OperatorUse {
    /// Its name.
    pub name: String,
    /// How many nodes have it.
    pub count: u64,
    /// The first of them.
    pub first: Range<u64>,
    /// In which graph that is.
    pub first_scope: ScopeId,
    /// What is known of it.
    pub known: Lookup,
    /// The function of the library that has its name.
    pub function: Option<ScopeId>,
}

impl OperatorUse {
    /// Its entry in the table. A function of the same name changes nothing: TensorFlow refuses it, and
    /// whoever takes it hides what the operator does.
    #[must_use]
    pub fn operator(&self) -> Option<&'static Operator> {
        match self.known {
            Lookup::Operator(operator) => Some(operator),
            _ => None,
        }
    }

    /// What it can do.
    #[must_use]
    pub fn class(&self) -> Class {
        self.operator().map_or(Class::Plain, |o| o.class)
    }
}

/// A node that names a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The node.
    pub node: NodeId,
    /// The attribute that names it (`f`, `then_branch`); empty when the operator itself does.
    pub attribute: String,
    /// The function's name.
    pub function: NameHash,
}

/// A string in the graph that begins like a file or a message of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Where the string lies.
    pub range: Range<u64>,
    /// The node that holds it.
    pub node: Option<NodeId>,
    /// What it is.
    pub what: EmbeddedKind,
    /// True when the string is Base64 of it.
    pub base64: bool,
}

/// What a string is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EmbeddedKind {
    /// A serialised graph or function library.
    Graph,
    /// A serialised SavedModel or meta graph.
    Model,
    /// A pickle.
    Pickle,
    /// A native executable.
    Executable,
    /// A zip archive.
    Zip,
    /// A script with an interpreter line.
    Script,
}

/// A constant that is larger than its bytes, or has a shape that can't be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddShape {
    /// Where the tensor lies.
    pub range: Range<u64>,
    /// The node that holds it.
    pub node: NodeId,
    /// What is wrong.
    pub what: ShapeFault,
    /// The shape.
    pub shape: Vec<i64>,
}

/// What is wrong with a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeFault {
    /// A dimension below zero.
    Negative,
    /// More elements than can be counted.
    Overflow,
    /// A few bytes that stand for very many.
    Bomb {
        /// Bytes that the tensor takes in memory.
        bytes: u64,
        /// Bytes in the file.
        stored: u64,
    },
    /// Another number of bytes than the shape asks for.
    Size {
        /// Bytes that the shape asks for.
        wanted: u64,
        /// Bytes in the file.
        stored: u64,
    },
}

/// Raw numbers or strings of a constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// Where they lie.
    pub range: Range<u64>,
    /// The code of the element type.
    pub dtype: u64,
    /// How many strings there are; 0 for numbers.
    pub strings: u64,
}

/// What was not kept because there is too much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cut {
    /// Nodes.
    Nodes,
    /// Functions.
    Functions,
    /// Different operators.
    Operators,
    /// Inputs.
    Inputs,
    /// Strings that begin like files.
    Embedded,
    /// Calls.
    Calls,
}

/// A graph with its function library.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The main graph and the functions.
    pub scopes: Vec<Scope>,
    /// The nodes of all of them.
    pub nodes: Vec<Node>,
    /// The inputs of all nodes.
    pub inputs: Vec<Input>,
    /// The operators in the order in which they appear.
    pub operators: Vec<OperatorUse>,
    /// Nodes that name functions.
    pub calls: Vec<Call>,
    /// Gradient functions: function, its gradient.
    pub gradients: Vec<(NameHash, NameHash)>,
    /// Strings that begin like files.
    pub embedded: Vec<Embedded>,
    /// Shapes that can't be or cost too much.
    pub shapes: Vec<OddShape>,
    /// Constants worth showing to detectors.
    pub constants: Vec<Constant>,
    /// Nodes that are placed on another machine, and how many.
    pub remote: Vec<(NodeId, String)>,
    /// Where the encoding is violated.
    pub broken: Vec<Broken>,
    /// What was not kept.
    pub cut: Vec<Cut>,
    /// Function names that occur twice.
    pub twice: Vec<ScopeId>,
    /// Nodes that nothing was kept of but their operator.
    pub uncounted: u64,
    /// Calls by attribute, which are in the order of the nodes.
    pub(crate) ordered_calls: usize,
    pub(crate) by_function: HashMap<NameHash, ScopeId>,
}

impl Graph {
    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(usize::try_from(id.0).ok()?)
    }

    /// A scope.
    #[must_use]
    pub fn scope(&self, id: ScopeId) -> Option<&Scope> {
        self.scopes.get(usize::try_from(id.0).ok()?)
    }

    /// The nodes of a scope.
    pub fn nodes_of(&self, scope: ScopeId) -> impl Iterator<Item = (NodeId, &Node)> {
        let range = self.scope(scope).map_or(0..0, |s| s.nodes.clone());
        let from = usize::try_from(range.start).unwrap_or(usize::MAX);
        let to = usize::try_from(range.end).unwrap_or(usize::MAX);
        let nodes = self.nodes.get(from..to).unwrap_or(&[]);
        range.map(NodeId).zip(nodes)
    }

    /// The inputs of a node, control inputs among them.
    #[must_use]
    pub fn inputs_of(&self, node: &Node) -> &[Input] {
        let start = usize::try_from(node.first_input).unwrap_or(usize::MAX);
        let len = usize::try_from(node.inputs).unwrap_or(usize::MAX);
        self.inputs
            .get(start..start.saturating_add(len))
            .unwrap_or(&[])
    }

    /// The data input of that number.
    #[must_use]
    pub fn input(&self, node: &Node, index: usize) -> Option<Input> {
        let data = self.inputs_of(node).iter().filter(|i| !i.control);
        data.copied().nth(index)
    }

    /// How its operator is used.
    #[must_use]
    pub fn operator_of(&self, node: &Node) -> Option<&OperatorUse> {
        self.operators.get(usize::try_from(node.operator).ok()?)
    }

    /// The function of that name.
    #[must_use]
    pub fn function(&self, name: NameHash) -> Option<ScopeId> {
        self.by_function.get(&name).copied()
    }

    /// The functions that a node names.
    pub fn calls_of(&self, node: NodeId) -> impl Iterator<Item = &Call> {
        // In the order of the nodes, but those where the operator itself is a function: they come last.
        let start = self
            .calls
            .get(..self.ordered_calls)
            .unwrap_or(&[])
            .partition_point(|c| c.node < node);
        let named = self.calls.get(start..self.ordered_calls).unwrap_or(&[]);
        let direct = self.calls.get(self.ordered_calls..).unwrap_or(&[]);
        let from = direct.partition_point(|c| c.node < node);
        let direct = direct.get(from..).unwrap_or(&[]);
        let named = named.iter().take_while(move |c| c.node == node);
        named.chain(direct.iter().take_while(move |c| c.node == node))
    }

    pub(crate) fn note_cut(&mut self, cut: Cut) {
        if !self.cut.contains(&cut) {
            self.cut.push(cut);
        }
    }
}

impl OperatorUse {
    pub(crate) fn new(name: String, first: Range<u64>, first_scope: ScopeId) -> Self {
        let known = lookup(&name);
        Self {
            name,
            count: 0,
            first,
            first_scope,
            known,
            function: None,
        }
    }
}

/// The hash under which a name is kept (FNV-1a, so that it is the same everywhere).
#[must_use]
pub fn hash(name: &[u8]) -> NameHash {
    name.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
