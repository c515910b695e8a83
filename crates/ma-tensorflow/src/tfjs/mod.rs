//! TensorFlow.js models: `model.json` and its weights.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`model`] | plain data, a byte range on everything |
//! | [`parse`](mod@parse) | `model.json` to model and anomalies |
//! | [`graph`] | nodes of a graph model |
//! | [`weights`] | the manifest of weights, and the files with weights |
//! | [`rules`] | what is an issue |
//! | [`scanner`] | probe, parse, rules, regions and children |

pub mod graph;
pub mod model;
pub mod parse;
pub mod rules;
pub mod scanner;
pub mod weights;

pub use scanner::{TfJs, TfJsShard};
