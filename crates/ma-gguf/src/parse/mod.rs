//! A GGUF file, from bytes to [`Gguf`].
//!
//! ```text
//! "GGUF"  version:u32  tensor_count:u64  kv_count:u64
//! kv_count ×      key:str  type:u32  value
//! tensor_count ×  name:str  n_dims:u32  ne:u64[n_dims]  type:u32  offset:u64
//! padding to general.alignment (32 unless said otherwise)
//! data            tensors, each padded to the alignment; offsets count from here
//!
//! str    len:u64, bytes        array   elem_type:u32  len:u64  values
//! ```
//!
//! Version 1 has 32-bit counts, lengths and dimensions. Numbers are little-endian, or big-endian when
//! the version read as little-endian has no low half. Specification: `docs/gguf.md` of ggml; what
//! loaders accept: `ggml/src/gguf.cpp` of llama.cpp at 067d44f (2026), which wants every tensor to
//! start exactly where the padded one before it ends.
//!
//! An anomaly is whatever that loader refuses, what older versions computed wrongly, and what two
//! readers take differently. All products are computed with 128 bits. Cost: one walk over the header;
//! the data is not read, but for padding, holes and the first bytes behind it. Lists are walked and
//! not kept.

mod kv;
mod layout;
mod reader;
mod tensors;

use std::mem::{Discriminant, discriminant};
use std::ops::Range;

use ma_core::{Blob, Budget, RegionKind, ScanError};

use crate::model::{Anomaly, AnomalyKind, Gguf, Segment, Unread};
pub(crate) use kv::shown;
pub(crate) use layout::known_beginning;
use reader::{Reader, Stop};

/// The first bytes of every GGUF file.
pub const MAGIC: &[u8] = b"GGUF";
/// Anomalies of one kind that are kept.
const KEPT_ANOMALIES: usize = 64;
/// Segments of the header that are kept apart; further ones are joined.
const KEPT_SEGMENTS: usize = 2048;
/// Where signed 64-bit arithmetic ends.
pub(crate) const SIGNED_END: u128 = 1 << 63;

/// Reads the header of `blob` and works out where everything lies.
///
/// # Errors
/// When the bytes can't be read or a limit is hit; a broken file is a result.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Gguf, ScanError> {
    let mut parser = Parser {
        blob: blob.clone(),
        reader: Reader::new(blob.cursor(budget), budget),
        out: Gguf::default(),
        noted: Vec::new(),
    };
    match parser.file() {
        Ok(()) => parser.lay_out()?,
        Err(Stop::Error(e)) => return Err(e),
        Err(Stop::Broken) => parser.give_up(),
    }
    Ok(parser.out)
}

/// The state of one reading.
struct Parser<'b> {
    blob: Blob,
    reader: Reader<'b>,
    out: Gguf,
    /// How many anomalies of each kind there were.
    noted: Vec<(Discriminant<AnomalyKind>, usize)>,
}

impl Parser<'_> {
    fn note(&mut self, kind: AnomalyKind, range: Range<u64>, route: impl Into<String>) {
        let which = discriminant(&kind);
        let count = match self.noted.iter_mut().find(|(k, _)| *k == which) {
            Some((_, count)) => {
                *count = count.saturating_add(1);
                *count
            }
            None => {
                self.noted.push((which, 1));
                1
            }
        };
        if count <= KEPT_ANOMALIES {
            let route = route.into();
            self.out.anomalies.push(Anomaly { kind, range, route });
        } else if count == KEPT_ANOMALIES.saturating_add(1) {
            let detail = format!("only the first {KEPT_ANOMALIES} findings of one kind are listed");
            self.unread(true, detail, range);
        }
    }

    fn unread(&mut self, limit: bool, detail: impl Into<String>, range: Range<u64>) {
        self.out.unread.push(Unread {
            limit,
            detail: detail.into(),
            range,
        });
    }

    fn segment(&mut self, range: Range<u64>, kind: RegionKind, route: &str) {
        if range.is_empty() {
            return;
        }
        let full = self.out.segments.len() >= KEPT_SEGMENTS;
        match self.out.segments.last_mut() {
            Some(last) if full || (last.kind == kind && last.range.end == range.start) => {
                last.range.end = last.range.end.max(range.end);
                last.route.clear();
            }
            _ => self.out.segments.push(Segment {
                range,
                kind,
                route: route.to_owned(),
            }),
        }
    }

    /// The file ends inside `what`.
    fn cut(&mut self, what: &'static str, start: u64) -> Stop {
        let told = self.out.anomalies.iter();
        let mut told = told.filter(|a| {
            matches!(
                a.kind,
                AnomalyKind::Beyond { .. } | AnomalyKind::Overflow { .. }
            )
        });
        if told.next().is_none() {
            let range = start..self.blob.len().max(start);
            self.note(AnomalyKind::Cut { what }, range, "");
        }
        Stop::Broken
    }

    /// `declared` things of at least `each` bytes do not fit into what is left.
    fn fits(
        &mut self,
        what: &'static str,
        declared: u64,
        each: u64,
        start: u64,
        route: &str,
    ) -> bool {
        let room = self.reader.remaining().checked_div(each).unwrap_or(0);
        if declared <= room {
            return true;
        }
        let told = self.out.anomalies.iter().any(|a| {
            // Behind a count that is not true, what looks like a length need not be one.
            let count = matches!(what, "keys" | "tensors");
            !count
                && matches!(
                    a.kind,
                    AnomalyKind::Beyond { .. } | AnomalyKind::Overflow { .. }
                )
        });
        let range = self.reader.since(start);
        let total = u128::from(declared).saturating_mul(u128::from(each));
        let kind = if total >= SIGNED_END {
            let what = format!("{declared} {what}");
            AnomalyKind::Overflow { what }
        } else if told {
            return false;
        } else {
            AnomalyKind::Beyond {
                what,
                declared,
                room,
            }
        };
        self.note(kind, range, route);
        false
    }

    fn file(&mut self) -> Result<(), Stop> {
        self.reader.cursor.skip(MAGIC.len() as u64);
        let Some(version) = self.reader.u32()? else {
            return Err(self.cut("the version", 0));
        };
        self.reader.big = version & 0xffff == 0 && version != 0;
        let version = if self.reader.big {
            version.swap_bytes()
        } else {
            version
        };
        self.reader.narrow = version == 1;
        self.out.big_endian = self.reader.big;
        self.out.version = version;
        match version {
            1 => self.note(AnomalyKind::Obsolete, 4..8, ""),
            2 | 3 => {}
            _ => self.note(AnomalyKind::UnknownVersion(version), 4..8, ""),
        }
        let start = self.reader.position();
        let (Some(tensors), Some(kvs)) = (self.reader.size()?, self.reader.size()?) else {
            return Err(self.cut("the counts", start));
        };
        self.out.tensor_count = tensors;
        self.out.kv_count = kvs;
        let width = self.reader.width();
        // The smallest key is empty and has a value of one byte; the smallest tensor has no dimension.
        let _ = self.fits("keys", kvs, width.saturating_add(5), start, "");
        let _ = self.fits("tensors", tensors, width.saturating_add(16), start, "");
        if u128::from(tensors).saturating_mul(TENSOR_STATE) >= SIGNED_END
            && u128::from(tensors).saturating_mul(u128::from(width).saturating_add(16)) < SIGNED_END
        {
            let what = format!("the memory for {tensors} tensors");
            self.note(
                AnomalyKind::Overflow { what },
                start..start.saturating_add(8),
                "",
            );
        }
        self.kvs()?;
        self.tensors()
    }

    /// The header is broken: what follows can't be told apart.
    fn give_up(&mut self) {
        let at = self.reader.position().min(self.blob.len());
        let last = self.out.segments.last().map_or(0, |s| s.range.end);
        let rest = last.min(at)..self.blob.len();
        let detail = if self.out.kvs_read < self.out.kv_count {
            format!(
                "the header is broken after {} of {} keys",
                self.out.kvs_read, self.out.kv_count
            )
        } else {
            format!(
                "the header is broken after {} of {} tensor descriptions",
                self.out.tensors_read, self.out.tensor_count
            )
        };
        self.unread(false, detail, rest.clone());
        if !rest.is_empty() {
            self.out.unclaimed.push(rest);
        }
        self.out.extents = Vec::new();
        self.out.header_end = at;
        self.out.data_start = self.blob.len();
        self.out.trailing = self.blob.len()..self.blob.len();
    }
}

/// Bytes that llama.cpp needs for each tensor of a file (its object and its description).
const TENSOR_STATE: u128 = 400;

#[cfg(test)]
mod tests;
