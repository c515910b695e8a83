//! What is an issue in an R file: the one list.

mod active_binding;
mod altrep;
mod captured_environment;
mod dangerous_call;
mod depth;
mod external_pointer;
mod hidden_bytecode;
mod hook;
mod length;
mod malformed;
mod outside_reference;
mod promise;
mod shadowed_function;
mod trailing_data;

use std::ops::Range;

use ma_core::{Issue, Rule};
use ma_wire::Content;

use crate::deparse::deparse;
use crate::facts::Facts;
use crate::model::{Anomaly, Model, Node, NodeId};
use crate::route::route;

pub use active_binding::ACTIVE_BINDING;
pub use altrep::ALTREP;
pub use captured_environment::CAPTURED_ENVIRONMENT;
pub use dangerous_call::DANGEROUS_CALL;
pub use depth::DEPTH;
pub use external_pointer::EXTERNAL_POINTER;
pub use hidden_bytecode::HIDDEN_BYTECODE;
pub use hook::HOOK;
pub use length::LENGTH;
pub use malformed::MALFORMED;
pub use outside_reference::OUTSIDE_REFERENCE;
pub use promise::PROMISE;
pub use shadowed_function::SHADOWED_FUNCTION;
pub use trailing_data::TRAILING_DATA;

/// All rules of this crate.
pub static RULES: &[&Rule] = &[
    &PROMISE,
    &ACTIVE_BINDING,
    &HOOK,
    &SHADOWED_FUNCTION,
    &DANGEROUS_CALL,
    &HIDDEN_BYTECODE,
    &ALTREP,
    &OUTSIDE_REFERENCE,
    &EXTERNAL_POINTER,
    &MALFORMED,
    &LENGTH,
    &TRAILING_DATA,
    &DEPTH,
    &CAPTURED_ENVIRONMENT,
];

/// The issues of one rule that are reported.
const MAX_ISSUES: usize = 100;

/// What follows the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trailer {
    /// Another stream.
    Stream,
    /// What it looks like.
    Other(Content),
}

/// Bytes after the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trailing {
    pub(crate) range: Range<u64>,
    pub(crate) content: Trailer,
}

/// What the rules look at.
pub(crate) struct Input<'a> {
    pub(crate) model: &'a Model,
    pub(crate) facts: &'a Facts,
    pub(crate) anomalies: &'a [Anomaly],
    pub(crate) trailing: Option<Trailing>,
}

/// All issues of a stream.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let checks: [fn(&Input<'_>) -> Vec<Issue>; 14] = [
        promise::check,
        active_binding::check,
        hook::check,
        shadowed_function::check,
        dangerous_call::check,
        hidden_bytecode::check,
        altrep::check,
        outside_reference::check,
        external_pointer::check,
        malformed::check,
        length::check,
        trailing_data::check,
        depth::check,
        captured_environment::check,
    ];
    checks.iter().flat_map(|check| check(input)).collect()
}

/// The code of an object, shortened.
fn code(model: &Model, id: NodeId) -> String {
    deparse(model, id)
}

/// The issue at its place.
fn whose(input: &Input<'_>, id: NodeId, issue: Issue) -> Issue {
    let issue = issue.route(route(input.model, id));
    match input.model.node(id) {
        Some(node) => issue.at(node.range()),
        None => issue,
    }
}

/// The name to which an object is bound.
fn binding(model: &Model, id: NodeId) -> Option<&str> {
    let cell = model.at(model.node(id)?.parent)?;
    model.at(cell.tag).and_then(Node::text)
}

#[cfg(test)]
mod tests;
