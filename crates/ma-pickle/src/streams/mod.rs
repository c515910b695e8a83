//! All streams of a file, to its last byte.
//!
//! A pickle ends at its `STOP`, a file need not: programs load again from there, skip raw arrays, or
//! seek. So after each stream come, in this order, the layouts that are known (joblib's arrays inside
//! a stream, PyTorch's five pickles with their storages), the next stream directly behind, and a
//! search through what is left. There is no limit on the number of streams, only the budget.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `run` | one stream, run and judged |
//! | [`plausible`] | does a pickle begin here? |
//! | `joblib`, [`torch`] | raw data between and inside streams |
//! | `resync` | the search |

pub(crate) mod joblib;
pub mod plausible;
pub(crate) mod resync;
pub(crate) mod run;
pub mod torch;

use std::ops::Range;

use ma_core::{Blob, Budget, Depth, ScanError};

use crate::event::StreamEnd;
use crate::judge::{Child, Findings, Outcome, Reading};
use plausible::Start;
use resync::{Next, Search};
use run::{Run, run};

/// Bytes looked at to tell whether a stream begins.
const HEAD: usize = 4096;
/// Unexplained bytes from which on they are not searched when only structure is wanted.
const UNSEARCHED: u64 = 1 << 20;
/// Ranges and streams that are listed one by one.
const MAX_LISTED: usize = 10_000;
/// Pickles inside values that are followed.
const NESTING: u8 = 4;

/// A stream, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSummary {
    /// Its bytes.
    pub range: Range<u64>,
    /// Opcodes executed.
    pub opcodes: u64,
    /// How it ended.
    pub end: StreamEnd,
    /// Found by searching, not where a loader would go on.
    pub searched: bool,
}

/// All that a file holds.
pub(crate) struct Walked {
    /// What was found.
    pub(crate) found: Findings,
    /// What is to be looked at by others.
    pub(crate) children: Vec<Child>,
    /// The streams, as far as they are listed.
    pub(crate) streams: Vec<StreamSummary>,
    /// How many there are.
    pub(crate) count: u64,
    /// Raw data that the file declares.
    pub(crate) weights: Vec<(Range<u64>, String)>,
    /// Bytes that nothing explains.
    pub(crate) unclaimed: Vec<Range<u64>>,
    /// How many bytes that are.
    pub(crate) unclaimed_bytes: u64,
    /// Bytes that were not searched.
    pub(crate) unsearched: Vec<Range<u64>>,
    /// Streams that break off.
    pub(crate) broken: Vec<u64>,
    /// A bound of the machine was hit there.
    pub(crate) limits: Vec<(u64, ma_core::LimitHit)>,
    /// Frames whose second reading was not followed.
    pub(crate) skipped: Vec<u64>,
}

/// A walk over a file.
struct Walk<'a> {
    blob: &'a Blob,
    budget: &'a Budget,
    reading: Reading,
    out: Walked,
    save: Option<torch::Save>,
}

/// Whether bytes must be a pickle because a container said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// A parent or the content says that it is one.
    Pickle,
    /// Only the name.
    Name,
}

/// Walks over all streams of `blob`.
///
/// # Errors
/// When the bytes can't be read or the budget is used up.
pub(crate) fn walk(
    blob: &Blob,
    budget: &Budget,
    depth: Depth,
    promise: Promise,
) -> Result<Walked, ScanError> {
    let reading = Reading {
        joblib: true,
        nesting: NESTING,
        structure_only: depth == Depth::Structure,
    };
    let mut walk = Walk {
        blob,
        budget,
        reading,
        save: None,
        out: Walked {
            found: Findings::default(),
            children: Vec::new(),
            streams: Vec::new(),
            count: 0,
            weights: Vec::new(),
            unclaimed: Vec::new(),
            unclaimed_bytes: 0,
            unsearched: Vec::new(),
            broken: Vec::new(),
            limits: Vec::new(),
            skipped: Vec::new(),
        },
    };
    walk.all(promise)?;
    Ok(walk.out)
}

impl Walk<'_> {
    fn all(&mut self, promise: Promise) -> Result<(), ScanError> {
        let len = self.blob.len();
        let mut at = 0u64;
        while at < len {
            let next = self.stream_at(at, promise)?;
            at = match next {
                Some(next) => next,
                None => self.search(at)?,
            };
        }
        Ok(())
    }

    /// Reads the stream that begins exactly here; `None` when there is none. Gives the offset behind
    /// it and its raw data.
    fn stream_at(&mut self, at: u64, promise: Promise) -> Result<Option<u64>, ScanError> {
        let mut head = vec![0; HEAD];
        let got = self.blob.read_at(at, &mut head)?;
        head.truncate(got);
        let rest = self.blob.len().saturating_sub(at);
        let start = plausible::start(&head, got as u64 == rest);
        let first = at == 0;
        let header = matches!(head.as_slice(), [0x80, 0..=5, ..]);
        if !first && start == Start::No && !starts_small(&head) {
            return Ok(None);
        }
        let run = run(self.blob, at, self.budget, self.reading)?;
        let promised = first && promise == Promise::Pickle;
        let believed = promised
            || run.denied
            || (run.is_whole() && run.opcodes >= 2)
            || start == Start::Sure
            || (header && first && run.opcodes >= 2);
        if !believed {
            return Ok(None);
        }
        // Where only chance and luck speak for a stream, its spelling says nothing.
        let mut run = run;
        let whole = first && run.is_whole();
        if !promised && start < Start::Sure && !header && !whole {
            run.drop_doubtful();
        } else if let Some(stop) = broken_at(&run.end) {
            self.out.broken.push(stop);
        }
        let swallowed = (!run.is_whole() && !run.denied).then_some(run.stop);
        let next = self.accept(run, false)?;
        if let Some(stop) = swallowed {
            self.search_inside(at.saturating_add(1)..stop)?;
        }
        Ok(Some(next.max(at.saturating_add(1))))
    }

    /// A stream that breaks off may have taken others for its own arguments.
    fn search_inside(&mut self, range: Range<u64>) -> Result<(), ScanError> {
        let long = range.end.saturating_sub(range.start) > UNSEARCHED;
        if range.is_empty() || (self.reading.structure_only && long) {
            return Ok(());
        }
        let mut search = Search::new(self.blob, range, self.budget, self.reading);
        loop {
            match search.next()? {
                Next::Found(run) => {
                    self.accept(*run, true)?;
                }
                Next::Skipped(_) => {}
                Next::None => return Ok(()),
                Next::GaveUp(at) => {
                    self.out.unsearched.push(at..self.blob.len());
                    return Ok(());
                }
            }
        }
    }

    /// Takes over what a stream gave; the offset behind it and its raw data.
    fn accept(&mut self, run: Run, searched: bool) -> Result<u64, ScanError> {
        self.out.count = self.out.count.saturating_add(1);
        let mut found = run.found;
        if self.out.count > 1 || searched {
            found.route(&format!("stream {}", self.out.count));
        }
        self.out.found.absorb(found);
        self.out.children.extend(run.children);
        if let StreamEnd::Limit { at, hit } = &run.end {
            self.out.limits.push((*at, *hit));
        }
        self.out.limits.extend(run.limit);
        self.out.skipped.extend(run.skipped);
        for raw in run.raw {
            self.weight(raw, "joblib array".to_owned());
        }
        if self.out.streams.len() < MAX_LISTED {
            self.out.streams.push(StreamSummary {
                range: run.start..run.stop,
                opcodes: run.opcodes,
                end: run.end,
                searched,
            });
        }
        self.legacy(run.result, run.storages, run.stop)
    }

    /// Follows PyTorch's legacy layout: after its fifth pickle come the storages.
    fn legacy(
        &mut self,
        result: Outcome,
        storages: Vec<torch::StorageKey>,
        stop: u64,
    ) -> Result<u64, ScanError> {
        if result == Outcome::TorchMagic {
            self.save = Some(torch::Save {
                pickles: 1,
                storages: Vec::new(),
            });
            return Ok(stop);
        }
        let Some(save) = &mut self.save else {
            return Ok(stop);
        };
        save.pickles = save.pickles.saturating_add(1);
        save.storages.extend(storages);
        if save.pickles < 5 {
            return Ok(stop);
        }
        let Some(save) = self.save.take() else {
            return Ok(stop);
        };
        let Outcome::Keys(keys, cut) = result else {
            return Ok(stop);
        };
        let (ranges, end) = torch::storages(&save, &keys, cut, self.blob, stop)?;
        for (range, key) in ranges {
            self.weight(range, key);
        }
        Ok(end)
    }

    fn weight(&mut self, range: Range<u64>, route: String) {
        if self.out.weights.len() < MAX_LISTED {
            self.out.weights.push((range, route));
        }
    }

    /// Searches from here on; gives the offset where a loader could go on reading.
    fn search(&mut self, from: u64) -> Result<u64, ScanError> {
        let len = self.blob.len();
        if self.reading.structure_only && len.saturating_sub(from) > UNSEARCHED {
            self.unclaimed(from..len);
            return Ok(len);
        }
        let mut search = Search::new(self.blob, from..len, self.budget, self.reading);
        match search.next()? {
            Next::Found(run) => {
                self.unclaimed(from..run.start);
                let next = self.accept(*run, true)?;
                Ok(next.max(from.saturating_add(1)))
            }
            Next::Skipped(range) => {
                self.unclaimed(from..range.start);
                self.out.count = self.out.count.saturating_add(1);
                Ok(range.end.max(from.saturating_add(1)))
            }
            Next::None => {
                self.unclaimed(from..len);
                Ok(len)
            }
            Next::GaveUp(at) => {
                self.unclaimed(from..len);
                self.out.unsearched.push(at..len);
                Ok(len)
            }
        }
    }

    fn unclaimed(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let len = range.end.saturating_sub(range.start);
        self.out.unclaimed_bytes = self.out.unclaimed_bytes.saturating_add(len);
        if let Some(last) = self.out.unclaimed.last_mut()
            && last.end == range.start
        {
            last.end = range.end;
            return;
        }
        if self.out.unclaimed.len() < MAX_LISTED {
            self.out.unclaimed.push(range);
        }
    }
}

/// A stream of one or two opcodes: `N.`, `]q.`: too small to be told from chance by its beginning.
fn starts_small(head: &[u8]) -> bool {
    head.first()
        .is_some_and(|byte| crate::opcode::Op::from_byte(*byte).is_some())
        && head.iter().take(16).any(|byte| *byte == b'.')
}

/// Where a stream breaks off.
fn broken_at(end: &StreamEnd) -> Option<u64> {
    match end {
        StreamEnd::Truncated { at }
        | StreamEnd::Invalid { at, .. }
        | StreamEnd::Error { at, .. }
        | StreamEnd::Undecodable { at } => Some(*at),
        _ => None,
    }
}
