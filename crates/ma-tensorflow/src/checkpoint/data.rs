//! Data files: what their bytes are, by the index beside them.
//!
//! A data file has no header: tensors follow each other as the index says. Fixed types are their
//! numbers; a tensor of strings is its lengths (varints), a checksum (`u32`), the strings.

use std::ops::Range;

use ma_core::{Blob, Budget, Cursor, RegionKind, ScanError};
use ma_wire::content::Content;
use ma_wire::protobuf::{self, Fields};
use ma_wire::{Fault, OrBroken};

use super::model::{Anomaly, AnomalyKind, Checkpoint, Entry, OBJECT_GRAPH, STRING};

/// Lengths of strings of one tensor that are checked.
const MAX_STRINGS: u64 = 1 << 16;
/// Objects of the object graph that are looked at.
const MAX_OBJECTS: u64 = 1 << 20;
/// Places that belong to no tensor and are looked at.
const MAX_HOLES: usize = 500;

/// What some bytes of a data file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// Where.
    pub range: Range<u64>,
    /// What.
    pub kind: RegionKind,
    /// The type of the numbers, in the words of the index.
    pub dtype: u64,
    /// The tensor.
    pub name: String,
}

/// A data file as its index describes it.
#[derive(Debug, Clone, Default)]
pub struct Data {
    /// What its bytes are.
    pub areas: Vec<Area>,
    /// What does not fit.
    pub anomalies: Vec<Anomaly>,
    /// Python objects in the object graph.
    pub objects: u64,
}

/// The name of a data file taken apart: what comes before `.data-`, the number of the shard, how many
/// there are.
#[must_use]
pub fn name(name: &str) -> Option<(&str, i64, i64)> {
    let (prefix, rest) = name.rsplit_once(".data-")?;
    let (shard, count) = rest.split_once("-of-")?;
    let number = |text: &str| {
        let digits = text.len() >= 5 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    Some((prefix, number(shard)?, number(count)?))
}

/// The name of a data file.
#[must_use]
pub fn file_name(prefix: &str, shard: i64, shards: i64) -> String {
    format!("{prefix}.data-{shard:05}-of-{shards:05}")
}

/// Lays an index over the bytes of one shard.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn lay(
    blob: &Blob,
    budget: &Budget,
    index: &Checkpoint,
    shard: i64,
) -> Result<Data, ScanError> {
    let mut found = Data::default();
    let mut spans: Vec<(u64, u64, &Entry)> = Vec::new();
    for entry in &index.entries {
        let bytes = entry.bytes().filter(|bytes| bytes.end <= blob.len());
        if let Some(bytes) = bytes.filter(|_| entry.shard == shard && !entry.sliced) {
            spans.push((bytes.start, bytes.end, entry));
        }
    }
    spans.sort_by_key(|(start, end, _)| (*start, *end));
    let mut at = 0u64;
    let mut cursor = blob.cursor(budget);
    for (start, end, entry) in spans {
        budget.charge_steps(1)?;
        hole(blob, at..start, &mut found)?;
        at = at.max(end);
        tensor(&mut cursor, start..end, entry, &mut found)?;
    }
    hole(blob, at..blob.len(), &mut found)?;
    found.areas = fewer(found.areas);
    Ok(found)
}

fn hole(blob: &Blob, range: Range<u64>, found: &mut Data) -> Result<(), ScanError> {
    if range.start >= range.end {
        return Ok(());
    }
    let Ok(part) = blob.slice(range.clone()) else {
        return Ok(());
    };
    found.areas.push(Area {
        range: range.clone(),
        kind: RegionKind::Unclaimed,
        dtype: 0,
        name: String::new(),
    });
    let holes = |a: &&Anomaly| matches!(a.kind, AnomalyKind::Unclaimed(_));
    if found.anomalies.iter().filter(holes).count() >= MAX_HOLES {
        return Ok(());
    }
    let content = Content::of_blob(&part)?;
    if content != Content::Zeros {
        found.anomalies.push(Anomaly {
            kind: AnomalyKind::Unclaimed(content),
            name: String::new(),
            range,
        });
    }
    Ok(())
}

fn tensor(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    entry: &Entry,
    found: &mut Data,
) -> Result<(), ScanError> {
    let mut kind = RegionKind::Weights;
    if entry.dtype == STRING {
        kind = RegionKind::Vocabulary;
        let problem = strings(cursor, range.clone(), entry)?;
        if entry.name == OBJECT_GRAPH {
            kind = RegionKind::Metadata;
            if let Ok(text) = &problem {
                object_graph(cursor, text.clone(), found)?;
            }
        }
        if let Err(problem) = problem {
            found.anomalies.push(Anomaly {
                kind: AnomalyKind::Strings(problem),
                name: entry.name.clone(),
                range: range.clone(),
            });
        }
    }
    found.areas.push(Area {
        range,
        kind,
        dtype: entry.dtype,
        name: entry.name.clone(),
    });
    Ok(())
}

/// Where the text of all strings lies, or what is wrong with their lengths.
fn strings(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    entry: &Entry,
) -> Result<Result<Range<u64>, &'static str>, ScanError> {
    let count = entry.elements().unwrap_or(u64::MAX);
    if count > MAX_STRINGS {
        return Ok(Ok(range));
    }
    cursor.seek(range.start);
    let mut total = 0u64;
    for _ in 0..count {
        cursor.budget().charge_steps(1)?;
        let mut len = 0u64;
        let mut shift = 0u32;
        loop {
            if cursor.position() >= range.end || shift > 63 {
                return Ok(Err("the lengths of its strings do not end"));
            }
            let Some(byte) = cursor.byte()? else {
                return Ok(Err("the lengths of its strings do not end"));
            };
            len |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift = shift.saturating_add(7);
            if byte & 0x80 == 0 {
                break;
            }
        }
        total = total.saturating_add(len);
    }
    let start = cursor.position().saturating_add(4);
    if start.saturating_add(total) != range.end {
        return Ok(Err("the lengths of its strings do not add up to its size"));
    }
    Ok(Ok(start..range.end))
}

/// `TrackableObjectGraph`: 1 nodes (1 children (1 node_id), 4 registered_saver (1 name)).
fn object_graph(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    found: &mut Data,
) -> Result<(), ScanError> {
    let broken = |found: &mut Data, what| {
        found.anomalies.push(Anomaly {
            kind: AnomalyKind::Broken(what),
            name: OBJECT_GRAPH.to_owned(),
            range: range.clone(),
        });
    };
    let mut furthest = 0u64;
    let mut fields = Fields::new(range.clone());
    loop {
        let field = match fields.next(cursor).or_broken()? {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(_) => {
                broken(found, "the description of objects can't be read");
                return Ok(());
            }
        };
        let (1, Some(node)) = (field.number, field.as_range()) else {
            continue;
        };
        found.objects = found.objects.saturating_add(1);
        if found.objects > MAX_OBJECTS {
            break;
        }
        match object(cursor, node.clone()).or_broken()? {
            Ok((reference, saver)) => {
                furthest = furthest.max(reference);
                if let Some(name) = saver.filter(|_| found.anomalies.len() < 1000) {
                    found.anomalies.push(Anomaly {
                        kind: AnomalyKind::Saver(name),
                        name: OBJECT_GRAPH.to_owned(),
                        range: node,
                    });
                }
            }
            Err(_) => broken(found, "an object can't be read"),
        }
    }
    if found.objects > 0 && furthest >= found.objects {
        broken(found, "an object refers to one that does not exist");
    }
    Ok(())
}

/// The largest number of an object that it refers to, and the saver that it needs.
fn object(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<(u64, Option<String>), Fault> {
    let mut furthest = 0;
    let mut saver = None;
    let mut fields = Fields::new(range);
    while let Some(field) = fields.next(cursor)? {
        let Some(range) = field.as_range() else {
            continue;
        };
        if !matches!(field.number, 1 | 4) {
            continue;
        }
        let mut inner = Fields::new(range);
        while let Some(item) = inner.next(cursor)? {
            match (field.number, item.number) {
                (1, 1) => furthest = furthest.max(item.as_u64().unwrap_or_default()),
                (4, 1) => {
                    if let Some(range) = item.as_range() {
                        saver = Some(protobuf::text(cursor, range, 200)?);
                    }
                }
                _ => {}
            }
        }
    }
    Ok((furthest, saver))
}

/// Neighbours of one type joined when there are very many.
fn fewer(areas: Vec<Area>) -> Vec<Area> {
    if areas.len() <= 2000 {
        return areas;
    }
    let mut joined: Vec<Area> = Vec::new();
    for area in areas {
        match joined.last_mut() {
            Some(last)
                if last.kind == area.kind
                    && last.dtype == area.dtype
                    && last.range.end == area.range.start =>
            {
                last.range.end = area.range.end;
            }
            _ => joined.push(area),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(name("a/m.data-00001-of-00002"), Some(("a/m", 1, 2)));
        assert_eq!(name("m.data-1-of-2"), None);
        assert_eq!(name("m.data-0000x-of-00002"), None);
        assert_eq!(file_name("m", 0, 1), "m.data-00000-of-00001");
    }
}
