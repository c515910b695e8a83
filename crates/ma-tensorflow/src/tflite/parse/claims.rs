//! Which bytes belong to the model: everything that was followed, as merged ranges. What is left over
//! belongs to nothing.

use std::ops::Range;

/// Ranges that are kept; beyond that, neighbours are joined over ever larger gaps.
const MAX_RANGES: usize = 1 << 16;

/// Bytes between two ranges that count as alignment.
const ALIGNMENT: u64 = 64;

/// The bytes that belong to something.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    ranges: Vec<(u64, u64)>,
    joined: u64,
}

impl Claims {
    /// These bytes belong to something.
    pub(crate) fn add(&mut self, range: &Range<u64>) {
        if range.start >= range.end {
            return;
        }
        if let Some(last) = self.ranges.last_mut()
            && range.start >= last.0
            && range.start <= last.1.saturating_add(ALIGNMENT)
        {
            last.1 = last.1.max(range.end);
            return;
        }
        self.ranges.push((range.start, range.end));
        if self.ranges.len() >= MAX_RANGES {
            self.merge();
        }
    }

    fn merge(&mut self) {
        let mut gap = ALIGNMENT.max(self.joined);
        loop {
            self.ranges.sort_unstable();
            let mut merged: Vec<(u64, u64)> = Vec::new();
            for (start, end) in self.ranges.drain(..) {
                match merged.last_mut() {
                    Some(last) if start <= last.1.saturating_add(gap) => last.1 = last.1.max(end),
                    _ => merged.push((start, end)),
                }
            }
            self.ranges = merged;
            if self.ranges.len() < MAX_RANGES / 2 {
                break;
            }
            gap = gap.saturating_mul(4);
            self.joined = gap;
        }
    }

    /// The bytes of `0..len` that belong to nothing, gaps of alignment left out.
    pub(crate) fn unclaimed(mut self, len: u64) -> Vec<Range<u64>> {
        self.merge();
        let mut at = 0;
        let mut free = Vec::new();
        for (start, end) in self.ranges {
            if start > at {
                free.push(at..start);
            }
            at = at.max(end);
        }
        // What follows the last one may be small and still no alignment.
        if at < len {
            free.push(at..len);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_of_alignment_are_joined() {
        let mut claims = Claims::default();
        for range in [0..8, 100..200, 10..20, 400..500] {
            claims.add(&range);
        }
        assert_eq!(claims.unclaimed(501), [20..100, 200..400, 500..501]);
    }
}
