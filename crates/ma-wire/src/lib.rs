#![doc = include_str!("../README.md")]
//!
//! | module | what it reads |
//! | --- | --- |
//! | [`protobuf`] | the wire encoding of Protocol Buffers, field by field, by range |
//! | [`flatbuffers`] | FlatBuffers tables, lazily and bounds-checked |
//! | [`json`] | JSON as a stream of events, or as a tree with spans and duplicate keys |
//! | [`base64`] | base64, leniently |
//! | [`content`] | what stray bytes look like |
//! | [`pages`] | random access in small steps, for readers that hop |

pub mod base64;
pub mod content;
pub mod flatbuffers;
pub mod json;
pub mod pages;
pub mod protobuf;

mod fault;

pub use content::Content;
pub use fault::{Broken, Fault, OrBroken};

/// Bodies of fuzz targets: they must return, whatever the bytes.
#[doc(hidden)]
pub mod fuzz;
