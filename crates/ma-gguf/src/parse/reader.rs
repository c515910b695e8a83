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

    /// Walks over as many of the next texts as lie in the buffer as a whole, at most `most`, and calls
    /// `each` with their offsets and bytes. Returns how many; 0 where the next one needs another read.
    pub(crate) fn texts(&mut self, most: u64, mut each: impl FnMut(u64, &[u8])) -> u64 {
        let base = self.position();
        let buffer = self.cursor.buffered();
        let width = if self.narrow { 4 } else { 8 };
        let (mut at, mut count) = (0usize, 0u64);
        while count < most {
            let rest = buffer.get(at..).unwrap_or(&[]);
            let Some((head, body)) = rest.split_at_checked(width) else {
                break;
            };
            let number = |n: u64, b: &u8| n << 8 | u64::from(*b);
            let len = if self.big {
                head.iter().fold(0, number)
            } else {
                head.iter().rev().fold(0, number)
            };
            let Some(text) = usize::try_from(len).ok().and_then(|len| body.get(..len)) else {
                break;
            };
            each(base.saturating_add(at as u64), text);
            at = at.saturating_add(width).saturating_add(text.len());
            count = count.saturating_add(1);
        }
        self.cursor.consume(at);
        count
    }

    /// From `start` to here.
    pub(crate) fn since(&self, start: u64) -> Range<u64> {
        start..self.position().max(start)
    }
}

/// A 64-bit hash: enough to find candidates for equal names; who acts on it compares the bytes.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut state = (bytes.len() as u64) ^ 0x2545_f491_4f6c_dd1d;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = mix(state ^ u64::from_le_bytes(*word));
    }
    let last = rest.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
    mix(mix(state ^ last))
}

/// Both halves of the product: what differs in the high bits only differs everywhere afterwards.
fn mix(n: u64) -> u64 {
    let wide = u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_0c6b);
    let (low, high) = (wide & u128::from(u64::MAX), wide >> 64);
    u64::try_from(low ^ high).unwrap_or(0) ^ n.rotate_left(32)
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn names_that_count_up_differ() {
        let names = (0..200_000).map(|i| format!("blk.{i:x}.attn_q.weight")[..].to_owned());
        let words = (0..200_000).map(|i| format!("\u{2581}tok{i:x}"));
        let mut all: Vec<u64> = names.chain(words).map(|n| hash(n.as_bytes())).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|w| w[0] != w[1]));
    }
}
