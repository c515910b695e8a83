//! A cursor that knows the byte order and the width of lengths, and a quick hash.

use std::ops::Range;

use ma_core::{Budget, Cursor, LimitHit, ScanError, cursor::WINDOW};

/// Why reading stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The bytes could not be read, or a limit was hit.
    Error(ScanError),
    /// The file is broken here; what and where has been noted.
    Broken,
}

impl From<ScanError> for Stop {
    fn from(e: ScanError) -> Self {
        Self::Error(e)
    }
}

impl From<LimitHit> for Stop {
    fn from(e: LimitHit) -> Self {
        Self::Error(e.into())
    }
}

/// Loop turns that are charged at once.
const TICKS: u64 = 1024;

/// Reads numbers in the order and width of the file.
pub(crate) struct Reader<'b> {
    pub(crate) cursor: Cursor<'b>,
    budget: &'b Budget,
    pub(crate) big: bool,
    /// Counts and lengths have 32 bits (version 1).
    pub(crate) narrow: bool,
    ticks: u64,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(cursor: Cursor<'b>, budget: &'b Budget) -> Self {
        Self {
            cursor,
            budget,
            big: false,
            narrow: false,
            ticks: 0,
        }
    }

    pub(crate) fn budget(&self) -> &'b Budget {
        self.budget
    }

    /// One more loop turn.
    pub(crate) fn tick(&mut self) -> Result<(), ScanError> {
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks.is_multiple_of(TICKS) {
            self.budget.charge_steps(TICKS)?;
        }
        Ok(())
    }

    pub(crate) fn position(&self) -> u64 {
        self.cursor.position()
    }

    pub(crate) fn remaining(&self) -> u64 {
        self.cursor.remaining()
    }

    /// Bytes of a count or length.
    pub(crate) fn width(&self) -> u64 {
        if self.narrow { 4 } else { 8 }
    }

    pub(crate) fn u8(&mut self) -> Result<Option<u8>, ScanError> {
        self.cursor.byte()
    }

    pub(crate) fn u16(&mut self) -> Result<Option<u16>, ScanError> {
        let bytes = self.cursor.array()?;
        Ok(bytes.map(if self.big {
            u16::from_be_bytes
        } else {
            u16::from_le_bytes
        }))
    }

    pub(crate) fn u32(&mut self) -> Result<Option<u32>, ScanError> {
        let bytes = self.cursor.array()?;
        Ok(bytes.map(if self.big {
            u32::from_be_bytes
        } else {
            u32::from_le_bytes
        }))
    }

    pub(crate) fn u64(&mut self) -> Result<Option<u64>, ScanError> {
        let bytes = self.cursor.array()?;
        Ok(bytes.map(if self.big {
            u64::from_be_bytes
        } else {
            u64::from_le_bytes
        }))
    }

    /// A count or length.
    pub(crate) fn size(&mut self) -> Result<Option<u64>, ScanError> {
        if self.narrow {
            Ok(self.u32()?.map(u64::from))
        } else {
            self.u64()
        }
    }

    /// The first bytes of the next `len`, at most `keep` of them, and goes behind all of them. The
    /// caller has checked that they are there.
    pub(crate) fn take(&mut self, len: u64, keep: usize) -> Result<Vec<u8>, ScanError> {
        let keep = keep.min(WINDOW);
        let keep = usize::try_from(len).unwrap_or(usize::MAX).min(keep);
        self.cursor.fill(keep)?;
        let bytes = self.cursor.buffered().get(..keep).unwrap_or(&[]).to_vec();
        self.cursor.skip(len);
        Ok(bytes)
    }

    /// The hash of the next `len` bytes (of the first 256 KiB and the length, for longer ones), and
    /// goes behind them. The caller has checked that they are there.
    pub(crate) fn hash(&mut self, len: u64) -> Result<u64, ScanError> {
        let part = usize::try_from(len).unwrap_or(usize::MAX).min(WINDOW);
        self.cursor.fill(part)?;
        let bytes = self.cursor.buffered().get(..part).unwrap_or(&[]);
        let hash = hash(bytes) ^ len.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.cursor.skip(len);
        Ok(hash)
    }

    /// From `start` to here.
    pub(crate) fn since(&self, start: u64) -> Range<u64> {
        start..self.position().max(start)
    }
}

/// A 64-bit hash: enough to find candidates for equal names; who acts on it compares the bytes.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    const K: u64 = 0x517c_c1b7_2722_0a95;
    let mut state = 0xcbf2_9ce4_8422_2325u64;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = (state.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(K);
    }
    for byte in rest {
        state = (state.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(K);
    }
    state ^ state.rotate_right(29)
}
