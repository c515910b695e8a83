//! Finding pickles in bytes that nothing explains.
//!
//! Such bytes are mostly harmless: padding, other data, numbers. So a stream found here counts only
//! when it reaches `STOP` and holds names of interest, or reaches a well-formed name that is known
//! to be dangerous; and what it says about spelling and structure is dropped. Random numbers stay
//! silent.
//!
//! Cost: one pass with `memchr` for the few bytes with which a pickle can begin; a machine runs only
//! where four opcodes in a row make sense. What failing candidates may cost together is bounded by
//! the length of the region; when that is used up, the rest is a gap.

use std::ops::Range;

use ma_core::{Blob, Budget, ScanError};
use ma_python::catalogue::{Grade, classify};

use super::plausible::{self, Start};
use super::run::{Run, run};
use crate::judge::Reading;
use crate::judge::name::well_formed;
use crate::opcode::Op;

/// Bytes read at once.
const CHUNK: usize = 1 << 20;
/// Bytes that a candidate's first look may need beyond a chunk.
const OVERLAP: usize = 1024;
/// Bytes before `STACK_GLOBAL` or `INST` in which its stream is looked for.
const LOOK_BACK: usize = 512;
/// A name's length.
const MAX_NAME: usize = 200;
/// Cost of starting a machine, in opcodes.
const START_COST: u64 = 64;

/// What a search gives.
pub(crate) enum Next {
    /// A stream that counts.
    Found(Box<Run>),
    /// A harmless stream: it is skipped.
    Skipped(Range<u64>),
    /// No more.
    None,
    /// Too many candidates; the rest from here was not searched.
    GaveUp(u64),
}

/// A search through one region.
pub(crate) struct Search<'a> {
    blob: &'a Blob,
    budget: &'a Budget,
    reading: Reading,
    end: u64,
    at: u64,
    work: u64,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        blob: &'a Blob,
        range: Range<u64>,
        budget: &'a Budget,
        reading: Reading,
    ) -> Self {
        let len = range.end.saturating_sub(range.start);
        Self {
            blob,
            budget,
            reading,
            end: range.end,
            at: range.start,
            work: len.saturating_mul(2).saturating_add(1 << 20),
        }
    }

    /// The next stream.
    ///
    /// # Errors
    /// When the bytes can't be read or the budget is used up.
    pub(crate) fn next(&mut self) -> Result<Next, ScanError> {
        let mut buffer: Vec<u8> = Vec::new();
        while self.at < self.end {
            let want = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
            buffer.resize(want.min(CHUNK.saturating_add(OVERLAP)), 0);
            let got = self.blob.read_at(self.at, &mut buffer)?;
            buffer.truncate(got);
            if got == 0 {
                break;
            }
            self.budget.note_read(got as u64);
            self.budget.charge_steps((got as u64) >> 4)?;
            let base = self.at;
            let fresh = got.min(CHUNK);
            for position in candidates(&buffer, fresh) {
                let start = base.saturating_add(position as u64);
                if start < self.at {
                    continue;
                }
                if let Some(next) = self.try_at(start)? {
                    return Ok(next);
                }
                if self.work == 0 {
                    return Ok(Next::GaveUp(start));
                }
            }
            self.at = self.at.max(base.saturating_add(fresh as u64));
        }
        Ok(Next::None)
    }

    fn try_at(&mut self, start: u64) -> Result<Option<Next>, ScanError> {
        let run = run(self.blob, start, self.budget, self.reading)?;
        self.work = self
            .work
            .saturating_sub(run.opcodes.saturating_add(START_COST));
        let whole = run.is_whole();
        if run.denied || (whole && run.opcodes > 2 && run.named) {
            self.at = run.stop.max(start.saturating_add(1));
            let mut run = run;
            run.drop_doubtful();
            return Ok(Some(Next::Found(Box::new(run))));
        }
        if whole && run.opcodes > 3 {
            self.at = run.stop;
            return Ok(Some(Next::Skipped(start..run.stop)));
        }
        Ok(None)
    }
}

/// Positions below `fresh` where a stream may begin, in order.
fn candidates(bytes: &[u8], fresh: usize) -> Vec<usize> {
    let mut out = Vec::new();
    let area = bytes.get(..fresh).unwrap_or(bytes);
    for at in memchr::memchr3_iter(0x80, b'c', b'i', area) {
        let rest = bytes.get(at..).unwrap_or_default();
        match rest {
            [0x80, 0..=5, after, ..] if Op::from_byte(*after).is_some() => {
                let head = rest.get(..OVERLAP).unwrap_or(rest);
                if plausible::start(head, false) == Start::Sure {
                    out.push(at);
                }
            }
            [b'c', after @ ..] if denied_pair(after) => out.push(at),
            [b'i', after @ ..] if denied_pair(after) => {
                // The mark may lie before the arguments.
                let from = at.saturating_sub(LOOK_BACK);
                let before = bytes.get(from..at).unwrap_or_default();
                out.extend(
                    memchr::memrchr_iter(b'(', before)
                        .take(4)
                        .map(|mark| from.saturating_add(mark)),
                );
                out.push(at);
            }
            _ => {}
        }
    }
    for at in memchr::memchr_iter(0x93, area) {
        if let Some(start) = stack_global(bytes, at) {
            out.push(start);
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Whether two lines follow that name something dangerous.
fn denied_pair(bytes: &[u8]) -> bool {
    let head = bytes.get(..MAX_NAME.saturating_mul(2)).unwrap_or(bytes);
    if !head
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
    {
        return false;
    }
    let mut lines = head.split(|b| *b == b'\n');
    let (Some(module), Some(name)) = (lines.next(), lines.next()) else {
        return false;
    };
    // Both lines must end inside what is there.
    if module.len().saturating_add(name.len()).saturating_add(1) >= head.len() {
        return false;
    }
    denied(module, name)
}

fn denied(module: &[u8], name: &[u8]) -> bool {
    let (Ok(module), Ok(name)) = (std::str::from_utf8(module), std::str::from_utf8(name)) else {
        return false;
    };
    well_formed(module) && well_formed(name) && classify(module, name).grade == Grade::Dangerous
}

/// The beginning of `SHORT_BINUNICODE module, SHORT_BINUNICODE name, STACK_GLOBAL` that ends at
/// `at`, when the name is dangerous; memo opcodes may stand between.
fn stack_global(bytes: &[u8], at: usize) -> Option<usize> {
    let (name, before) = text_before(bytes, at)?;
    let (module, start) = text_before(bytes, before)?;
    denied(module, name).then_some(start)
}

/// The text of a `SHORT_BINUNICODE` (with its memo opcode) that ends at `end`, and where it begins.
fn text_before(bytes: &[u8], end: usize) -> Option<(&[u8], usize)> {
    let mut end = end;
    let last = bytes.get(end.checked_sub(1)?).copied()?;
    if last == Op::Memoize as u8 {
        end = end.checked_sub(1)?;
    } else if bytes.get(end.checked_sub(2)?).copied() == Some(Op::BinPut as u8) {
        end = end.checked_sub(2)?;
    }
    for len in 1..=MAX_NAME {
        let start = end.checked_sub(len)?;
        let count = bytes.get(start.checked_sub(1)?).copied()?;
        let op = bytes.get(start.checked_sub(2)?).copied()?;
        if usize::from(count) == len && op == Op::ShortBinUnicode as u8 {
            return Some((bytes.get(start..end)?, start.checked_sub(2)?));
        }
        let byte = bytes.get(start).copied()?;
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')) {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_are_found_and_chance_is_not() {
        let bytes = b"\0\0\0cos\nsystem\n(S'echo'\ntR.";
        assert_eq!(candidates(bytes, bytes.len()), [3]);
        let bytes = b"\xff\xff\x8c\x02os\x94\x8c\x06system\x94\x93";
        assert_eq!(candidates(bytes, bytes.len()), [2]);
        let bytes = b"import os\ncollections\nOrderedDict\n\x80\x04\xff";
        assert!(candidates(bytes, bytes.len()).is_empty());
    }
}
