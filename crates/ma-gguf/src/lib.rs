#![doc = include_str!("../README.md")]
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`model`] | a GGUF file as plain data |
//! | [`mod@parse`] | bytes to model: header, keys, tensor descriptions, where the data lies |
//! | [`types`] | tables: tensor types, value types, well-known keys |
//! | [`legacy`] | ggml, ggmf, ggjt and LoRA files, whisper.cpp's models, saved sessions |
//! | [`llamafile`] | executables with a model inside |
//! | [`rules`] | one file per rule |
//! | [`scanner`] | probe, parse, rules; hands out templates and regions |

#[doc(hidden)]
pub mod fuzz;
mod inspect;
pub mod legacy;
pub mod llamafile;
pub mod model;
pub mod parse;
pub mod rules;
pub mod scanner;
pub mod types;

#[cfg(test)]
#[path = "../tests/build/mod.rs"]
mod build;

use ma_core::Scanner;

pub use legacy::Ggml;
pub use llamafile::Llamafile;
pub use parse::parse;
pub use scanner::Gguf;

/// All scanners of this crate.
#[must_use]
pub fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![Box::new(Gguf), Box::new(Ggml), Box::new(Llamafile)]
}
