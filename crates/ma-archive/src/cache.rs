//! The last few unpacked members, so that a scanner that looks at a sibling and the walk that comes to
//! it later do not unpack it twice. Bounded: eight small blobs and two large ones (those lie in
//! temporary files).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use ma_core::Blob;

use crate::spool::IN_MEMORY;

const SMALL: usize = 8;
const LARGE: usize = 2;
/// Blobs of up to this size count as small.
const SMALL_SIZE: u64 = 1 << 20;

/// Where the packed data starts, and its method: members that share their data share the result.
pub(crate) type Key = (u64, u16);

/// Unpacked members by their data.
#[derive(Default)]
pub(crate) struct Cache {
    small: Mutex<VecDeque<(Key, Blob)>>,
    large: Mutex<VecDeque<(Key, Blob)>>,
}

impl Cache {
    /// A member that was kept.
    pub(crate) fn get(&self, id: Key) -> Option<Blob> {
        for shelf in [&self.small, &self.large] {
            let shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, blob)) = shelf.iter().find(|(k, _)| *k == id) {
                return Some(blob.clone());
            }
        }
        None
    }

    /// Keeps a member, in the place of the oldest.
    pub(crate) fn put(&self, id: Key, blob: &Blob) {
        let (shelf, most) = if blob.len() <= SMALL_SIZE.min(IN_MEMORY as u64) {
            (&self.small, SMALL)
        } else {
            (&self.large, LARGE)
        };
        let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if shelf.len() >= most {
            shelf.pop_front();
        }
        shelf.push_back((id, blob.clone()));
    }
}
