//! Detectors look at content by its kind, for any format: a scanner says "these bytes are text", and
//! whoever looks for things in text sees them, in one pass over the bytes.

use std::ops::Range;

use crate::cx::Cx;
use crate::scanner::{FormatInfo, ScanError};

/// What the bytes of a region are to the loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RegionKind {
    /// Raw numbers that no loader interprets.
    Weights,
    /// Text for people (documentation, descriptions).
    Text,
    /// Short values beside the model (names, settings).
    Metadata,
    /// Lists of words or tokens (a tokenizer's vocabulary): every word occurs in them, so only what
    /// proves itself counts.
    Vocabulary,
    /// Source or machine code.
    Code,
    /// Bytes that belong to nothing (padding, gaps, trailers).
    Unclaimed,
}

/// A byte range of an artifact and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Where, in the artifact's blob.
    pub range: Range<u64>,
    /// What.
    pub kind: RegionKind,
    /// The way to it inside the structure (a tensor's name, a key); empty when it has none.
    pub route: String,
}

/// Looks for something in content of some kinds.
pub trait Detector: Send + Sync {
    /// Its name and rules; `kinds` and `extensions` are not used.
    fn info(&self) -> &'static FormatInfo;

    /// Whether it wants to see regions of this kind.
    fn wants(&self, kind: RegionKind) -> bool;

    /// Starts on a region.
    fn begin(&self, region: &Region) -> Box<dyn DetectorPass>;
}

/// One detector's walk over one region. Blocks come in order and without holes; nothing may be
/// assumed of where they are cut.
pub trait DetectorPass {
    /// The next block; `offset` is that of its first byte in the artifact.
    ///
    /// # Errors
    /// When the scan is to stop.
    fn feed(&mut self, offset: u64, block: &[u8], cx: &mut Cx<'_>) -> Result<(), ScanError>;

    /// The end of the region.
    ///
    /// # Errors
    /// When the scan is to stop.
    fn finish(&mut self, cx: &mut Cx<'_>) -> Result<(), ScanError>;
}
