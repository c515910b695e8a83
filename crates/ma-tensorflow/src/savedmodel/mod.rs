//! SavedModel, MetaGraph, frozen graphs, Keras metadata: the messages around a graph.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`model`] | plain data, a byte range on everything |
//! | [`read`] | bytes to the model |
//! | [`form`] | which of these messages a file is |
//! | [`scanner`] | probe, read, rules, children |

mod children;
pub mod form;
mod inspect;
pub mod model;
mod objects;
mod parts;
pub mod read;
pub mod scanner;

pub use form::Form;
pub use scanner::TensorFlowGraph;
