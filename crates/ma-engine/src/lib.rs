#![doc = include_str!("../README.md")]
//!
//! | module | what it does |
//! | --- | --- |
//! | [`registry`] | the scanners, openers and detectors that take part |
//! | [`config`] | what a run is told |
//! | [`run`] | targets to report: files in parallel, results in order |
//! | [`tree`] | one target and all that lies in it, by worklist |
//! | [`dispatch`] | which scanners and openers take an artifact |
//! | [`content`] | detectors over regions, one pass on all cores |
//! | `hashes` | digests of whole files, when asked for |
//! | [`identity`] | the rule about names that belie the content |
//! | [`touched`] | how much of a file was really read |
//! | [`inspect`] | what the formats show of a file |

pub mod config;
pub mod content;
pub mod dispatch;
mod hashes;
pub mod identity;
pub mod inspect;
pub mod progress;
pub mod registry;
pub mod run;
pub mod touched;
pub mod tree;

pub use config::EngineConfig;
pub use progress::{Progress, Quiet};
pub use registry::Registry;
pub use run::Engine;
