//! Detectors look at content by its kind, for any format: a scanner says "these bytes are text", and
//! whoever looks for things in text sees them, in one pass over the bytes, on all cores.
//!
//! A region is cut into [`Piece`]s. A detector keeps no state from one piece to the next; it sees
//! [`BEFORE`] bytes in front of a piece and [`AFTER`] behind it, and reports what begins in the piece
//! itself. So pieces can be looked at in any order and the result is the same.

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

/// Bytes in front of a piece's own that a detector sees too, where the region has them.
pub const BEFORE: usize = 4096;

/// Bytes behind a piece's own that a detector sees too, where the region has them.
pub const AFTER: usize = 8192;

/// A part of a region, with some of what lies around it. The pieces of a region cover it without
/// holes and without overlap of what is their own.
#[derive(Debug, Clone)]
pub struct Piece<'a> {
    /// The region that it is a part of.
    pub region: &'a Region,
    /// Up to [`BEFORE`] bytes of the region, the piece's own, and up to [`AFTER`] more.
    pub bytes: &'a [u8],
    /// Where the first of [`Piece::bytes`] lies in the artifact.
    pub offset: u64,
    /// Which of the bytes are the piece's own.
    pub own: Range<usize>,
}

impl<'a> Piece<'a> {
    /// The piece's own bytes and what follows them.
    #[must_use]
    pub fn ahead(&self) -> &'a [u8] {
        self.bytes.get(self.own.start..).unwrap_or(&[])
    }

    /// The bytes from `at` on, which counts in [`Piece::bytes`].
    #[must_use]
    pub fn from(&self, at: usize) -> &'a [u8] {
        self.bytes.get(at..).unwrap_or(&[])
    }

    /// Whether what begins at `at` is this piece's to report, and no other's.
    #[must_use]
    pub fn owns(&self, at: usize) -> bool {
        self.own.contains(&at)
    }

    /// Where the byte at `at` lies in the artifact.
    #[must_use]
    pub fn position(&self, at: usize) -> u64 {
        self.offset.saturating_add(at as u64)
    }

    /// The byte in front of `at`, if the region has one.
    #[must_use]
    pub fn before(&self, at: usize) -> Option<u8> {
        at.checked_sub(1).and_then(|i| self.bytes.get(i)).copied()
    }
}

/// Looks for something in content of some kinds.
pub trait Detector: Send + Sync {
    /// Its name and rules; `kinds` and `extensions` are not used.
    fn info(&self) -> &'static FormatInfo;

    /// Whether it wants to see regions of this kind.
    fn wants(&self, kind: RegionKind) -> bool;

    /// Starts on a region.
    fn begin<'d>(&'d self, region: &'d Region) -> Box<dyn DetectorPass + 'd>;
}

/// One detector's look at one region. Pieces come in any order and on several threads at once, cut
/// anywhere; whatever begins in a piece's own bytes is reported with that piece and no other, so what
/// is found does not depend on the cuts.
pub trait DetectorPass: Send + Sync {
    /// Looks at a piece. What is counted over the whole region is kept in atomic counters, which give
    /// the same sum in any order.
    ///
    /// # Errors
    /// When the scan is to stop.
    fn look(&self, piece: &Piece<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError>;

    /// After all pieces of the region.
    ///
    /// # Errors
    /// When the scan is to stop.
    fn finish(&self, _cx: &mut Cx<'_>) -> Result<(), ScanError> {
        Ok(())
    }
}
