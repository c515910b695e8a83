//! Which bytes of an archive belong to something, and which belong to nothing.

use std::ops::Range;

/// A set of byte ranges.
#[derive(Debug, Default, Clone)]
pub(crate) struct Claims {
    ranges: Vec<Range<u64>>,
    sorted: bool,
}

impl Claims {
    /// Adds a range.
    pub(crate) fn add(&mut self, range: Range<u64>) {
        if range.start < range.end {
            self.ranges.push(range);
            self.sorted = false;
        }
    }

    /// Sorts and joins; asked for before questions, so that adding stays cheap.
    pub(crate) fn settle(&mut self) {
        if self.sorted {
            return;
        }
        self.ranges.sort_by_key(|r| r.start);
        let mut joined: Vec<Range<u64>> = Vec::with_capacity(self.ranges.len());
        for range in self.ranges.drain(..) {
            match joined.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => joined.push(range),
            }
        }
        self.ranges = joined;
        self.sorted = true;
    }

    /// The claimed range that holds `at`.
    pub(crate) fn holding(&mut self, at: u64) -> Option<Range<u64>> {
        self.settle();
        let after = self.ranges.partition_point(|r| r.start <= at);
        let range = self.ranges.get(after.checked_sub(1)?)?;
        (at < range.end).then(|| range.clone())
    }

    /// The start of the first claimed range at or after `at`.
    pub(crate) fn next_start(&mut self, at: u64) -> Option<u64> {
        self.settle();
        let after = self.ranges.partition_point(|r| r.start < at);
        self.ranges.get(after).map(|r| r.start)
    }

    /// What is not claimed of `0..len`, in order.
    pub(crate) fn free(&mut self, len: u64) -> Vec<Range<u64>> {
        self.settle();
        let mut out = Vec::new();
        let mut at = 0u64;
        for range in &self.ranges {
            if range.start > at {
                out.push(at..range.start.min(len));
            }
            at = at.max(range.end);
            if at >= len {
                return out;
            }
        }
        if at < len {
            out.push(at..len);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_over() {
        let mut claims = Claims::default();
        for range in [10..20, 15..30, 40..50, 30..31] {
            claims.add(range);
        }
        assert_eq!(claims.free(60), [0..10, 31..40, 50..60]);
        assert_eq!(claims.free(45), [0..10, 31..40]);
        assert_eq!(claims.holding(25), Some(10..31));
        assert_eq!(claims.holding(31), None);
        assert_eq!(claims.next_start(31), Some(40));
    }
}
