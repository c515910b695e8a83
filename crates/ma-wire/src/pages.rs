//! Random access in small steps: a fixed number of small pages is kept, so that hopping through a large
//! file costs the pages that are touched, and constant memory.

use ma_core::{Blob, Budget, ScanError};

/// Bytes of a page.
const PAGE: usize = 4096;
/// Pages that are kept; one more replaces the one that shares its place.
const SLOTS: usize = 512;

/// A blob that is read in small pieces at scattered places.
pub struct Pages<'b> {
    blob: Blob,
    budget: &'b Budget,
    slots: Vec<Option<(u64, Vec<u8>)>>,
}

impl<'b> Pages<'b> {
    /// Over all of `blob`.
    #[must_use]
    pub fn new(blob: Blob, budget: &'b Budget) -> Self {
        Self {
            blob,
            budget,
            slots: vec![None; SLOTS],
        }
    }

    /// The blob.
    #[must_use]
    pub fn blob(&self) -> &Blob {
        &self.blob
    }

    /// The budget.
    #[must_use]
    pub fn budget(&self) -> &'b Budget {
        self.budget
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.blob.len()
    }

    /// True without any bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blob.is_empty()
    }

    /// Fills `buf` from `at`; false, with nothing said of `buf`, when the blob ends before.
    ///
    /// # Errors
    /// When the bytes can't be read, or the time is up.
    pub fn fill(&mut self, at: u64, buf: &mut [u8]) -> Result<bool, ScanError> {
        let fits = at
            .checked_add(buf.len() as u64)
            .is_some_and(|end| end <= self.blob.len());
        if !fits {
            return Ok(false);
        }
        self.budget.charge_steps(1)?;
        let mut done = 0usize;
        while let Some(rest) = buf.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let here = at.saturating_add(done as u64);
            let page = self.page(here.div_euclid(PAGE as u64))?;
            let inside = usize::try_from(here.rem_euclid(PAGE as u64)).unwrap_or_default();
            let have = page.get(inside..).unwrap_or(&[]);
            let n = have.len().min(rest.len());
            let (Some(to), Some(from)) = (rest.get_mut(..n), have.get(..n)) else {
                return Ok(false);
            };
            if n == 0 {
                return Ok(false);
            }
            to.copy_from_slice(from);
            done = done.saturating_add(n);
        }
        Ok(true)
    }

    /// The next `N` bytes at `at`; `None` when the blob ends before.
    ///
    /// # Errors
    /// As [`Pages::fill`].
    pub fn array<const N: usize>(&mut self, at: u64) -> Result<Option<[u8; N]>, ScanError> {
        let mut bytes = [0; N];
        Ok(self.fill(at, &mut bytes)?.then_some(bytes))
    }

    fn page(&mut self, number: u64) -> Result<&[u8], ScanError> {
        let slot = usize::try_from(number.rem_euclid(SLOTS as u64)).unwrap_or_default();
        let kept = matches!(self.slots.get(slot), Some(Some((n, _))) if *n == number);
        if !kept {
            self.budget.check()?;
            let start = number.saturating_mul(PAGE as u64);
            let page = self.blob.tail(start).head(PAGE)?;
            self.budget.note_read(page.len() as u64);
            if let Some(slot) = self.slots.get_mut(slot) {
                *slot = Some((number, page));
            }
        }
        Ok(match self.slots.get(slot) {
            Some(Some((_, page))) => page,
            _ => &[],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_across_pages_and_stops_at_the_end() {
        let bytes: Vec<u8> = (0..3 * PAGE).map(|i| (i % 251) as u8).collect();
        let budget = Budget::default();
        let mut pages = Pages::new(Blob::from_vec(bytes.clone()), &budget);
        let mut buf = vec![0; PAGE + 10];
        assert!(pages.fill(4090, &mut buf).unwrap());
        assert_eq!(buf, bytes[4090..4090 + PAGE + 10]);
        assert_eq!(
            pages.array::<4>(0).unwrap(),
            Some([0, 1, 2, 3]),
            "the first page again"
        );
        let end = bytes.len() as u64;
        assert!(pages.array::<4>(end - 4).unwrap().is_some());
        assert!(pages.array::<4>(end - 3).unwrap().is_none());
        assert!(pages.array::<4>(u64::MAX).unwrap().is_none());
    }
}
