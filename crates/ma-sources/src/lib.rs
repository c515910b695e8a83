#![doc = include_str!("../README.md")]
//!
//! ## Modules
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`local`] | files and directories |
//! | `resolve` | the one way in: what a target is |
//! | `scheme` | targets that are URLs |
//! | `spool` | pipes and standard input |
//! | `names` | names of files as text |

pub mod local;
mod names;
mod resolve;
mod scheme;
mod spool;

pub use names::{closest, shown};
pub use resolve::{ResolveError, ResolveErrorKind, ResolveOptions, resolve, try_resolve};
