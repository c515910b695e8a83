//! An index to model and anomalies.
//!
//! Layout: a sorted table (see [`super::table`]). The empty key holds a `BundleHeaderProto` (1
//! num_shards, 2 endianness, 3 version), every other key a `BundleEntryProto` (1 dtype, 2 shape, 3
//! shard_id, 4 offset, 5 size, 6 crc32c, 7 slices); `tensor_bundle.proto` of TensorFlow 2.21. The data of
//! shard `i` of `n` of `name.index` lies in `name.data-0000i-of-0000n`.
//!
//! Checkpoints of the first version are the same kind of table with the tensors in it (the empty key
//! holds a `SavedTensorSlices`, field 1 a message); their blocks are weights.
//!
//! An anomaly is what restoring would trip over. Checksums of tensors are not computed. Cost: the index.

use std::ops::Range;

use ma_core::{Blob, Budget, Cursor, GapReason, ScanError};
use ma_wire::protobuf::{Field, Fields, Value};
use ma_wire::{Fault, OrBroken};

use super::model::{Anomaly, AnomalyKind, Checkpoint, Entry, STRING, bits};
use super::table::{self, Note, Visit};

/// Entries that are kept.
const MAX_ENTRIES: usize = 1 << 18;
/// Anomalies that are kept.
const MAX_ANOMALIES: usize = 1000;
/// Bytes of a key that are kept.
const MAX_NAME: usize = 512;
/// Dimensions of a tensor.
const MAX_RANK: usize = 254;

/// Reads an index. A broken file is a result, not an error.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Checkpoint, ScanError> {
    let mut taker = Taker {
        cursor: blob.cursor(budget),
        found: Checkpoint::default(),
        last: None,
    };
    table::walk(blob, budget, &mut taker)?;
    let mut found = taker.found;
    if !found.first_version {
        check(&mut found);
    }
    Ok(found)
}

struct Taker<'b> {
    cursor: Cursor<'b>,
    found: Checkpoint,
    last: Option<Vec<u8>>,
}

impl Visit for Taker<'_> {
    fn entry(&mut self, key: &[u8], value: Range<u64>) -> Result<bool, ScanError> {
        if self.last.as_deref().is_some_and(|last| last >= key) {
            let what = "keys repeat or are out of order";
            self.note(Note::Broken(what, value.clone()));
        }
        self.last = Some(key.to_vec());
        if key.is_empty() {
            let read = header(&mut self.cursor, value.clone(), &mut self.found);
            if read.or_broken()?.is_err() {
                self.note(Note::Broken("the header can't be read", value));
            }
            return Ok(true);
        }
        if self.found.first_version {
            return Ok(true);
        }
        if self.found.entries.len() >= MAX_ENTRIES {
            let detail = format!("there are more than {MAX_ENTRIES} tensors");
            self.found.gaps.push((GapReason::Limit, detail));
            return Ok(false);
        }
        let mut entry = Entry {
            name: name(key),
            range: value.clone(),
            ..Entry::default()
        };
        let read = bundle_entry(&mut self.cursor, value.clone(), &mut entry);
        if read.or_broken()?.is_err() {
            self.note(Note::Broken("a tensor's entry can't be read", value));
        }
        self.found.entries.push(entry);
        Ok(true)
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::Block(range) => {
                if let Some(last) = self.found.blocks.last_mut()
                    && range.start.saturating_sub(last.end) <= 64
                {
                    last.end = range.end;
                } else {
                    self.found.blocks.push(range);
                }
            }
            Note::Broken(what, range) => {
                add(&mut self.found, AnomalyKind::Broken(what), "", range);
            }
            Note::Compressed(range) => {
                let detail = format!("the block at byte {} is compressed", range.start);
                self.found.gaps.push((GapReason::Unsupported, detail));
            }
            Note::TooLong(range) => {
                let len = range.end.saturating_sub(range.start);
                let detail = format!("the block at byte {} has {len} bytes", range.start);
                self.found.gaps.push((GapReason::Limit, detail));
            }
        }
    }
}

/// A key as text. Keys of slices are binary: what is no text is replaced.
fn name(key: &[u8]) -> String {
    let key = key.get(..key.len().min(MAX_NAME)).unwrap_or_default();
    String::from_utf8_lossy(key).into_owned()
}

pub(super) fn add(found: &mut Checkpoint, kind: AnomalyKind, name: &str, range: Range<u64>) {
    match found.anomalies.len() {
        n if n < MAX_ANOMALIES => found.anomalies.push(Anomaly {
            kind,
            name: name.to_owned(),
            range,
        }),
        n if n == MAX_ANOMALIES && found.gaps.len() < MAX_ANOMALIES => {
            let detail = "there are more deviations than are listed".to_owned();
            if !found.gaps.iter().any(|(_, d)| *d == detail) {
                found.gaps.push((GapReason::Limit, detail));
            }
        }
        _ => {}
    }
}

fn header(cursor: &mut Cursor<'_>, range: Range<u64>, found: &mut Checkpoint) -> Result<(), Fault> {
    let mut fields = Fields::new(range);
    while let Some(field) = fields.next(cursor)? {
        match (field.number, &field.value) {
            (1, Value::Varint(shards)) => found.shards = shards.cast_signed(),
            (1, Value::Bytes(_)) => found.first_version = true,
            (2, Value::Varint(endian)) => found.big_endian = *endian == 1,
            _ => {}
        }
    }
    Ok(())
}

fn bundle_entry(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    entry: &mut Entry,
) -> Result<(), Fault> {
    let mut fields = Fields::new(range);
    while let Some(field) = fields.next(cursor)? {
        let signed = |field: &Field| field.as_i64().unwrap_or_default();
        match field.number {
            1 => entry.dtype = field.as_u64().unwrap_or_default(),
            2 => {
                if let Some(range) = field.as_range() {
                    shape(cursor, range, &mut entry.shape)?;
                }
            }
            3 => entry.shard = signed(&field),
            4 => entry.offset = signed(&field),
            5 => entry.size = signed(&field),
            7 => entry.sliced = true,
            _ => {}
        }
    }
    Ok(())
}

/// `TensorShapeProto`: 2 dim (1 size).
fn shape(cursor: &mut Cursor<'_>, range: Range<u64>, dims: &mut Vec<i64>) -> Result<(), Fault> {
    let mut fields = Fields::new(range);
    while let Some(field) = fields.next(cursor)? {
        let (2, Some(range)) = (field.number, field.as_range()) else {
            continue;
        };
        let mut dim = 0;
        let mut fields = Fields::new(range);
        while let Some(field) = fields.next(cursor)? {
            if field.number == 1 {
                dim = field.as_i64().unwrap_or_default();
            }
        }
        if dims.len() < MAX_RANK {
            dims.push(dim);
        }
    }
    Ok(())
}

/// What can be told from the index alone.
fn check(found: &mut Checkpoint) {
    let entries = std::mem::take(&mut found.entries);
    let mut spans: Vec<(i64, u64, u64, usize)> = Vec::new();
    for (i, entry) in entries.iter().enumerate() {
        let mut note = |kind| add(found, kind, &entry.name, entry.range.clone());
        if entry.sliced {
            continue;
        }
        let Some(bytes) = entry.bytes() else {
            note(AnomalyKind::Place);
            continue;
        };
        let elements = entry.elements();
        let need = elements.and_then(|n| n.checked_mul(bits(entry.dtype)?.div_ceil(8)));
        let fixed = bits(entry.dtype).is_some();
        if elements.is_none() || (fixed && need != u64::try_from(entry.size).ok()) {
            let have = entry.size;
            note(AnomalyKind::Size { need, have });
        }
        // Strings and variants: at least a byte of length each.
        if entry.dtype == STRING && elements.is_some_and(|n| n > bytes.end.abs_diff(bytes.start)) {
            note(AnomalyKind::Size {
                need: elements,
                have: entry.size,
            });
        }
        spans.push((entry.shard, bytes.start, bytes.end, i));
    }
    let shards = found.shards;
    for entry in &entries {
        if !entry.sliced && (entry.shard < 0 || entry.shard >= shards) {
            let shard = entry.shard;
            let kind = AnomalyKind::Shard { shard, shards };
            add(found, kind, &entry.name, entry.range.clone());
        }
    }
    spans.retain(|(_, start, end, _)| start < end);
    spans.sort_unstable();
    let mut furthest: Option<(i64, u64, usize)> = None;
    for (shard, start, end, i) in spans {
        if let Some((_, _, other)) = furthest.filter(|(s, e, _)| *s == shard && *e > start)
            && let (Some(entry), Some(other)) = (entries.get(i), entries.get(other))
        {
            let other = other.name.clone();
            let kind = AnomalyKind::Overlap { other };
            add(found, kind, &entry.name, entry.range.clone());
        }
        if furthest.is_none_or(|(s, e, _)| s != shard || e < end) {
            furthest = Some((shard, end, i));
        }
    }
    found.entries = entries;
}
