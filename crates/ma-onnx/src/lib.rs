#![doc = include_str!("../README.md")]
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`model`] | a model as plain data, a byte range on everything |
//! | [`parse`](mod@parse) | bytes to model: the outermost message, graphs, nodes, tensors, ONNX Runtime's FlatBuffers |
//! | [`rules`] | one file per rule |
//! | [`scanner`] | probe, parse, rules, regions, children; what `inspect` shows |

mod flow;
#[doc(hidden)]
pub mod fuzz;
mod inspect;
pub mod model;
pub mod parse;
mod paths;
pub mod rules;
pub mod scanner;
mod tables;

pub use rules::RULES;
pub use scanner::Onnx;

use ma_core::Scanner;

/// The scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![Box::new(Onnx)]
}
