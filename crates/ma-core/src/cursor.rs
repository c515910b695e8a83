//! Buffered forward reading of a blob, with every length checked against what is left.
//!
//! A cursor holds one window of at most [`WINDOW`] bytes, so its memory does not depend on the size
//! of what it reads. Skipping beyond the window costs nothing. Errors say at which offset.

use std::io;

use crate::blob::Blob;
use crate::budget::Budget;
use crate::scanner::ScanError;

/// Bytes that a cursor keeps.
pub const WINDOW: usize = 256 * 1024;

/// Bytes of the first read at a new place. Every further read in a row asks for twice as many, so that
/// hopping through a file costs little and reading on costs few calls.
const FIRST_READ: usize = 4096;

/// A position in a blob with a buffer around it.
pub struct Cursor<'b> {
    blob: Blob,
    budget: &'b Budget,
    /// Offset in the blob of the first byte of `buf`.
    base: u64,
    buf: Vec<u8>,
    /// Position inside `buf`; never beyond its length.
    at: usize,
    /// Bytes to ask for at the next read.
    ahead: usize,
}

impl<'b> Cursor<'b> {
    /// Starts at offset 0.
    #[must_use]
    pub fn new(blob: Blob, budget: &'b Budget) -> Self {
        Self {
            blob,
            budget,
            base: 0,
            buf: Vec::new(),
            at: 0,
            ahead: FIRST_READ,
        }
    }

    /// Offset of the next byte.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.base.saturating_add(self.at as u64)
    }

    /// Bytes from here to the end.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.blob.len().saturating_sub(self.position())
    }

    /// The blob that is read.
    #[must_use]
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// The budget that reads are charged to.
    #[must_use]
    pub fn budget(&self) -> &'b Budget {
        self.budget
    }

    /// Goes to `offset`; beyond the end is allowed and reads as the end.
    pub fn seek(&mut self, offset: u64) {
        let inside = offset
            .checked_sub(self.base)
            .and_then(|d| usize::try_from(d).ok())
            .filter(|d| *d <= self.buf.len());
        if let Some(at) = inside {
            self.at = at;
        } else {
            self.base = offset;
            self.buf.clear();
            self.at = 0;
            self.ahead = FIRST_READ;
        }
    }

    /// Goes `n` bytes forward. False, without moving, when fewer are left.
    pub fn skip(&mut self, n: u64) -> bool {
        if n > self.remaining() {
            return false;
        }
        self.seek(self.position().saturating_add(n));
        true
    }

    /// What is buffered from here on. May be empty before the first [`Cursor::fill`].
    #[must_use]
    pub fn buffered(&self) -> &[u8] {
        self.buf.get(self.at..).unwrap_or(&[])
    }

    /// Consumes `n` buffered bytes.
    pub fn consume(&mut self, n: usize) {
        self.at = self.at.saturating_add(n).min(self.buf.len());
    }

    /// Makes at least `n` bytes available in [`Cursor::buffered`], or all that are left if there are
    /// fewer; returns how many are available. `n` above [`WINDOW`] counts as [`WINDOW`].
    ///
    /// # Errors
    /// What the source reports, or the end of the budget's time.
    pub fn fill(&mut self, n: usize) -> Result<usize, ScanError> {
        let have = self.buf.len().saturating_sub(self.at);
        if have >= n.min(WINDOW) {
            return Ok(have);
        }
        self.budget.check()?;
        self.base = self.position();
        self.buf.drain(..self.at);
        self.at = 0;
        let next = self.base.saturating_add(self.buf.len() as u64);
        let room = WINDOW.saturating_sub(self.buf.len());
        let room = room.min(self.ahead.max(n.saturating_sub(self.buf.len())));
        self.ahead = self.ahead.saturating_mul(2).min(WINDOW);
        let left = self.blob.len().saturating_sub(next);
        let want = room.min(usize::try_from(left).unwrap_or(usize::MAX));
        let old = self.buf.len();
        self.buf.resize(old.saturating_add(want), 0);
        let got = match self.buf.get_mut(old..) {
            Some(space) => self.blob.read_at(next, space)?,
            None => 0,
        };
        self.buf.truncate(old.saturating_add(got));
        self.budget.note_read(got as u64);
        if got < want {
            return Err(ScanError::Io(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!(
                    "the source ended at byte {}",
                    next.saturating_add(got as u64)
                ),
            )));
        }
        Ok(self.buf.len())
    }

    /// The next byte without consuming it; `None` at the end.
    ///
    /// # Errors
    /// As [`Cursor::fill`].
    pub fn peek(&mut self) -> Result<Option<u8>, ScanError> {
        if self.buffered().is_empty() {
            self.fill(1)?;
        }
        Ok(self.buffered().first().copied())
    }

    /// The next byte; `None` at the end.
    ///
    /// # Errors
    /// As [`Cursor::fill`].
    pub fn byte(&mut self) -> Result<Option<u8>, ScanError> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.consume(1);
        }
        Ok(byte)
    }

    /// The next `N` bytes; `None`, without moving, when fewer are left.
    ///
    /// # Errors
    /// As [`Cursor::fill`].
    pub fn array<const N: usize>(&mut self) -> Result<Option<[u8; N]>, ScanError> {
        self.fill(N)?;
        let Some(bytes) = self.buffered().get(..N).and_then(|s| s.try_into().ok()) else {
            return Ok(None);
        };
        self.consume(N);
        Ok(Some(bytes))
    }

    /// An unsigned 16-bit number, little-endian.
    ///
    /// # Errors
    /// As [`Cursor::fill`].
    pub fn u16_le(&mut self) -> Result<Option<u16>, ScanError> {
        Ok(self.array()?.map(u16::from_le_bytes))
    }

    /// An unsigned 32-bit number, little-endian.
    ///
    /// # Errors
    /// As [`Cursor::fill`].
    pub fn u32_le(&mut self) -> Result<Option<u32>, ScanError> {
        Ok(self.array()?.map(u32::from_le_bytes))
    }

    /// An unsigned 64-bit number, little-endian.
    ///
    /// # Errors
    /// As [`Cursor::fill`].
    pub fn u64_le(&mut self) -> Result<Option<u64>, ScanError> {
        Ok(self.array()?.map(u64::from_le_bytes))
    }

    /// Exactly `n` bytes as a vector; `None`, without moving, when fewer are left.
    ///
    /// # Errors
    /// As [`Blob::read`]: `n` is held to the allocation limit.
    pub fn bytes(&mut self, n: u64) -> Result<Option<Vec<u8>>, ScanError> {
        if n > self.remaining() {
            return Ok(None);
        }
        let start = self.position();
        let end = start.saturating_add(n);
        let bytes = match usize::try_from(n)
            .ok()
            .and_then(|n| self.buffered().get(..n))
        {
            Some(buffered) => buffered.to_vec(),
            None => self.blob.read(start..end, self.budget)?,
        };
        self.seek(end);
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_across_windows_and_stops_at_the_end() {
        let bytes: Vec<u8> = (0..WINDOW + 10).map(|i| i as u8).collect();
        let budget = Budget::default();
        let blob = Blob::from_vec(bytes.clone());
        let mut cursor = blob.cursor(&budget);
        assert_eq!(cursor.byte().unwrap(), Some(0));
        assert!(cursor.skip(WINDOW as u64 - 3));
        assert_eq!(cursor.position(), WINDOW as u64 - 2);
        assert_eq!(
            cursor.array::<4>().unwrap().unwrap(),
            bytes[WINDOW - 2..WINDOW + 2]
        );
        assert!(!cursor.skip(9));
        assert_eq!(cursor.bytes(8).unwrap().unwrap().len(), 8);
        assert_eq!(cursor.byte().unwrap(), None);
        assert_eq!(cursor.u32_le().unwrap(), None);
        cursor.seek(1);
        assert_eq!(cursor.byte().unwrap(), Some(1));
    }
}
