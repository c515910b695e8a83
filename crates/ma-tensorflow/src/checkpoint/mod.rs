//! Checkpoints: the index, the data beside it, and the `checkpoint` file that names the latest.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`model`] | plain data, a byte range on everything |
//! | [`table`] | the sorted table that an index is |
//! | [`parse`](mod@parse) | an index to model and anomalies |
//! | [`data`] | data files: what their bytes are, by their index |
//! | [`state`] | the `checkpoint` file |
//! | [`rules`] | what is an issue |
//! | [`scanner`] | probe, parse, rules, regions |

pub mod data;
pub mod model;
pub mod parse;
pub mod rules;
pub mod scanner;
pub mod state;
pub mod table;

pub use scanner::{CheckpointData, CheckpointIndex, CheckpointState};
