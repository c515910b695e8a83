//! A blob as a reader for decompressors: buffered, counted, and with the source's own errors kept
//! apart from those of the decompressor.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::rc::Rc;

use ma_core::{Blob, Budget};

use crate::bytes::index;

const BUFFER: usize = 64 * 1024;

/// What a reader has taken so far, and what went wrong below it.
#[derive(Clone, Default)]
pub(crate) struct Meter {
    taken: Rc<Cell<u64>>,
    failure: Rc<RefCell<Option<io::Error>>>,
}

impl Meter {
    /// Bytes that the decompressor consumed.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// The error of the source, if that is why reading failed.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.failure.borrow_mut().take()
    }
}

/// A reader over a blob.
pub(crate) struct Input<'b> {
    blob: Blob,
    budget: &'b Budget,
    /// Offset of the first byte of `buf`.
    base: u64,
    buf: Vec<u8>,
    at: usize,
    meter: Meter,
}

impl<'b> Input<'b> {
    /// A reader from the start.
    pub(crate) fn new(blob: Blob, budget: &'b Budget) -> Self {
        Self {
            blob,
            budget,
            base: 0,
            buf: Vec::new(),
            at: 0,
            meter: Meter::default(),
        }
    }

    /// What it has taken, also after it was moved into a decompressor.
    pub(crate) fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Offset of the next byte.
    pub(crate) fn position(&self) -> u64 {
        self.base.saturating_add(self.at as u64)
    }

    /// Bytes that are left.
    pub(crate) fn left(&self) -> u64 {
        self.blob.len().saturating_sub(self.position())
    }

    /// Up to `n` bytes without taking them (`n` at most a few KiB).
    pub(crate) fn peek(&mut self, n: usize) -> io::Result<&[u8]> {
        if self.rest().len() < n {
            let at = self.position();
            self.refill(at)?;
        }
        let rest = self.rest();
        Ok(rest.get(..n.min(rest.len())).unwrap_or(&[]))
    }

    fn rest(&self) -> &[u8] {
        self.buf.get(self.at..).unwrap_or(&[])
    }

    fn refill(&mut self, at: u64) -> io::Result<()> {
        if let Err(hit) = self.budget.check() {
            return Err(io::Error::other(hit));
        }
        let left = index(self.blob.len().saturating_sub(at));
        self.buf.resize(left.min(BUFFER), 0);
        self.base = at;
        self.at = 0;
        match self.blob.read_at(at, &mut self.buf) {
            Ok(got) => {
                self.buf.truncate(got);
                self.budget.note_read(got as u64);
                Ok(())
            }
            Err(e) => {
                self.buf.clear();
                let told = io::Error::new(e.kind(), e.to_string());
                *self.meter.failure.borrow_mut() = Some(e);
                Err(told)
            }
        }
    }
}

impl Read for Input<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let have = self.fill_buf()?;
        let n = have.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..n), have.get(..n)) {
            to.copy_from_slice(from);
        }
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.rest().is_empty() && self.left() > 0 {
            let at = self.position();
            self.refill(at)?;
        }
        Ok(self.rest())
    }

    fn consume(&mut self, n: usize) {
        let n = n.min(self.rest().len());
        self.at = self.at.saturating_add(n);
        let taken = self.meter.taken.get().saturating_add(n as u64);
        self.meter.taken.set(taken);
    }
}

impl Seek for Input<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(d) => self.blob.len().checked_add_signed(d),
            SeekFrom::Current(d) => self.position().checked_add_signed(d),
        };
        let Some(target) = target else {
            let text = "seek before the start";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        };
        let inside = target
            .checked_sub(self.base)
            .map(index)
            .filter(|d| *d <= self.buf.len());
        match inside {
            Some(at) => self.at = at,
            None => {
                self.buf.clear();
                self.at = 0;
                self.base = target;
            }
        }
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_taken_and_seeks() {
        let blob = Blob::from_vec((0..200_000u32).map(|i| i as u8).collect());
        let budget = Budget::default();
        let mut input = Input::new(blob, &budget);
        let meter = input.meter();
        assert_eq!(input.peek(3).unwrap(), [0, 1, 2]);
        let mut buf = [0; 10];
        input.read_exact(&mut buf).unwrap();
        assert_eq!((meter.taken(), input.position()), (10, 10));
        input.seek(SeekFrom::End(-2)).unwrap();
        assert_eq!(input.read(&mut buf).unwrap(), 2);
        assert_eq!(input.read(&mut buf).unwrap(), 0);
        assert!(input.seek(SeekFrom::Current(-900_000)).is_err());
    }
}
