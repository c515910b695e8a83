//! Graphs: reading, following values, reachability.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`model`] | a graph as it is kept |
//! | [`read`] | GraphDef and FunctionDefLibrary to the model |
//! | [`tensor`] | TensorProto: headers, strings, small numbers |
//! | [`attributes`] | attributes of a node, when they are asked for |
//! | [`value`] | what is known of a string |
//! | [`flow`] | where the value of an input comes from |
//! | [`reach`] | what runs when |
//! | [`embedded`] | what a string begins like |
//! | [`uses`] | uses of operators that can do something |
//! | [`text`] | the text form, as the same bytes |

pub mod attributes;
pub mod embedded;
pub mod flow;
pub mod model;
pub mod reach;
pub mod read;
mod schema;
pub mod tensor;
pub mod text;
pub mod uses;
pub mod value;

pub use model::{Graph, NodeId, ScopeId};
pub use read::read_graph;
