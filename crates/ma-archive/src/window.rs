//! Small reads at increasing offsets, joined into larger ones where they are neighbours.
//!
//! Headers of an archive lie between the members' data. Reading each by itself costs one call (or one
//! HTTP request) a header; reading everything costs the data. A window reads exactly what it is asked
//! for, and reads on ahead only when the last two requests were close together.

use ma_core::{Blob, Budget, ScanError};

use crate::bytes::index;

/// Requests this close together are served by one read.
const NEAR: u64 = 32 * 1024;
/// Bytes read at once when requests are close together.
const AHEAD: usize = 128 * 1024;

/// One buffered piece of a blob.
pub(crate) struct Window<'b> {
    blob: Blob,
    budget: &'b Budget,
    start: u64,
    buf: Vec<u8>,
}

impl<'b> Window<'b> {
    /// An empty window.
    pub(crate) fn new(blob: &Blob, budget: &'b Budget) -> Self {
        Self {
            blob: blob.clone(),
            budget,
            start: 0,
            buf: Vec::new(),
        }
    }

    /// Reads `len` bytes at `at` into the window, whatever is in it; `len` is the caller's bound.
    pub(crate) fn load(&mut self, at: u64, len: usize) -> Result<(), ScanError> {
        self.budget.check()?;
        let left = index(self.blob.len().saturating_sub(at));
        self.buf.clear();
        self.buf.resize(len.min(left), 0);
        self.start = at;
        let got = self.blob.read_at(at, &mut self.buf)?;
        self.buf.truncate(got);
        self.budget.note_read(got as u64);
        Ok(())
    }

    /// The `len` bytes at `at`; fewer at the end of the blob. `len` is a bound of the format (at most
    /// a few hundred KiB), never an unchecked length.
    pub(crate) fn get(&mut self, at: u64, len: usize) -> Result<&[u8], ScanError> {
        let left = index(self.blob.len().saturating_sub(at));
        let len = len.min(left);
        if !self.holds(at, len) {
            let end = self.start.saturating_add(self.buf.len() as u64);
            let near = !self.buf.is_empty() && at >= self.start && at <= end.saturating_add(NEAR);
            self.load(at, if near { len.max(AHEAD) } else { len })?;
        }
        let from = index(at.saturating_sub(self.start));
        let to = from.saturating_add(len).min(self.buf.len());
        Ok(self.buf.get(from..to).unwrap_or(&[]))
    }

    /// Whether everything from `at` to `end` is in the window.
    pub(crate) fn holds_to(&self, at: u64, end: u64) -> bool {
        self.holds(at, index(end.saturating_sub(at)))
    }

    fn holds(&self, at: u64, len: usize) -> bool {
        let end = self.start.saturating_add(self.buf.len() as u64);
        at >= self.start && at.saturating_add(len as u64) <= end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_a_read_and_strangers_do_not() {
        let bytes: Vec<u8> = (0..1_000_000u32).map(|i| (i % 251) as u8).collect();
        let blob = Blob::from_vec(bytes.clone());
        let budget = Budget::default();
        let mut window = Window::new(&blob, &budget);
        for at in [0usize, 100, 500_000, 500_100, 500_300, 999_990] {
            let got = window.get(at as u64, 40).unwrap().to_vec();
            assert_eq!(got, &bytes[at..(at + 40).min(bytes.len())]);
        }
        // 40 alone, 100 near (128 KiB), 500000 alone, 500100 near, 999990 alone.
        assert!(budget.bytes_read() < 300_000);
    }
}
