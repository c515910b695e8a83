//! LiteRT (TensorFlow Lite) models: FlatBuffers with the identifier `TFL3`.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`model`] | plain data, a byte range on everything |
//! | [`parse`](mod@parse) | bytes to model and anomalies |
//! | [`rules`] | what is an issue |
//! | [`verdict`] | what a TensorFlow operator does with the arguments that are known |
//! | [`scanner`] | probe, parse, rules, regions and children |

#[doc(hidden)]
pub mod fuzz;
mod inspect;
pub mod model;
pub mod parse;
pub mod rules;
pub mod scanner;
pub mod schema;
pub mod verdict;

pub use scanner::TfLite;
