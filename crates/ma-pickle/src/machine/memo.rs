//! The memo: numbered values.
//!
//! The C unpickler keeps an array of pointers, the Python one a dict. Here, dense pages hold the low
//! indices that picklers use and a map the rest, so that `PUT 4000000000` costs a map entry and not
//! 32 GB. Both unpicklers count *distinct* filled slots, and MEMOIZE stores at that count.

use std::collections::HashMap;

use crate::machine::tagged::EMPTY;
use crate::value::Value;

/// Slots of a page.
const PAGE: usize = 4096;
const PAGE_BYTES: u64 = 8 * 4096;

type Page = Box<[Value]>;

/// The memo of one reading of a stream.
#[derive(Clone, Default)]
pub(crate) struct Memo {
    /// Indices from 0 on, without holes between pages.
    pages: Vec<Page>,
    /// Indices beyond the pages.
    far: HashMap<u64, Value>,
    /// Distinct filled slots.
    count: u64,
}

impl Memo {
    /// Distinct filled slots: where MEMOIZE stores next.
    #[inline]
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Bytes held, roughly.
    pub(crate) fn memory(&self) -> u64 {
        let pages = (self.pages.len() as u64).saturating_mul(PAGE_BYTES);
        pages.saturating_add((self.far.len() as u64).saturating_mul(40))
    }

    #[inline]
    fn place(index: u64) -> (usize, usize) {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        (index / PAGE, index % PAGE)
    }

    /// What was stored there.
    #[inline]
    pub(crate) fn get(&self, index: u64) -> Option<Value> {
        let (page, slot) = Self::place(index);
        let found = match self.pages.get(page) {
            Some(page) => page.get(slot).copied(),
            None => self.far.get(&index).copied(),
        };
        found.filter(|v| *v != EMPTY)
    }

    /// Stores a value.
    #[inline]
    pub(crate) fn put(&mut self, index: u64, value: Value) {
        let (page, slot) = Self::place(index);
        if let Some(old) = self.pages.get_mut(page).and_then(|p| p.get_mut(slot)) {
            self.count = self.count.wrapping_add(u64::from(*old == EMPTY));
            *old = value;
        } else {
            self.put_beyond(index, value);
        }
    }

    #[cold]
    fn put_beyond(&mut self, index: u64, value: Value) {
        let (page, slot) = Self::place(index);
        if page > self.pages.len() {
            if self.far.insert(index, value).is_none() {
                self.count = self.count.saturating_add(1);
            }
            return;
        }
        let mut slots = vec![EMPTY; PAGE].into_boxed_slice();
        if !self.far.is_empty() {
            let first = (page as u64).saturating_mul(PAGE as u64);
            for (at, place) in (first..).zip(slots.iter_mut()) {
                if let Some(moved) = self.far.remove(&at) {
                    *place = moved;
                }
            }
        }
        if let Some(place) = slots.get_mut(slot) {
            self.count = self.count.wrapping_add(u64::from(*place == EMPTY));
            *place = value;
        }
        self.pages.push(slots);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::tagged;

    #[test]
    fn counts_distinct_slots_and_moves_far_ones_into_pages() {
        let mut memo = Memo::default();
        let v = |n| tagged::int(n).unwrap();
        memo.put(100, v(1));
        assert_eq!(memo.count(), 1);
        memo.put(100, v(2));
        assert_eq!(memo.count(), 1);
        memo.put(4_000_000_000, v(3));
        memo.put(3 * PAGE as u64 + 5, v(4));
        assert_eq!(memo.count(), 3);
        memo.put(PAGE as u64, v(5));
        memo.put(2 * PAGE as u64, v(6));
        memo.put(3 * PAGE as u64, v(7));
        assert_eq!(memo.count(), 6);
        assert_eq!(memo.get(3 * PAGE as u64 + 5), Some(v(4)));
        assert_eq!(memo.get(4_000_000_000), Some(v(3)));
        assert_eq!(memo.get(100), Some(v(2)));
        assert_eq!(memo.get(0), None);
        assert_eq!(memo.get(u64::MAX), None);
        assert!(memo.memory() < 1 << 20);
    }
}
