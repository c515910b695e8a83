//! How much is kept of a file. What lies beyond is counted, and said in a gap.

/// Nodes whose inputs and outputs are kept.
pub const NODES: usize = 250_000;
/// Inputs and outputs of those nodes.
pub const LINKS: usize = 2_000_000;
/// Values.
pub const VALUES: usize = 500_000;
/// Tensors that are kept for listings and for comparing them; all are checked.
pub const TENSORS: usize = 50_000;
/// Tensors whose numbers lie in other files.
pub const EXTERNAL: usize = 50_000;
/// Graphs, nested ones included.
pub const GRAPHS: usize = 20_000;
/// Inputs and outputs of all graphs.
pub const PORTS: usize = 100_000;
/// Different operators.
pub const OPERATORS: usize = 20_000;
/// Functions.
pub const FUNCTIONS: usize = 50_000;
/// Calls from functions.
pub const CALLS: usize = 1_000_000;
/// Nodes whose attributes are kept.
pub const NOTABLE: usize = 2_000;
/// Attributes of such a node.
pub const ATTRIBUTES: usize = 200;
/// What the specification does not allow.
pub const ANOMALIES: usize = 2_000;
/// Parts with a look of their own.
pub const EMBEDDED: usize = 500;
/// Regions of bytes of one kind.
pub const CLAIMS: usize = 3_000;
/// Those that are no large tensors.
pub const SMALL_CLAIMS: usize = 1_000;
/// Bytes of a tensor that is large in this sense.
pub const LARGE_CLAIM: u64 = 256;
/// Metadata properties.
pub const PROPERTIES: usize = 1_000;
/// Sets of operators.
pub const OPSETS: usize = 1_000;
/// Dimensions of a tensor that are kept.
pub const DIMS: usize = 64;
/// Entries about one tensor in another file.
pub const ENTRIES: usize = 64;
/// Pieces of one message that is written several times.
pub const PIECES: usize = 64;
/// Attributes of one node.
pub const NODE_ATTRIBUTES: usize = 100_000;
/// How deep graphs may nest: protobuf readers stop at 100 messages, three for each graph.
pub const DEPTH: u32 = 100;
/// Bytes of all names and texts that are kept together.
pub const KEPT: usize = 24 << 20;
/// Inputs or outputs of one node.
pub const NODE_LINKS: usize = 100_000;
/// Bytes kept of a name.
pub const NAME: usize = 1_024;
/// Bytes kept of a value that is shown.
pub const TEXT: usize = 4_096;
/// Text of at least so many bytes may be something of its own.
pub const EMBEDDED_MIN: u64 = 1_024;
/// Numbers in a field of at most so many bytes are counted one by one.
pub const COUNTED: u64 = 65_536;
