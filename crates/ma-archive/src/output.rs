//! Runs a decompressor into a spool: every block is charged to the budget, the ratio of output to
//! input is watched, and what was produced before an end, an error or a limit is kept.
//!
//! Cost: one pass over the output; memory: one block plus the spool's bound.

use std::io::{self, Read};

use ma_core::{Blob, Budget, LimitHit, LimitKind, ScanError};

use crate::input::Meter;
use crate::spool::Spool;

const BLOCK: usize = 64 * 1024;

/// How a decompressor came to its end.
#[derive(Debug)]
pub(crate) enum Flow {
    /// The stream ended where it says it does.
    End,
    /// The stream is broken from here; what came before is kept.
    Broken(String),
    /// A limit was hit; what came before is kept.
    Limit(LimitHit),
}

/// Where decompressed bytes go.
pub(crate) struct Output<'b> {
    spool: Spool,
    crc: crc32fast::Hasher,
    len: u64,
    budget: &'b Budget,
    meter: Meter,
}

/// What came out.
#[derive(Debug)]
pub(crate) struct Unpacked {
    /// The bytes, perhaps only the first part.
    pub(crate) blob: Blob,
    /// Their CRC-32.
    pub(crate) crc: u32,
    /// Bytes of input that were taken.
    pub(crate) taken: u64,
    /// How it ended.
    pub(crate) flow: Flow,
}

impl<'b> Output<'b> {
    /// An empty output for a decompressor that reads through `meter`.
    pub(crate) fn new(budget: &'b Budget, meter: Meter) -> Self {
        Self {
            spool: Spool::default(),
            crc: crc32fast::Hasher::new(),
            len: 0,
            budget,
            meter,
        }
    }

    /// Bytes produced so far.
    #[cfg(feature = "sevenz")]
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Starts the checksum anew, for the next of several files in one stream.
    #[cfg(feature = "sevenz")]
    pub(crate) fn restart_crc(&mut self) {
        self.crc = crc32fast::Hasher::new();
    }

    /// The checksum since then.
    #[cfg(feature = "sevenz")]
    pub(crate) fn crc(&self) -> u32 {
        self.crc.clone().finalize()
    }

    /// Appends a block.
    pub(crate) fn push(&mut self, block: &[u8]) -> Result<Option<LimitHit>, ScanError> {
        self.budget.check()?;
        if let Err(hit) = self.budget.charge_expanded(block.len() as u64) {
            return Ok(Some(hit));
        }
        self.spool.push(block)?;
        self.crc.update(block);
        self.len = self.len.saturating_add(block.len() as u64);
        Ok(self.ratio())
    }

    fn ratio(&self) -> Option<LimitHit> {
        let limits = self.budget.limits();
        let allowed = self.meter.taken().max(1).saturating_mul(limits.max_ratio);
        (self.len > limits.bomb_floor && self.len > allowed).then_some(LimitHit {
            kind: LimitKind::Ratio,
            limit: limits.max_ratio,
        })
    }

    /// Reads `reader` to its end.
    ///
    /// # Errors
    /// When the source below can't be read, the time is up, or the temporary file fails.
    pub(crate) fn pump(&mut self, reader: &mut dyn Read) -> Result<Flow, ScanError> {
        let mut block = vec![0; BLOCK];
        loop {
            let n = match reader.read(&mut block) {
                Ok(0) => return Ok(Flow::End),
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => {
                    if let Some(failure) = self.meter.failure() {
                        return Err(ScanError::Io(failure));
                    }
                    self.budget.check()?;
                    return Ok(Flow::Broken(e.to_string()));
                }
            };
            if let Some(hit) = self.push(block.get(..n).unwrap_or(&[]))? {
                return Ok(Flow::Limit(hit));
            }
        }
    }

    /// The bytes as a blob, with how it ended.
    ///
    /// # Errors
    /// When the temporary file fails.
    pub(crate) fn finish(self, flow: Flow) -> Result<Unpacked, ScanError> {
        Ok(Unpacked {
            blob: self.spool.finish()?,
            crc: self.crc.finalize(),
            taken: self.meter.taken(),
            flow,
        })
    }
}

/// Whether two blobs hold the same bytes; reads as far as they are equal.
pub(crate) fn same_bytes(a: &Blob, b: &Blob, budget: &Budget) -> Result<bool, ScanError> {
    if a.len() != b.len() {
        return Ok(false);
    }
    let (mut x, mut y) = (vec![0; BLOCK], vec![0; BLOCK]);
    let mut at = 0u64;
    while at < a.len() {
        budget.check()?;
        let n = a.read_at(at, &mut x)?;
        let m = b.read_at(at, &mut y)?;
        if n == 0 || n != m || x.get(..n) != y.get(..m) {
            return Ok(false);
        }
        at = at.saturating_add(n as u64);
    }
    Ok(true)
}

/// Bytes from which a checksum is worth more than one thread.
const LARGE: u64 = 32 << 20;

/// The CRC-32 of a blob, by streaming; of a large one in parts, by as many threads as are free.
pub(crate) fn crc_of(blob: &Blob, budget: &Budget) -> Result<u32, ScanError> {
    let free = budget.crew().hire(if blob.len() < LARGE { 0 } else { 7 });
    if free.is_empty() {
        return Ok(crc_of_part(blob, budget)?.finalize());
    }
    let parts = (free.len() as u64).saturating_add(1);
    let size = blob.len().div_ceil(parts).max(1);
    let starts = (0..parts).map(|i| size.saturating_mul(i).min(blob.len()));
    let parts = starts.filter_map(|start| {
        let end = start.saturating_add(size).min(blob.len());
        blob.slice(start..end).ok()
    });
    let parts: Vec<Blob> = parts.collect();
    let sums = std::thread::scope(|scope| {
        let running: Vec<_> = parts
            .iter()
            .map(|part| scope.spawn(|| crc_of_part(part, budget)))
            .collect();
        let done = running.into_iter().map(|thread| thread.join());
        done.collect::<Vec<_>>()
    });
    let mut whole = crc32fast::Hasher::new();
    for sum in sums {
        let sum = sum.map_err(|_| io::Error::other("a thread of the checksum failed"))?;
        whole.combine(&sum?);
    }
    Ok(whole.finalize())
}

fn crc_of_part(blob: &Blob, budget: &Budget) -> Result<crc32fast::Hasher, ScanError> {
    let mut crc = crc32fast::Hasher::new();
    let mut block = vec![0; crate::bytes::index(blob.len()).min(4 * BLOCK)];
    let mut at = 0u64;
    while at < blob.len() {
        budget.check()?;
        let n = blob.read_at(at, &mut block)?;
        if n == 0 {
            break;
        }
        crc.update(block.get(..n).unwrap_or(&[]));
        budget.note_read(n as u64);
        at = at.saturating_add(n as u64);
    }
    Ok(crc)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use ma_core::{Crew, Limits};

    use super::*;

    #[test]
    fn a_checksum_in_parts_is_the_same() {
        let bytes: Vec<u8> = (0..(LARGE + 1001))
            .map(|i| (i.wrapping_mul(31) >> 3) as u8)
            .collect();
        let blob = Blob::from_vec(bytes.clone());
        for threads in [1, 2, 3, 8] {
            let crew = Arc::new(Crew::new(Some(threads)));
            let stop = Arc::new(AtomicBool::new(false));
            let budget = Budget::for_crew(Limits::default(), None, stop, crew);
            assert_eq!(crc_of(&blob, &budget).unwrap(), crc32fast::hash(&bytes));
        }
    }
}
