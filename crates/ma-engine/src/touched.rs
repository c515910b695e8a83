//! How much of a file was really read: a byte source that remembers which blocks were touched, so
//! that a report can say what a structure scan left alone.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use ma_core::{Blob, ByteSource};

/// Bytes a bit stands for.
const BLOCK: u64 = 4096;

/// A byte source that remembers which blocks of it were read.
pub struct Touched {
    inner: Blob,
    bits: Vec<AtomicU64>,
}

impl Touched {
    /// Wraps a blob. Costs one bit for 4 KiB.
    #[must_use]
    pub fn new(inner: Blob) -> Self {
        let words = inner.len().div_ceil(BLOCK).div_ceil(64);
        let words = usize::try_from(words).unwrap_or(usize::MAX);
        let bits = std::iter::repeat_with(|| AtomicU64::new(0))
            .take(words)
            .collect();
        Self { inner, bits }
    }

    /// Bytes in blocks that were read at least once.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let blocks: u64 = self
            .bits
            .iter()
            .map(|word| u64::from(word.load(Ordering::Relaxed).count_ones()))
            .sum();
        blocks.saturating_mul(BLOCK).min(self.inner.len())
    }

    fn note(&self, offset: u64, len: u64) {
        if len == 0 {
            return;
        }
        let first = offset / BLOCK;
        let last = offset.saturating_add(len.saturating_sub(1)) / BLOCK;
        for block in first..=last {
            let word = usize::try_from(block / 64).unwrap_or(usize::MAX);
            if let Some(word) = self.bits.get(word) {
                word.fetch_or(1 << (block % 64), Ordering::Relaxed);
            }
        }
    }
}

impl ByteSource for Touched {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read_at(offset, buf)?;
        self.note(offset, n as u64);
        Ok(n)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        // Bytes in memory are not counted one by one: whoever takes the slice has them all.
        let slice = self.inner.as_slice()?;
        self.note(0, slice.len() as u64);
        Some(slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_blocks_once() {
        let touched = Touched::new(Blob::from_vec(vec![0; 10_000]));
        let mut buf = [0; 10];
        assert_eq!(touched.bytes(), 0);
        touched.read_at(4090, &mut buf).unwrap();
        touched.read_at(0, &mut buf).unwrap();
        assert_eq!(touched.bytes(), 8192);
        touched.read_at(9_999, &mut buf).unwrap();
        assert_eq!(touched.bytes(), 10_000);
    }
}
