//! Attributes: messages in the header (compact) or objects in a fractal heap (dense), and their values.
//!
//! | version | layout |
//! | --- | --- |
//! | 1 | version, 0, sizes of name, type and space (`u16` each), the three padded to eight bytes, data |
//! | 2 | the same with flags in the place of the 0, and without padding |
//! | 3 | the same with the character set of the name before it |
//!
//! Text of variable length is a reference (length `u32`, collection, index `u32`) to the global heap.

use std::ops::Range;

use crate::model::{AnomalyKind, AttrValue, Attribute, Class, Dtype, MAX_RAW, Padding};

use super::btree2;
use super::group;
use super::header::{DATASPACE, DATATYPE};
use super::heap::FractalHeap;
use super::message::{Space, dataspace};
use super::source::{Broken, Fields, Piece, Read, lossy, malformed};
use super::walk::Walk;

/// Attributes of one object that are read.
const MAX_ATTRIBUTES: usize = 1 << 20;
/// Bytes that name, type and space of an attribute can have.
const MAX_HEAD: u64 = 3 * 65_544 + 16;
/// Texts of one attribute that are read.
const MAX_TEXTS: u64 = 1 << 20;

/// The attributes in a fractal heap, by the message that says where heap and index are.
pub(super) fn dense(
    walk: &mut Walk<'_>,
    message: &mut Fields<'_>,
    attributes: &mut Vec<Attribute>,
) -> Read<()> {
    message.skip(1)?;
    if message.u8()? & 1 != 0 {
        message.skip(2)?;
    }
    let source = &mut walk.source;
    let heap = message.number(source.offset_size)?;
    let index = message.number(source.offset_size)?;
    if source.undefined(heap) {
        return Ok(());
    }
    let heap = FractalHeap::read(source, heap)?;
    let mut ids = Vec::new();
    let walked = btree2::walk(source, index, |_, record| {
        ids.push(group::heap_id(&record.data));
        Ok(ids.len() < MAX_ATTRIBUTES)
    });
    let mut first = walked.err();
    for id in ids {
        match dense_one(walk, &heap, &id) {
            Ok(attribute) => attributes.push(attribute),
            Err(broken @ Broken::Scan(_)) => return Err(broken),
            Err(broken) => {
                first.get_or_insert(broken);
            }
        }
    }
    first.map_or(Ok(()), Err)
}

fn dense_one(walk: &mut Walk<'_>, heap: &FractalHeap, record: &[u8]) -> Read<Attribute> {
    let id = record.get(..8).unwrap_or(record);
    if record.get(8).is_some_and(|flags| flags & 2 != 0) {
        return Err(Broken::Unsupported(
            "an attribute lies in the heap that several objects share".to_owned(),
        ));
    }
    let range = heap.find(&mut walk.source, id)?;
    // What comes before the data is small; the data may not be.
    let end = range.end.min(range.start.saturating_add(MAX_HEAD));
    let piece = walk.source.range(range.start..end, "an attribute")?;
    read(walk, &piece, range)
}

/// Reads an attribute message.
pub(super) fn read(walk: &mut Walk<'_>, piece: &Piece, range: Range<u64>) -> Read<Attribute> {
    let mut f = piece.read();
    let (version, flags) = (f.u8()?, f.u8()?);
    if !(1..=3).contains(&version) {
        return malformed(format!("an attribute is of version {version}"));
    }
    let flags = if version == 1 { 0 } else { flags };
    let (name_len, type_len, space_len) = (f.u16()?, f.u16()?, f.u16()?);
    if version == 3 {
        f.skip(1)?;
    }
    let mut part = |len: u16| -> Read<Fields<'_>> {
        let start = f.used();
        let part = f.sub(usize::from(len))?;
        if version == 1 {
            f.align(start, 8);
        }
        Ok(part)
    };
    let name = part(name_len)?;
    let name = name.rest();
    let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
    let name = lossy(name.get(..end).unwrap_or(name));
    walk.keep(name.len().saturating_add(384))?;
    let (mut type_part, mut space_part) = (part(type_len)?, part(space_len)?);
    let data = f.position()..range.end.max(f.position());
    let mut attribute = Attribute {
        name,
        range: range.clone(),
        dtype: None,
        shape: None,
        data,
        value: AttrValue::Unreadable,
        text_ranges: Vec::new(),
        truncated: false,
    };
    let result = fill(
        walk,
        &mut attribute,
        (&mut type_part, &mut space_part),
        flags,
    );
    if let Err(broken) = result {
        if matches!(broken, Broken::Scan(_)) {
            return Err(broken);
        }
        let name = ma_core::text::shorten(&attribute.name, 80).into_owned();
        walk.note_broken(&broken, &format!("attribute `{name}`"), Some(range));
    }
    Ok(attribute)
}

fn fill(
    walk: &mut Walk<'_>,
    attribute: &mut Attribute,
    (type_part, space_part): (&mut Fields<'_>, &mut Fields<'_>),
    flags: u8,
) -> Read<()> {
    let length = walk.source.length_size;
    let space = if flags & 2 == 0 {
        dataspace(space_part, length)?
    } else {
        let body = walk.shared(DATASPACE, space_part)?;
        dataspace(&mut body.read(), length)?
    };
    attribute.shape.clone_from(&space.dims);
    let dtype = if flags & 1 == 0 {
        walk.dtype(type_part)?
    } else {
        let body = walk.shared(DATATYPE, type_part)?;
        walk.dtype(&mut body.read())?
    };
    attribute.dtype = Some(dtype.clone());
    value(walk, attribute, &dtype, &space)
}

/// Reads the value.
fn value(walk: &mut Walk<'_>, attribute: &mut Attribute, dtype: &Dtype, space: &Space) -> Read<()> {
    let Some(dims) = &space.dims else {
        attribute.value = AttrValue::Other;
        return Ok(());
    };
    let count = dims.iter().try_fold(1u64, |n, d| n.checked_mul(*d));
    let size = count.and_then(|n| n.checked_mul(u64::from(dtype.size)));
    let room = attribute.data.end.saturating_sub(attribute.data.start);
    let (Some(count), Some(size)) = (count, size) else {
        return malformed("its shape overflows");
    };
    if size > room {
        return malformed(format!(
            "its shape asks for {size} bytes, and it has {room}"
        ));
    }
    attribute.data.end = attribute.data.start.saturating_add(size);
    let single = dims.is_empty();
    match &dtype.class {
        Class::VlenString { .. } => texts(walk, attribute, count, single, None),
        Class::FixedString { padding, .. } => {
            let fixed = (u64::from(dtype.size), *padding);
            texts(walk, attribute, count, single, Some(fixed))
        }
        Class::Compound(_) | Class::Reference | Class::Vlen(_) | Class::Unknown(_) => {
            attribute.value = AttrValue::Other;
            Ok(())
        }
        _ => {
            let end = attribute
                .data
                .start
                .saturating_add(size.min(MAX_RAW as u64));
            let piece = walk
                .source
                .range(attribute.data.start..end, "the value of an attribute")?;
            walk.keep(piece.data.len())?;
            attribute.value = AttrValue::Bytes(piece.data);
            Ok(())
        }
    }
}

/// Reads texts: of a fixed size with their padding, or by reference to the global heap.
fn texts(
    walk: &mut Walk<'_>,
    attribute: &mut Attribute,
    count: u64,
    single: bool,
    fixed: Option<(u64, Padding)>,
) -> Read<()> {
    let width = match fixed {
        Some((size, _)) => size,
        None => u64::from(walk.source.offset_size).saturating_add(8),
    };
    let mut all = Vec::new();
    let mut first = None;
    for i in 0..count.min(MAX_TEXTS) {
        let start = attribute.data.start.saturating_add(i.saturating_mul(width));
        let place = start..start.saturating_add(width);
        let one = match fixed {
            Some((_, padding)) => one_text(walk, place, padding),
            None => vlen(walk, place).and_then(|place| match place {
                Some(place) => one_text(walk, place, Padding::NullTerminated),
                None => Ok((String::new(), start..start, false)),
            }),
        };
        match one {
            Ok((text, range, hidden)) => {
                if hidden {
                    note_hidden(walk, attribute, &range);
                }
                all.push(text);
                attribute.text_ranges.push(range);
            }
            Err(broken @ Broken::Scan(_)) => return Err(broken),
            Err(broken) => {
                attribute.truncated |= matches!(broken, Broken::Limit(_));
                {
                    first.get_or_insert(broken);
                };
                if single {
                    break;
                }
                // The others keep their places.
                all.push(String::new());
                attribute.text_ranges.push(start..start);
                if attribute.truncated {
                    break;
                }
            }
        }
    }
    if count > MAX_TEXTS {
        attribute.truncated = true;
        let limit = Broken::Limit(format!("it has more than {MAX_TEXTS} texts"));
        first.get_or_insert(limit);
    }
    attribute.value = match all.pop() {
        Some(text) if single => AttrValue::Text(text),
        None if single => AttrValue::Unreadable,
        last => {
            all.extend(last);
            AttrValue::Texts(all)
        }
    };
    first.map_or(Ok(()), Err)
}

/// Where the variable-length data of the reference at `place` lies; `None` for no data.
fn vlen(walk: &mut Walk<'_>, place: Range<u64>) -> Read<Option<Range<u64>>> {
    let piece = walk.source.range(place, "a reference to the global heap")?;
    reference(walk, &piece.data)
}

/// Where the variable-length data of a reference lies; `None` for no data.
pub(super) fn reference(walk: &mut Walk<'_>, data: &[u8]) -> Read<Option<Range<u64>>> {
    let offset = walk.source.offset_size;
    let mut f = Fields::new(data, 0);
    let (len, address, index) = (u64::from(f.u32()?), f.number(offset)?, f.u32()?);
    // Address 0 is how an empty sequence is written.
    if len == 0 || address == 0 || walk.source.undefined(address) {
        return Ok(None);
    }
    let object = walk
        .globals
        .find(&mut walk.source, address, u64::from(index))?;
    let room = object.end.saturating_sub(object.start);
    if len > room {
        return malformed(format!(
            "a sequence of {len} elements lies in an object of {room} bytes of the global heap"
        ));
    }
    Ok(Some(object.start..object.start.saturating_add(len)))
}

/// A text, where it lies, and whether something follows the NUL where readers stop.
fn one_text(
    walk: &mut Walk<'_>,
    place: Range<u64>,
    padding: Padding,
) -> Read<(String, Range<u64>, bool)> {
    let len = place.end.saturating_sub(place.start);
    let limit = walk.source.budget.limits().max_alloc;
    if len > limit {
        return Err(Broken::Limit(format!(
            "a text has {len} bytes, more than the {limit} that are read"
        )));
    }
    walk.keep(usize::try_from(len).unwrap_or(usize::MAX))?;
    let mut bytes = walk.source.text(place.clone())?;
    let end = match padding {
        Padding::NullTerminated => bytes.iter().position(|b| *b == 0),
        Padding::NullPadded | Padding::Unknown => None,
        Padding::SpacePadded => Some(bytes.iter().rposition(|b| *b != b' ').map_or(0, next)),
    };
    let end = end.unwrap_or_else(|| bytes.iter().rposition(|b| *b != 0).map_or(0, next));
    let hidden = padding == Padding::NullTerminated
        && bytes.get(end..).is_some_and(|rest| {
            // Old content behind the end of a reused field is short; a second text is not.
            rest.iter().filter(|b| b.is_ascii_graphic()).count() >= 16
        });
    bytes.truncate(end);
    let range = place.start..place.start.saturating_add(end as u64);
    let text = String::from_utf8(bytes).unwrap_or_else(|e| lossy(e.as_bytes()));
    Ok((text, range, hidden))
}

fn next(i: usize) -> usize {
    i.saturating_add(1)
}

fn note_hidden(walk: &mut Walk<'_>, attribute: &Attribute, range: &Range<u64>) {
    let name = ma_core::text::shorten(&attribute.name, 80).into_owned();
    walk.note(
        AnomalyKind::HiddenText,
        format!("the text of attribute `{name}` goes on behind the NUL where readers stop"),
        Some(range.end..range.end.saturating_add(16)),
    );
}
