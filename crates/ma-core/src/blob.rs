//! A cheap, cloneable window on a [`ByteSource`].

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::budget::{Budget, LimitHit, LimitKind};
use crate::cursor::Cursor;
use crate::scanner::ScanError;
use crate::source::{ByteSource, MemorySource};

/// A window on a byte source. Cloning and slicing never copy bytes, so a stored member of an
/// archive is scanned where it lies, whatever its size.
#[derive(Clone)]
pub struct Blob {
    source: Arc<dyn ByteSource>,
    start: u64,
    end: u64,
}

/// A range that does not lie inside a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfBounds {
    /// The first byte asked for.
    pub start: u64,
    /// One past the last byte asked for.
    pub end: u64,
    /// The length of the blob.
    pub len: u64,
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "bytes {}..{} lie outside the {} bytes there are",
            self.start, self.end, self.len
        )
    }
}

impl std::error::Error for OutOfBounds {}

impl Blob {
    /// A window on the whole of `source`.
    #[must_use]
    pub fn new(source: Arc<dyn ByteSource>) -> Self {
        let end = source.len();
        Self {
            source,
            start: 0,
            end,
        }
    }

    /// A blob that owns its bytes.
    #[must_use]
    pub fn from_vec(bytes: Vec<u8>) -> Self {
        Self::new(Arc::new(MemorySource::new(bytes)))
    }

    /// Number of bytes in the window.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// True when the window holds no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A narrower window. Never copies.
    ///
    /// # Errors
    /// When `range` is reversed or reaches beyond the end.
    pub fn slice(&self, range: Range<u64>) -> Result<Self, OutOfBounds> {
        let out_of_bounds = OutOfBounds {
            start: range.start,
            end: range.end,
            len: self.len(),
        };
        if range.start > range.end || range.end > self.len() {
            return Err(out_of_bounds);
        }
        let start = self.start.checked_add(range.start).ok_or(out_of_bounds)?;
        let end = self.start.checked_add(range.end).ok_or(out_of_bounds)?;
        Ok(Self {
            source: Arc::clone(&self.source),
            start,
            end,
        })
    }

    /// The window from `offset` to the end; empty when `offset` lies beyond it.
    #[must_use]
    pub fn tail(&self, offset: u64) -> Self {
        let start = self.start.saturating_add(offset).min(self.end);
        Self {
            source: Arc::clone(&self.source),
            start,
            end: self.end,
        }
    }

    /// All bytes as a slice, when they lie in memory.
    #[must_use]
    pub fn as_slice(&self) -> Option<&[u8]> {
        let all = self.source.as_slice()?;
        all.get(usize::try_from(self.start).ok()?..usize::try_from(self.end).ok()?)
    }

    /// Fills `buf` from `offset` as far as there are bytes; returns how many were read.
    ///
    /// # Errors
    /// What the source reports.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let available = self.len().saturating_sub(offset);
        let want = buf
            .len()
            .min(usize::try_from(available).unwrap_or(usize::MAX));
        let mut done = 0usize;
        while done < want {
            let Some(rest) = buf.get_mut(done..want) else {
                break;
            };
            let at = self
                .start
                .saturating_add(offset)
                .saturating_add(done as u64);
            match self.source.read_at(at, rest) {
                Ok(0) => break,
                Ok(n) => done = done.saturating_add(n),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(done)
    }

    /// At most `n` bytes from the start, for probes; `n` is the caller's constant, never a length
    /// read from a file.
    ///
    /// # Errors
    /// What the source reports.
    pub fn head(&self, n: usize) -> io::Result<Vec<u8>> {
        let n = n.min(usize::try_from(self.len()).unwrap_or(usize::MAX));
        let mut buf = vec![0; n];
        let got = self.read_at(0, &mut buf)?;
        buf.truncate(got);
        Ok(buf)
    }

    /// Reads exactly `range`. This is the one place where a length that a file declares may size an
    /// allocation: the range must lie inside the blob and within [`crate::Limits::max_alloc`].
    ///
    /// # Errors
    /// [`ScanError::Limit`] above the limit, [`ScanError::Io`] when the range does not exist or
    /// can't be read.
    pub fn read(&self, range: Range<u64>, budget: &Budget) -> Result<Vec<u8>, ScanError> {
        let window = self
            .slice(range)
            .map_err(|e| io::Error::new(io::ErrorKind::UnexpectedEof, e))?;
        let len = window.len();
        let limit = budget.limits().max_alloc;
        if len > limit {
            return Err(ScanError::Limit(LimitHit {
                kind: LimitKind::Allocation,
                limit,
            }));
        }
        budget.check()?;
        let mut buf = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
        let got = window.read_at(0, &mut buf)?;
        budget.note_read(got as u64);
        if got as u64 != len {
            return Err(ScanError::Io(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the source ended before its stated length",
            )));
        }
        Ok(buf)
    }

    /// A buffered reader from the start of the window.
    #[must_use]
    pub fn cursor<'b>(&self, budget: &'b Budget) -> Cursor<'b> {
        Cursor::new(self.clone(), budget)
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from_vec(bytes)
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob").field("len", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_windows_and_checked() {
        let blob = Blob::from_vec(b"0123456789".to_vec());
        let inner = blob.slice(2..8).unwrap();
        assert_eq!(inner.as_slice(), Some(&b"234567"[..]));
        assert_eq!(inner.slice(1..3).unwrap().as_slice(), Some(&b"34"[..]));
        assert!(inner.slice(0..7).is_err());
        #[allow(clippy::reversed_empty_ranges)]
        let reversed = 5..4;
        assert!(inner.slice(reversed).is_err());
        assert!(inner.tail(100).is_empty());
    }

    #[test]
    fn read_refuses_more_than_the_limit() {
        let budget = Budget::new(crate::Limits {
            max_alloc: 4,
            ..crate::Limits::default()
        });
        let blob = Blob::from_vec(vec![0; 10]);
        assert!(blob.read(0..4, &budget).is_ok());
        assert!(matches!(blob.read(0..5, &budget), Err(ScanError::Limit(_))));
        assert!(matches!(blob.read(8..12, &budget), Err(ScanError::Io(_))));
    }
}
