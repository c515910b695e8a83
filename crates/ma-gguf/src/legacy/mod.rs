//! Files of the time before GGUF: ggml, ggmf, ggjt, LoRA adapters and saved sessions.

mod parse;
mod scanner;

use std::ops::Range;

pub use parse::parse;
pub use scanner::Ggml;

/// One of the magics, as it is on disk: a little-endian number whose letters are reversed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Magic {
    /// The first bytes of the file.
    pub bytes: [u8; 4],
    /// The name that the number spells.
    pub name: &'static str,
    /// Whether a version follows.
    pub versioned: bool,
    /// Whether it is the state of a session and no model.
    pub session: bool,
}

/// The magics.
pub const MAGICS: [Magic; 7] = [
    magic(*b"lmgg", "ggml", false, false),
    magic(*b"mmgg", "ggmm", false, false),
    magic(*b"fmgg", "ggmf", true, false),
    magic(*b"tjgg", "ggjt", true, false),
    magic(*b"algg", "ggla", true, false),
    magic(*b"nsgg", "ggsn", true, true),
    magic(*b"qsgg", "ggsq", true, true),
];

const fn magic(bytes: [u8; 4], name: &'static str, versioned: bool, session: bool) -> Magic {
    Magic {
        bytes,
        name,
        versioned,
        session,
    }
}

/// The magic that a file begins with.
#[must_use]
pub fn magic_of(head: &[u8]) -> Option<Magic> {
    MAGICS.into_iter().find(|m| head.starts_with(&m.bytes))
}

/// Why a file could not be read to its end in the layout that fits best.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub what: String,
    /// Whether a number overflows the arithmetic of loaders.
    pub overflow: bool,
    /// Where.
    pub range: Range<u64>,
    /// The tensor that it is about; empty outside tensors.
    pub route: String,
}

/// A tensor of an old file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name, decoded leniently.
    pub name: String,
    /// Dimensions, fastest first.
    pub dims: Vec<u64>,
    /// Type number.
    pub kind: u32,
    /// Its data.
    pub data: Range<u64>,
}

/// An old file as read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Old {
    /// The name of the magic.
    pub magic: &'static str,
    /// The version, where the file has one.
    pub version: Option<u32>,
    /// The name of the layout; `None` when no known one fits.
    pub layout: Option<&'static str>,
    /// True for the state of a session.
    pub session: bool,
    /// True when type sizes are those from before May 2023.
    pub old_sizes: bool,
    /// The numbers at the start, by name.
    pub hparams: Vec<(&'static str, u32)>,
    /// The list of words.
    pub vocab: Range<u64>,
    /// Number of words read.
    pub words: u64,
    /// Bytes of the longest word.
    pub longest_word: u64,
    /// Number of tensors read.
    pub tensors_read: u64,
    /// The first tensors.
    pub tensors: Vec<Tensor>,
    /// Data of tensors, adjacent ones joined.
    pub data: Vec<Range<u64>>,
    /// How far the file was understood.
    pub end: u64,
    /// What is wrong there.
    pub problem: Option<Problem>,
}
