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

/// What the numbers of a region of weights are. Little-endian unless [`Region::big_endian`] says
/// otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ElementType {
    /// IEEE 754 half precision, 2 bytes.
    F16,
    /// The upper half of an [`ElementType::F32`], 2 bytes.
    Bf16,
    /// IEEE 754 single precision, 4 bytes.
    F32,
    /// IEEE 754 double precision, 8 bytes.
    F64,
    /// Integers of that many bytes.
    Int(u8),
    /// Anything else: quantised blocks, complex numbers, records, 8-bit floats.
    Other,
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
    /// What its numbers are, for weights, where that is known and the same for the whole region.
    pub element: Option<ElementType>,
    /// Whether its numbers have their highest byte first.
    pub big_endian: bool,
}

impl Region {
    /// A region without a route.
    #[must_use]
    pub fn new(range: Range<u64>, kind: RegionKind) -> Self {
        Self {
            range,
            kind,
            route: String::new(),
            element: None,
            big_endian: false,
        }
    }

    /// With this way inside the structure.
    #[must_use]
    pub fn route(mut self, route: impl Into<String>) -> Self {
        self.route = route.into();
        self
    }

    /// With numbers of this type.
    #[must_use]
    pub fn element(mut self, element: impl Into<Option<ElementType>>) -> Self {
        self.element = element.into();
        self
    }

    /// With the highest byte of its numbers first, or not.
    #[must_use]
    pub fn big_endian(mut self, big_endian: bool) -> Self {
        self.big_endian = big_endian;
        self
    }
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
