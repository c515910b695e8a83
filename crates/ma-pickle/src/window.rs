//! A sliding window on a blob: what the decoder reads from, and what short constants are read back
//! from. It holds at most [`WINDOW`] bytes, whatever is read, and skipping is free.

use std::io;

use ma_core::{Blob, Budget, ScanError};

/// Bytes that a window holds.
pub(crate) const WINDOW: usize = 128 * 1024;
/// Bytes read at first and after a jump: many streams are tiny, and behind a large payload there is
/// often another one. What is read on end doubles the size, and doubles it again.
const FIRST: usize = 4 * 1024;

/// A window on a blob.
pub(crate) struct Window<'b> {
    blob: Blob,
    budget: &'b Budget,
    len: u64,
    /// Offset in the blob of the first byte of `buf`.
    base: u64,
    /// As long as the longest fill so far, so that it is zeroed only once.
    buf: Vec<u8>,
    filled: usize,
    /// Bytes that the next fill may hold.
    size: usize,
}

impl<'b> Window<'b> {
    pub(crate) fn new(blob: Blob, budget: &'b Budget) -> Self {
        let len = blob.len();
        Self {
            blob,
            budget,
            len,
            base: 0,
            buf: Vec::new(),
            filled: 0,
            size: FIRST,
        }
    }

    pub(crate) fn blob(&self) -> &Blob {
        &self.blob
    }

    pub(crate) fn budget(&self) -> &'b Budget {
        self.budget
    }

    /// Length of the blob.
    #[inline]
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// What is at hand from `at` on; may be empty.
    #[inline]
    pub(crate) fn slice(&self, at: u64) -> &[u8] {
        let from = at.wrapping_sub(self.base);
        if from > self.filled as u64 {
            return &[];
        }
        self.buf.get(from as usize..self.filled).unwrap_or_default()
    }

    /// True when the bytes at hand from `at` on reach the end of the blob.
    #[inline]
    pub(crate) fn reaches_end(&self, at: u64) -> bool {
        at.saturating_add(self.slice(at).len() as u64) >= self.len
    }

    /// Moves the window so that it begins at `at` and holds as much as it can.
    pub(crate) fn fill(&mut self, at: u64) -> Result<(), ScanError> {
        self.budget.check()?;
        let keep = self.slice(at).len();
        let jumped = keep == 0 && at != self.base.saturating_add(self.filled as u64);
        self.size = if jumped {
            FIRST
        } else {
            self.size.saturating_mul(4).min(WINDOW)
        };
        let from = self.filled.saturating_sub(keep);
        self.buf.copy_within(from..self.filled, 0);
        self.base = at;
        self.filled = keep;
        let next = at.saturating_add(keep as u64);
        let left = usize::try_from(self.len.saturating_sub(next)).unwrap_or(usize::MAX);
        let want = self.size.saturating_sub(keep).min(left);
        let to = keep.saturating_add(want);
        if self.buf.len() < to {
            self.buf.resize(to, 0);
        }
        let got = match self.buf.get_mut(keep..to) {
            Some(space) => self.blob.read_at(next, space)?,
            None => 0,
        };
        self.budget.note_read(got as u64);
        self.filled = keep.saturating_add(got);
        if got < want {
            return Err(ScanError::Io(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the source ended before its stated length",
            )));
        }
        Ok(())
    }

    /// The offset of the next line feed from `at` on, and before `until`; `None` when there is none.
    /// Lines longer than the window are walked over without being kept.
    pub(crate) fn line_feed(&mut self, at: u64, until: u64) -> Result<Option<u64>, ScanError> {
        let mut from = at;
        let until = until.min(self.len);
        while from < until {
            if self.slice(from).is_empty() {
                self.fill(from)?;
            }
            let bytes = self.slice(from);
            let room = usize::try_from(until.saturating_sub(from)).unwrap_or(usize::MAX);
            let bytes = bytes.get(..room).unwrap_or(bytes);
            if bytes.is_empty() {
                break;
            }
            if let Some(i) = memchr::memchr(b'\n', bytes) {
                return Ok(Some(from.saturating_add(i as u64)));
            }
            from = from.saturating_add(bytes.len() as u64);
        }
        Ok(None)
    }

    /// At most `max` bytes of `start..end`, from the window when they are there. Short when the blob
    /// is; `None` when it can't be read.
    pub(crate) fn copy(&self, start: u64, end: u64, max: usize) -> Option<Vec<u8>> {
        let end = end.min(self.len);
        let want = usize::try_from(end.saturating_sub(start))
            .unwrap_or(usize::MAX)
            .min(max);
        if let Some(bytes) = self.slice(start).get(..want) {
            return Some(bytes.to_vec());
        }
        let mut out = vec![0; want];
        let got = self.blob.read_at(start, &mut out).ok()?;
        self.budget.note_read(got as u64);
        out.truncate(got);
        Some(out)
    }
}
