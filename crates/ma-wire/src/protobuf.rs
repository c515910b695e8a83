//! The wire encoding of Protocol Buffers, field by field, by range.
//!
//! A message is a sequence of fields: a varint tag (`number << 3 | wire type`), then a varint (0), eight
//! bytes (1), a varint length and that many bytes (2), a group up to its end tag (3, 4), or four bytes
//! (5). Multi-byte values are little-endian.
//! <https://protobuf.dev/programming-guides/encoding/> (of 2025).
//!
//! Nothing is read but tags and lengths, so a model of 20 GB costs its structure. Repeated fields come
//! as often as they are written: the C++ library merges singular messages that occur twice, and so must
//! whoever reads them here. Broken is: a field number of 0, a varint of more than ten bytes, a wire type
//! that does not exist, a length beyond the end of the message, a group without its end.

use std::ops::Range;

use ma_core::Cursor;

use crate::fault::Fault;

/// Groups inside groups.
const MAX_GROUPS: usize = 64;
/// Highest field number that exists.
const MAX_NUMBER: u64 = (1 << 29) - 1;

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `int32`, `int64`, `uint32`, `uint64`, `bool`, `enum`, and the zigzag forms.
    Varint(u64),
    /// `fixed64`, `double`.
    Fixed64(u64),
    /// `string`, `bytes`, a message, or packed numbers: where they lie.
    Bytes(Range<u64>),
    /// `fixed32`, `float`.
    Fixed32(u32),
    /// A group, which no model format uses: where its fields lie.
    Group(Range<u64>),
}

/// A field of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its number.
    pub number: u32,
    /// Its value.
    pub value: Value,
    /// Where it lies, its tag included.
    pub range: Range<u64>,
}

impl Field {
    /// The value of a number of any encoding.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self.value {
            Value::Varint(n) | Value::Fixed64(n) => Some(n),
            Value::Fixed32(n) => Some(u64::from(n)),
            _ => None,
        }
    }

    /// The same as `int32` and `int64` hold it (two's complement).
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_u64().map(u64::cast_signed)
    }

    /// Where the bytes of a length-delimited value lie.
    #[must_use]
    pub fn as_range(&self) -> Option<Range<u64>> {
        match &self.value {
            Value::Bytes(range) => Some(range.clone()),
            _ => None,
        }
    }
}

/// A walk over the fields of one message. It borrows nothing, so that nested messages are walked with
/// the same cursor.
///
/// ```
/// use ma_core::{Blob, Budget};
/// use ma_wire::protobuf::Fields;
///
/// let budget = Budget::default();
/// let blob = Blob::from_vec(b"\x08\x96\x01\x12\x02hi".to_vec());
/// let mut cursor = blob.cursor(&budget);
/// let mut fields = Fields::new(0..blob.len());
/// assert_eq!(fields.next(&mut cursor).unwrap().unwrap().as_u64(), Some(150));
/// assert_eq!(fields.next(&mut cursor).unwrap().unwrap().as_range(), Some(5..7));
/// assert!(fields.next(&mut cursor).unwrap().is_none());
/// ```
#[derive(Debug, Clone)]
pub struct Fields {
    at: u64,
    end: u64,
}

impl Fields {
    /// The fields of the message that lies at `range` of the cursor's blob.
    #[must_use]
    pub fn new(range: Range<u64>) -> Self {
        Self {
            at: range.start,
            end: range.end,
        }
    }

    /// Offset of the next field.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.at
    }

    /// The next field; `None` at the end. After a break there are no further ones.
    ///
    /// # Errors
    /// [`Fault::Broken`] where the encoding is violated.
    pub fn next(&mut self, cursor: &mut Cursor<'_>) -> Result<Option<Field>, Fault> {
        if self.at >= self.end {
            return Ok(None);
        }
        let start = self.at;
        let end = self.end.min(cursor.blob().len());
        // Should this field be broken, there is no telling where the next one begins.
        self.at = self.end;
        cursor.budget().charge_steps(1)?;
        cursor.seek(start);
        let (number, wire) = tag(cursor, end)?;
        let value = value(cursor, end, number, wire)?;
        self.at = match &value {
            Value::Bytes(range) => range.end,
            _ => cursor.position(),
        };
        Ok(Some(Field {
            number,
            value,
            range: start..self.at,
        }))
    }
}

fn tag(cursor: &mut Cursor<'_>, end: u64) -> Result<(u32, u8), Fault> {
    let at = cursor.position();
    let tag = varint(cursor, end)?;
    let number = tag >> 3;
    if number == 0 || number > MAX_NUMBER {
        return Err(Fault::broken(at, "a field number that does not exist"));
    }
    Ok((
        u32::try_from(number).unwrap_or_default(),
        (tag & 7).to_le_bytes()[0],
    ))
}

fn value(cursor: &mut Cursor<'_>, end: u64, number: u32, wire: u8) -> Result<Value, Fault> {
    let at = cursor.position();
    let cut = || Fault::broken(at, "the message ends inside a value");
    match wire {
        0 => varint(cursor, end).map(Value::Varint),
        1 if end.saturating_sub(at) >= 8 => {
            let value = cursor.u64_le()?.ok_or_else(cut)?;
            Ok(Value::Fixed64(value))
        }
        2 => {
            let len = varint(cursor, end)?;
            let start = cursor.position();
            if len > end.saturating_sub(start) {
                return Err(Fault::broken(at, "a length beyond the end of the message"));
            }
            Ok(Value::Bytes(start..start.saturating_add(len)))
        }
        3 => group(cursor, end, number).map(Value::Group),
        5 if end.saturating_sub(at) >= 4 => {
            let value = cursor.u32_le()?.ok_or_else(cut)?;
            Ok(Value::Fixed32(value))
        }
        1 | 5 => Err(cut()),
        4 => Err(Fault::broken(at, "the end of a group that never began")),
        _ => Err(Fault::broken(at, "a wire type that does not exist")),
    }
}

/// Skips to the end of a group; the cursor stands behind its end tag afterwards.
fn group(cursor: &mut Cursor<'_>, end: u64, number: u32) -> Result<Range<u64>, Fault> {
    let start = cursor.position();
    let mut open = vec![number];
    loop {
        cursor.budget().charge_steps(1)?;
        let at = cursor.position();
        if at >= end {
            return Err(Fault::broken(start, "a group without its end"));
        }
        let (number, wire) = tag(cursor, end)?;
        match wire {
            3 if open.len() >= MAX_GROUPS => {
                return Err(Fault::broken(at, "groups nested too deeply"));
            }
            3 => open.push(number),
            4 if open.pop() != Some(number) => {
                return Err(Fault::broken(at, "the end of another group"));
            }
            4 if open.is_empty() => return Ok(start..at),
            4 => {}
            _ => {
                if let Value::Bytes(range) = value(cursor, end, number, wire)? {
                    cursor.seek(range.end);
                }
            }
        }
    }
}

/// A varint that ends before `end`.
fn varint(cursor: &mut Cursor<'_>, end: u64) -> Result<u64, Fault> {
    let at = cursor.position();
    cursor.fill(10)?;
    let left = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
    let mut value = 0u64;
    for (i, byte) in cursor.buffered().iter().take(left.min(10)).enumerate() {
        let bits = u64::from(byte & 0x7f);
        let shift = u32::try_from(i).unwrap_or(9).saturating_mul(7);
        value |= bits.checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            cursor.consume(i.saturating_add(1));
            return Ok(value);
        }
    }
    let what = if left < 10 {
        "the message ends inside a number"
    } else {
        "a number of more than ten bytes"
    };
    Err(Fault::broken(at, what))
}

/// The numbers of a packed field, at most `max` of them.
///
/// # Errors
/// [`Fault::Broken`] when a number does not end where the field does.
pub fn packed_varints(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    max: usize,
) -> Result<Vec<u64>, Fault> {
    let mut numbers = Vec::new();
    cursor.seek(range.start);
    while cursor.position() < range.end && numbers.len() < max {
        cursor.budget().charge_steps(1)?;
        numbers.push(varint(cursor, range.end)?);
    }
    Ok(numbers)
}

/// The bytes at `range`, at most `max` of them.
///
/// # Errors
/// When they can't be read.
pub fn bytes(cursor: &mut Cursor<'_>, range: Range<u64>, max: usize) -> Result<Vec<u8>, Fault> {
    let len = range.end.saturating_sub(range.start).min(max as u64);
    cursor.seek(range.start);
    cursor
        .bytes(len)?
        .ok_or_else(|| Fault::broken(range.start, "the file ends inside a value"))
}

/// The text at `range`, at most `max` bytes of it; what is no UTF-8 is replaced, since the C++ readers
/// do not check it.
///
/// # Errors
/// When it can't be read.
pub fn text(cursor: &mut Cursor<'_>, range: Range<u64>, max: usize) -> Result<String, Fault> {
    let bytes = bytes(cursor, range, max)?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ma_core::{Blob, Budget};

    fn all(bytes: &[u8]) -> (Vec<Field>, Option<&'static str>) {
        let budget = Budget::default();
        let blob = Blob::from_vec(bytes.to_vec());
        let mut cursor = blob.cursor(&budget);
        let mut fields = Fields::new(0..blob.len());
        let mut found = Vec::new();
        loop {
            match fields.next(&mut cursor) {
                Ok(Some(field)) => found.push(field),
                Ok(None) => return (found, None),
                Err(Fault::Broken(broken)) => {
                    assert!(fields.next(&mut cursor).unwrap().is_none());
                    return (found, Some(broken.what));
                }
                Err(Fault::Scan(e)) => panic!("{e}"),
            }
        }
    }

    #[test]
    fn every_wire_type_is_read() {
        let bytes = b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x11\x01\0\0\0\0\0\0\0\x1a\x03abc\x25\x02\0\0\0\x2b\x08\x01\x2c\x30\x05";
        let (fields, broken) = all(bytes);
        assert_eq!(broken, None);
        assert_eq!(fields[0].as_i64(), Some(-1));
        assert_eq!(fields[1].value, Value::Fixed64(1));
        assert_eq!(fields[2].as_range(), Some(22..25));
        assert_eq!(fields[3].as_u64(), Some(2));
        assert_eq!(fields[4].value, Value::Group(31..33));
        assert_eq!(fields[5].as_u64(), Some(5));
    }

    #[test]
    fn what_is_before_a_break_is_kept() {
        for (bytes, what) in [
            (
                &b"\x08\x01\x00\x01"[..],
                "a field number that does not exist",
            ),
            (
                b"\x08\x01\x12\x7f",
                "a length beyond the end of the message",
            ),
            (b"\x08\x01\x10\x80", "the message ends inside a number"),
            (b"\x08\x01\x15\0", "the message ends inside a value"),
            (b"\x08\x01\x16", "a wire type that does not exist"),
            (b"\x08\x01\x13\x08\x01", "a group without its end"),
            (
                b"\x08\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                "a number of more than ten bytes",
            ),
        ] {
            let (fields, broken) = all(bytes);
            assert_eq!(fields.len(), 1, "{what}");
            assert_eq!(broken, Some(what));
        }
    }

    #[test]
    fn packed_numbers_and_text() {
        let budget = Budget::default();
        let blob = Blob::from_vec(b"\x01\x96\x01\xffz".to_vec());
        let mut cursor = blob.cursor(&budget);
        assert_eq!(packed_varints(&mut cursor, 0..3, 9).unwrap(), [1, 150]);
        assert_eq!(text(&mut cursor, 3..5, 9).unwrap(), "\u{fffd}z");
        assert_eq!(text(&mut cursor, 4..5, 0).unwrap(), "");
        assert!(text(&mut cursor, 4..9, 9).is_err());
    }
}
