//! Where the data of the tensors lies: outside the file, over each other, with holes between them, and
//! what follows them.

use std::ops::Range;

use ma_core::ScanError;

use super::Parser;
use super::reader::Stop;
use super::tensors::UNKNOWN_END;
use crate::model::{AnomalyKind, Extent, Trailing};

/// Bytes of padding that are looked at in one place; the rest is left to detectors.
const LOOKED: u64 = 4096;
/// Places between tensors that are looked at.
const LOOKED_PLACES: u64 = 16_384;
/// Bytes of a hole or trailer that are looked at for what it is.
const TRAILER: u64 = 64 * 1024;

impl Parser<'_> {
    /// Places all tensors.
    pub(super) fn lay_out(&mut self) -> Result<(), ScanError> {
        match self.places() {
            Ok(()) | Err(Stop::Broken) => Ok(()),
            Err(Stop::Error(e)) => Err(e),
        }
    }

    fn places(&mut self) -> Result<(), Stop> {
        let len = self.blob.len();
        let header_end = self.out.header_end;
        let data_start = self.aligned(header_end);
        self.out.data_start = data_start;
        self.padding(header_end..data_start.min(len), "before the data")?;
        let mut extents = std::mem::take(&mut self.out.extents);
        let unknown = self.make_absolute(&mut extents, data_start)?;
        let complete = extents.len() as u64 == self.out.tensor_count && !unknown;
        extents.sort_by_key(|e| (e.start, e.end, e.index));
        self.close_unknown(&mut extents);
        let end = self.sweep(&mut extents, data_start.min(len))?;
        extents.retain(|e| e.end > e.start);
        self.out.extents = extents;

        let padded = self.aligned(end).min(len).max(end.min(len));
        self.padding(end.min(len)..padded, "after the last tensor")?;
        self.out.trailing = padded..len;
        if complete {
            self.trailing(padded..len)?;
        } else if padded < len {
            self.out.unclaimed.push(padded..len);
        }
        Ok(())
    }

    /// The next place at or after `at` where data may start.
    fn aligned(&self, at: u64) -> u64 {
        let alignment = self.out.alignment.max(1);
        at.checked_next_multiple_of(alignment).unwrap_or(u64::MAX)
    }

    /// Offsets to places in the file; notes what reaches beyond it. True when a size is not known.
    fn make_absolute(&mut self, extents: &mut [Extent], start: u64) -> Result<bool, Stop> {
        let len = self.blob.len();
        let mut unknown = false;
        for e in extents {
            self.reader.tick()?;
            unknown |= e.end == UNKNOWN_END;
            let from = start.saturating_add(e.start);
            let to = match e.end {
                UNKNOWN_END => UNKNOWN_END,
                end => start.saturating_add(end).min(UNKNOWN_END.saturating_sub(1)),
            };
            let beyond = if to == UNKNOWN_END {
                from >= len
            } else {
                to > len && to > from
            };
            if beyond {
                let name = self.name_of(e.index, e.info)?;
                let end = if to == UNKNOWN_END { from } else { to };
                let kind = AnomalyKind::OutsideFile { end };
                let kept = usize::try_from(e.index).ok();
                let kept = kept.and_then(|i| self.out.tensors.get(i));
                let range = match kept {
                    Some(tensor) => tensor.range.clone(),
                    None => e.info..e.info.saturating_add(1).min(len),
                };
                self.note(kind, range, name);
            }
            e.start = from.min(len);
            e.end = if to == UNKNOWN_END { to } else { to.min(len) };
        }
        Ok(unknown)
    }

    /// A tensor of unknown size is taken to reach to the next one, or to the end.
    fn close_unknown(&self, extents: &mut [Extent]) {
        let mut next = self.blob.len();
        let mut last = self.blob.len();
        for e in extents.iter_mut().rev() {
            if e.start < last {
                next = last;
                last = e.start;
            }
            if e.end == UNKNOWN_END {
                e.end = next;
            }
        }
    }

    /// Overlaps and holes, in the order of the file; what overlaps is cut away. Returns the end of the
    /// last byte of any tensor.
    fn sweep(&mut self, extents: &mut [Extent], start: u64) -> Result<u64, Stop> {
        let mut end = start;
        let mut holder: Option<(u64, u64)> = None;
        let mut places = 0u64;
        for e in extents.iter_mut() {
            self.reader.tick()?;
            if e.end <= e.start {
                continue;
            }
            if e.start < end {
                let bytes = e.end.min(end).saturating_sub(e.start);
                let name = self.name_of(e.index, e.info)?;
                let other = match holder {
                    Some((index, info)) => self.name_of(index, info)?,
                    None => String::new(),
                };
                let range = e.start..e.start.saturating_add(bytes);
                self.note(AnomalyKind::Overlap { other, bytes }, range, name);
                e.start = end.min(e.end);
            } else if e.start > end {
                places = places.saturating_add(1);
                let gap = end..e.start;
                if holder.is_some() && e.start == self.aligned(end) {
                    if places <= LOOKED_PLACES {
                        self.padding(gap, "between tensors")?;
                    } else {
                        self.out.unclaimed.push(gap);
                    }
                } else {
                    self.hole(gap)?;
                }
            }
            if e.end > end {
                end = e.end;
                holder = Some((e.index, e.info));
            }
        }
        Ok(end)
    }

    /// Padding should be zeros.
    fn padding(&mut self, range: Range<u64>, place: &str) -> Result<(), Stop> {
        if range.is_empty() {
            return Ok(());
        }
        let bytes = self.bytes(&range, LOOKED)?;
        let long = range.end.saturating_sub(range.start) > LOOKED;
        let bad = bytes.iter().any(|b| *b != 0);
        if bad {
            let bytes = bytes.get(..32.min(bytes.len())).unwrap_or(&[]).to_vec();
            self.note(AnomalyKind::Padding { bytes }, range.clone(), place);
        }
        if bad || long {
            self.out.unclaimed.push(range);
        }
        Ok(())
    }

    fn hole(&mut self, range: Range<u64>) -> Result<(), Stop> {
        let (what, at) = self.what(&range)?;
        let zeros = what == Trailing::Zeros;
        let from = if zeros { range.start } else { at };
        self.note(
            AnomalyKind::Hole { zeros, what },
            from..range.end,
            "between tensors",
        );
        self.out.unclaimed.push(range);
        Ok(())
    }

    fn trailing(&mut self, range: Range<u64>) -> Result<(), Stop> {
        if range.is_empty() {
            return Ok(());
        }
        let (what, at) = self.what(&range)?;
        let known = matches!(what, Trailing::Known(_));
        let mut all = self.out.anomalies.iter();
        let missing = all.any(|a| matches!(a.kind, AnomalyKind::OutsideFile { .. }));
        if missing && !known {
            // Whose bytes these are is not known while a tensor is not where it should be.
            self.out.unclaimed.push(range);
            return Ok(());
        }
        self.note(AnomalyKind::Trailing(what), at..range.end, "after the data");
        self.out.unclaimed.push(range);
        Ok(())
    }

    /// What a range begins with, behind zeros, and where that is.
    fn what(&mut self, range: &Range<u64>) -> Result<(Trailing, u64), Stop> {
        let head = self.bytes(range, TRAILER)?;
        let long = range.end.saturating_sub(range.start) > TRAILER;
        let Some(first) = head.iter().position(|b| *b != 0) else {
            let what = if long {
                Trailing::Other
            } else {
                Trailing::Zeros
            };
            return Ok((what, range.start));
        };
        let at = range.start.saturating_add(first as u64);
        let rest = head.get(first..).unwrap_or(&[]);
        Ok((
            known_beginning(rest).map_or(Trailing::Other, Trailing::Known),
            at,
        ))
    }
}

/// What content with these first bytes is, where that is something of its own.
pub(crate) fn known_beginning(head: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        Some("zip archive")
    } else if matches!(head, [0x7f, b'E', b'L', b'F', 1 | 2, 1 | 2, 1, ..]) {
        Some("Linux program (ELF)")
    } else if starts(b"MZ") && has_pe_header(head) {
        Some("Windows program (PE)")
    } else if matches!(
        head,
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..]
    ) {
        Some("macOS program (Mach-O)")
    } else if starts(b"#!/") {
        Some("script")
    } else if matches!(
        head,
        [
            0x80,
            2 | 3,
            b'}' | b']' | b')' | b'(' | b'c' | b'K' | b'X' | b'N',
            ..
        ] | [0x80, 4 | 5, 0x95, ..]
    ) {
        Some("pickle")
    } else if starts(b"\x1f\x8b\x08") {
        Some("gzip stream")
    } else if starts(b"7z\xbc\xaf\x27\x1c") {
        Some("7z archive")
    } else if starts(super::MAGIC) {
        Some("GGUF file")
    } else {
        None
    }
}

/// Whether the place that a DOS header names holds the signature of a PE file.
fn has_pe_header(head: &[u8]) -> bool {
    let at = head.get(0x3c..0x40).and_then(|b| b.try_into().ok());
    let at = at
        .map(u32::from_le_bytes)
        .and_then(|n| usize::try_from(n).ok());
    let rest = at.and_then(|at| head.get(at..));
    rest.is_some_and(|rest| rest.starts_with(b"PE\0\0"))
}
