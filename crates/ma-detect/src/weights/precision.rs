//! 32-bit floats that are 16-bit ones (`bfloat16`) widened have sixteen zero bits. A few that do not,
//! in a region where all others do, were changed afterwards.

use std::io;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use ma_core::{Blob, ElementType, Piece, Region, ScanError};

/// Numbers below which nothing is said.
const MIN_NUMBERS: u64 = 16_384;

/// Places of a region that are looked at to see whether it is of this kind, and bytes at each.
const SPOTS: u64 = 16;
const SPOT: usize = 1024;

/// Per cent of the numbers that may be odd.
const MAX_ODD: u64 = 5;

/// What is counted of one region.
pub(super) struct Precision {
    range: Range<u64>,
    big_endian: bool,
    possible: bool,
    /// Whether samples say that the region is of this kind.
    widened: OnceLock<bool>,
    nonzero: AtomicU64,
    odd: AtomicU64,
    first: AtomicU64,
    last: AtomicU64,
}

/// The numbers that use all their bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Odd {
    pub(super) count: u64,
    pub(super) numbers: u64,
    pub(super) range: Range<u64>,
}

#[derive(Default)]
struct Tally {
    nonzero: u64,
    odd: u64,
    /// Whether the lowest of the sixteen bits that count is in use.
    fine: u64,
    first: Option<u64>,
    last: u64,
}

impl Precision {
    pub(super) fn new(region: &Region) -> Self {
        let numbers = region.range.end.saturating_sub(region.range.start) / 4;
        Self {
            range: region.range.clone(),
            big_endian: region.big_endian,
            possible: region.element == Some(ElementType::F32) && numbers >= MIN_NUMBERS,
            widened: OnceLock::new(),
            nonzero: AtomicU64::new(0),
            odd: AtomicU64::new(0),
            first: AtomicU64::new(u64::MAX),
            last: AtomicU64::new(0),
        }
    }

    /// Counts the numbers that begin in the piece's own bytes.
    pub(super) fn look(&self, piece: &Piece<'_>, blob: &Blob) -> Result<(), ScanError> {
        if !self.possible {
            return Ok(());
        }
        let widened = match self.widened.get() {
            Some(widened) => *widened,
            None => {
                // The same answer whichever thread asks first.
                let widened = self.sample(blob)?;
                *self.widened.get_or_init(|| widened)
            }
        };
        if !widened {
            return Ok(());
        }
        let offset = piece
            .position(piece.own.start)
            .saturating_sub(self.range.start);
        let skip = usize::try_from(offset.wrapping_neg() % 4).unwrap_or(0);
        let from = piece.own.start.saturating_add(skip);
        let count = piece.own.end.saturating_sub(from).div_ceil(4);
        let to = from
            .saturating_add(count.saturating_mul(4))
            .min(piece.bytes.len());
        let bytes = piece.bytes.get(from..to).unwrap_or(&[]);
        let tally = tally(bytes, self.big_endian);
        self.nonzero.fetch_add(tally.nonzero, Ordering::Relaxed);
        self.odd.fetch_add(tally.odd, Ordering::Relaxed);
        if let Some(first) = tally.first {
            let place = |i: u64| piece.position(from).saturating_add(i.saturating_mul(4));
            self.first.fetch_min(place(first), Ordering::Relaxed);
            self.last.fetch_max(place(tally.last), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether the numbers are widened ones, with few exceptions.
    fn sample(&self, blob: &Blob) -> Result<bool, io::Error> {
        let len = self.range.end.saturating_sub(self.range.start);
        let mut spot = [0u8; SPOT];
        let mut sum = Tally::default();
        for i in 0..SPOTS {
            let place = (len / SPOTS).saturating_mul(i) & !3;
            let got = blob.read_at(self.range.start.saturating_add(place), &mut spot)?;
            let tally = tally(spot.get(..got).unwrap_or(&[]), self.big_endian);
            // Almost all regions end here, after the first look.
            if tally.odd.saturating_mul(2) > tally.nonzero && i < 2 {
                return Ok(false);
            }
            sum.nonzero = sum.nonzero.saturating_add(tally.nonzero);
            sum.odd = sum.odd.saturating_add(tally.odd);
            sum.fine = sum.fine.saturating_add(tally.fine);
        }
        let few = sum.odd.saturating_mul(100) <= sum.nonzero.saturating_mul(MAX_ODD);
        // Small whole numbers end in zeros as well, but use fewer bits still.
        let fine = sum.fine.saturating_mul(5) >= sum.nonzero;
        Ok(sum.nonzero >= 256 && few && fine)
    }

    /// The odd numbers, after all pieces: some, and few.
    pub(super) fn odd(&self) -> Option<Odd> {
        let numbers = self.nonzero.load(Ordering::Relaxed);
        let count = self.odd.load(Ordering::Relaxed);
        let few = count > 0 && count.saturating_mul(100) < numbers.saturating_mul(MAX_ODD);
        few.then(|| Odd {
            count,
            numbers,
            range: self.first.load(Ordering::Relaxed)
                ..self.last.load(Ordering::Relaxed).saturating_add(4),
        })
    }
}

fn tally(bytes: &[u8], big_endian: bool) -> Tally {
    let mut tally = Tally::default();
    let (numbers, _) = bytes.as_chunks::<4>();
    // A block at a time, so that the usual one is only summed up.
    for (i, block) in numbers.chunks(256).enumerate() {
        let (mut nonzero, mut odd, mut fine) = (0u32, 0u32, 0u32);
        for number in block {
            let bits = match big_endian {
                true => u32::from_be_bytes(*number),
                false => u32::from_le_bytes(*number),
            };
            nonzero = nonzero.wrapping_add(u32::from(bits != 0));
            odd = odd.wrapping_add(u32::from(bits & 0xffff != 0));
            fine = fine.wrapping_add((bits >> 16) & 1);
        }
        tally.nonzero = tally.nonzero.saturating_add(u64::from(nonzero));
        tally.odd = tally.odd.saturating_add(u64::from(odd));
        tally.fine = tally.fine.saturating_add(u64::from(fine));
        if odd > 0 {
            let is_odd = |n: &[u8; 4]| match big_endian {
                true => matches!(n, [_, _, c, d] if c | d != 0),
                false => matches!(n, [a, b, ..] if a | b != 0),
            };
            let base = (i as u64).saturating_mul(256);
            let place = |k: usize| base.saturating_add(k as u64);
            let last = block.iter().rposition(is_odd).map_or(0, place);
            tally.first = tally
                .first
                .or_else(|| block.iter().position(is_odd).map(place));
            tally.last = last;
        }
    }
    tally
}
