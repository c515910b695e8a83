//! Attributes of a node, read when they are asked for.

use std::ops::Range;

use ma_core::{Cursor, ScanError};
use ma_wire::protobuf::{Fields, bytes, text};
use ma_wire::{Fault, OrBroken};

/// Values of a list that are read.
const MAX_LIST: usize = 64;

/// The value of an attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeValue {
    /// Its string (2), where it lies.
    pub string: Option<Range<u64>>,
    /// Its strings, when it is a list.
    pub strings: Vec<Range<u64>>,
    /// Its integer (3) or boolean (5).
    pub integer: Option<i64>,
    /// Its shape (7).
    pub shape: Option<Range<u64>>,
    /// Its tensor (8); the last one.
    pub tensor: Option<Range<u64>>,
    /// The name of its function (10).
    pub function: Option<Range<u64>>,
}

/// The attribute `key` of the node at `range`. The last of several counts, as in a map.
///
/// # Errors
/// When the bytes can't be read.
pub fn attribute(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    key: &str,
) -> Result<Option<AttributeValue>, ScanError> {
    let mut found = None;
    each(cursor, range, |cursor, number, at| {
        if number == 5
            && let Some(value) = entry(cursor, at, key)?
        {
            found = Some(value);
        }
        Ok(())
    })?;
    let Some(at) = found else {
        return Ok(None);
    };
    read(cursor, at).map(Some)
}

/// The value of the map entry at `range`, when its key is `key`.
fn entry(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    key: &str,
) -> Result<Option<Range<u64>>, ScanError> {
    let (mut same, mut value) = (false, None);
    each(cursor, range, |cursor, number, at| {
        match number {
            1 => {
                let written = bytes(cursor, at, key.len().saturating_add(1)).or_broken()?;
                same = written.unwrap_or_default() == key.as_bytes();
            }
            2 => value = Some(at),
            _ => {}
        }
        Ok(())
    })?;
    Ok(value.filter(|_| same))
}

fn read(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<AttributeValue, ScanError> {
    let mut value = AttributeValue::default();
    let mut fields = Fields::new(range);
    loop {
        let field = match fields.next(cursor) {
            Ok(Some(field)) => field,
            Ok(None) | Err(Fault::Broken(_)) => return Ok(value),
            Err(Fault::Scan(e)) => return Err(e),
        };
        match (field.number, field.as_range()) {
            (1, Some(at)) => each(cursor, at, |_, number, at| {
                if number == 2 && value.strings.len() < MAX_LIST {
                    value.strings.push(at);
                }
                Ok(())
            })?,
            (2, Some(at)) => value.string = Some(at),
            (3 | 5, _) => value.integer = field.as_i64(),
            (7, Some(at)) => value.shape = Some(at),
            (8, Some(at)) => value.tensor = Some(at),
            (10, Some(at)) => each(cursor, at, |_, number, at| {
                if number == 1 {
                    value.function = Some(at);
                }
                Ok(())
            })?,
            _ => {}
        }
    }
}

/// Every length-delimited field of a message, up to a break.
pub(crate) fn each(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    mut visit: impl FnMut(&mut Cursor<'_>, u32, Range<u64>) -> Result<(), ScanError>,
) -> Result<(), ScanError> {
    let mut fields = Fields::new(range);
    loop {
        match fields.next(cursor) {
            Ok(Some(field)) => {
                if let Some(at) = field.as_range() {
                    visit(cursor, field.number, at)?;
                }
            }
            Ok(None) | Err(Fault::Broken(_)) => return Ok(()),
            Err(Fault::Scan(e)) => return Err(e),
        }
    }
}

/// A text, at most `max` bytes of it; empty when it can't be read as one.
///
/// # Errors
/// When the bytes can't be read.
pub(crate) fn text_at(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    max: usize,
) -> Result<String, ScanError> {
    Ok(text(cursor, range, max).or_broken()?.unwrap_or_default())
}
