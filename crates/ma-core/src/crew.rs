//! How many threads are at work: so that one large file gets the cores that no other file needs.
//!
//! Files of a directory are scanned side by side. Where fewer are left than there are cores, the
//! threads that look at the content of a large one are joined by helpers. They live for a fraction of
//! a second each, so a core that becomes free is soon used.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The threads of one engine.
#[derive(Debug, Default)]
pub struct Crew {
    chosen: Option<usize>,
    cores: OnceLock<usize>,
    busy: AtomicUsize,
}

impl Crew {
    /// A crew of that many threads; `None` = one a core.
    #[must_use]
    pub fn new(threads: Option<usize>) -> Self {
        Self {
            chosen: threads.filter(|n| *n > 0),
            ..Self::default()
        }
    }

    fn threads(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        self.chosen
            .unwrap_or_else(|| *self.cores.get_or_init(cores))
    }

    /// Notes that the calling thread is at work, until the result is dropped.
    #[must_use]
    pub fn join(&self) -> Hired<'_> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Hired {
            crew: self,
            count: 1,
        }
    }

    /// At most `wanted` helpers, as far as there are threads left, until the result is dropped.
    #[must_use]
    pub fn hire(&self, wanted: usize) -> Hired<'_> {
        let count = match wanted {
            0 => 0,
            _ => {
                let busy = self.busy.load(Ordering::Relaxed).max(1);
                self.threads().saturating_sub(busy).min(wanted)
            }
        };
        self.busy.fetch_add(count, Ordering::Relaxed);
        Hired { crew: self, count }
    }
}

/// Threads that are at work.
#[derive(Debug)]
pub struct Hired<'c> {
    crew: &'c Crew,
    count: usize,
}

impl Hired<'_> {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// True for none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Drop for Hired<'_> {
    fn drop(&mut self) {
        self.crew.busy.fetch_sub(self.count, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpers_are_what_is_left() {
        let crew = Crew::new(Some(4));
        let me = crew.join();
        let helpers = crew.hire(10);
        assert_eq!(helpers.len(), 3);
        assert_eq!(crew.hire(10).len(), 0);
        drop(helpers);
        assert_eq!(crew.hire(2).len(), 2);
        drop(me);
        assert_eq!(Crew::new(Some(1)).hire(5).len(), 0);
    }
}
