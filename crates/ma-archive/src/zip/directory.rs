//! End records and central directories: every one that a file holds, not only the last.
//!
//! Readers find the directory in two ways. Most (Python, Java, Info-ZIP) count back from the end
//! record, so bytes before the archive do not matter; others (miniz, which PyTorch uses) believe the
//! stated offset. A file can be built so that the two find different directories, so both are read
//! where they differ. A zip64 end record gives yet another pair of numbers.

use std::ops::Range;

use ma_core::{Budget, ScanError};

use super::record::{
    CENTRAL, CENTRAL_LEN, Central, END, END_LEN, END64_LEN, End, End64, LOCATOR64, LOCATOR64_LEN,
};
use crate::bytes::{index, u64_at};
use crate::window::Window;

/// Bytes of a directory read at once.
const DIRECTORY_READ: u64 = 4 << 20;

/// One way to find a directory from an end record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    /// Where the directory starts.
    pub(crate) start: u64,
    /// What is added to the offsets in it.
    pub(crate) base: u64,
    /// Entries as stated.
    pub(crate) entries: u64,
    /// Size as stated.
    pub(crate) size: u64,
}

/// A directory that was read.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) view: View,
    pub(crate) end: End,
    pub(crate) records: Vec<Central>,
    /// The bytes of its records.
    pub(crate) range: Range<u64>,
    /// The bytes from the zip64 records to the end of the comment.
    pub(crate) tail: Range<u64>,
    /// True when the limit on entries cut it short.
    pub(crate) cut: bool,
}

/// End records in `bytes`, which lie at `at`; the last first. `len` is the length of the file.
pub(crate) fn ends(bytes: &[u8], at: u64, len: u64) -> Vec<End> {
    let mut out = Vec::new();
    for found in memchr::memmem::rfind_iter(bytes, &END) {
        let end = End::parse(
            bytes.get(found..).unwrap_or(&[]),
            at.saturating_add(found as u64),
        );
        if let Some(end) = end.filter(|e| e.plausible() && e.end() <= len) {
            out.push(end);
        }
        if out.len() >= 64 {
            break;
        }
    }
    // A comment may be stated longer than the file is; readers that only look at the end take it.
    if out.is_empty() {
        for found in memchr::memmem::rfind_iter(bytes, &END).take(8) {
            let rest = bytes.get(found..).unwrap_or(&[]);
            let end = End::parse(rest, at.saturating_add(found as u64));
            out.extend(end.filter(End::plausible));
        }
    }
    out
}

/// The views of one end record, the usual one first, and where its zip64 records start.
pub(crate) fn views(end: &End, window: &mut Window<'_>) -> Result<(Vec<View>, u64), ScanError> {
    let wide = end64(end, window)?;
    let mut anchor = end.at;
    let mut numbers = Vec::new();
    if let Some(wide) = &wide {
        anchor = wide.at;
        numbers.push((wide.entries, wide.size, wide.offset));
    }
    let placeholder = end.offset == u32::MAX.into() || end.size == u32::MAX.into();
    if wide.is_none() || !placeholder {
        numbers.push((end.entries, end.size, end.offset));
    }
    let mut out: Vec<View> = Vec::new();
    for (entries, size, offset) in numbers {
        let anchors = [anchor, end.at];
        let relative = anchors.iter().filter_map(|a| {
            let start = a.checked_sub(size)?;
            let base = start.checked_sub(offset)?;
            Some((start, base))
        });
        for (start, base) in relative.chain([(offset, 0)]) {
            let view = View {
                start,
                base,
                entries,
                size,
            };
            let known = out.iter().any(|v| v.start == start && v.base == base);
            if !known && leads_to_directory(&view, end, anchor, window)? {
                out.push(view);
            }
        }
    }
    Ok((out, anchor))
}

fn leads_to_directory(
    view: &View,
    end: &End,
    anchor: u64,
    window: &mut Window<'_>,
) -> Result<bool, ScanError> {
    if view.entries == 0 && view.size == 0 {
        return Ok(view.start == anchor || view.start == end.at);
    }
    if view.start >= end.at {
        return Ok(false);
    }
    Ok(window.get(view.start, 4)?.starts_with(&CENTRAL))
}

/// The zip64 end record that belongs to `end`.
fn end64(end: &End, window: &mut Window<'_>) -> Result<Option<End64>, ScanError> {
    let Some(at) = end.at.checked_sub(LOCATOR64_LEN as u64) else {
        return Ok(None);
    };
    let locator = window.get(at, LOCATOR64_LEN)?;
    if !locator.starts_with(&LOCATOR64) {
        return Ok(None);
    }
    let stated = u64_at(locator, 8);
    let usual = at.checked_sub(END64_LEN as u64);
    for place in [usual, stated].into_iter().flatten().filter(|p| *p < at) {
        if let Some(found) = End64::parse(window.get(place, END64_LEN)?, place) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Reads the records of a view: as long as there are any, whatever the counts say.
pub(crate) fn load(
    view: View,
    end: End,
    anchor: u64,
    window: &mut Window<'_>,
    budget: &Budget,
    room: u64,
) -> Result<Directory, ScanError> {
    let mut records = Vec::new();
    let mut at = view.start;
    let mut cut = false;
    let mut loaded_to = 0u64;
    while at < end.at {
        let left = end.at.saturating_sub(at);
        if at >= loaded_to && left > CENTRAL_LEN as u64 {
            // One or two large reads for the whole directory, unless the tail holds it already.
            let held = window.holds_to(at, end.at);
            let want = left.min(DIRECTORY_READ);
            if !held {
                window.load(at, index(want))?;
            }
            loaded_to = at.saturating_add(want).saturating_sub(256 * 1024);
        }
        let Some(len) = Central::length(window.get(at, CENTRAL_LEN)?) else {
            break;
        };
        let Some(record) = Central::parse(window.get(at, len)?, at) else {
            break;
        };
        if records.len() as u64 >= room {
            cut = true;
            break;
        }
        at = at.saturating_add(record.len);
        records.push(record);
        if records.len() % 1024 == 0 {
            budget.charge_steps(1024)?;
        }
    }
    let tail_end = end.end().max(end.at.saturating_add(END_LEN as u64));
    Ok(Directory {
        view,
        tail: anchor.max(at).min(end.at)..tail_end,
        range: view.start..at,
        end,
        records,
        cut,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_end_record_comes_first() {
        let mut bytes = vec![0; 10];
        for _ in 0..2 {
            bytes.extend_from_slice(b"PK\x05\x06");
            bytes.extend_from_slice(&[0; 18]);
        }
        let found = ends(&bytes, 100, 100 + bytes.len() as u64);
        let places: Vec<u64> = found.iter().map(|e| e.at).collect();
        assert_eq!(places, [132, 110]);
    }
}
