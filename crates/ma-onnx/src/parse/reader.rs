//! Walks messages that may be written in several pieces, and goes on where the encoding breaks.

use std::fmt;
use std::ops::Range;
use std::slice;

use ma_core::{Blob, Budget, Cursor, ScanError};
use ma_wire::{Broken, OrBroken, protobuf};
use protobuf::{Field, Fields, Value};

/// Breaks that are kept.
const BREAKS: usize = 100;

/// A cursor, and what was broken on its way.
pub(crate) struct Reader<'b> {
    pub(crate) cursor: Cursor<'b>,
    pub(crate) breaks: Vec<Broken>,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(blob: &Blob, budget: &'b Budget) -> Self {
        Self {
            cursor: blob.cursor(budget),
            breaks: Vec::new(),
        }
    }

    pub(crate) fn note(&mut self, broken: Broken) {
        if self.breaks.len() < BREAKS && !self.breaks.contains(&broken) {
            self.breaks.push(broken);
        }
    }

    /// Text of at most `max` bytes; empty where it can't be read.
    pub(crate) fn text(&mut self, range: Range<u64>, max: usize) -> Result<String, ScanError> {
        match protobuf::text(&mut self.cursor, range, max).or_broken()? {
            Ok(text) => Ok(text),
            Err(broken) => {
                self.note(broken);
                Ok(String::new())
            }
        }
    }

    /// The first bytes of a range.
    pub(crate) fn head(&mut self, range: Range<u64>, max: usize) -> Result<Vec<u8>, ScanError> {
        let bytes = protobuf::bytes(&mut self.cursor, range, max).or_broken()?;
        Ok(bytes.unwrap_or_default())
    }

    /// Numbers in a packed field.
    pub(crate) fn packed(&mut self, range: Range<u64>, max: usize) -> Result<Vec<u64>, ScanError> {
        match protobuf::packed_varints(&mut self.cursor, range, max).or_broken()? {
            Ok(numbers) => Ok(numbers),
            Err(broken) => {
                self.note(broken);
                Ok(Vec::new())
            }
        }
    }

    /// How many numbers a packed field holds, by counting their last bytes.
    pub(crate) fn count_varints(&mut self, range: &Range<u64>) -> Result<u64, ScanError> {
        let mut count = 0u64;
        let mut left = range.end.saturating_sub(range.start);
        self.cursor.seek(range.start);
        while left > 0 {
            self.cursor.fill(1)?;
            let have = self.cursor.buffered();
            let n = usize::try_from(left).unwrap_or(usize::MAX).min(have.len());
            if n == 0 {
                break;
            }
            let ends = have.iter().take(n).filter(|b| **b < 0x80).count();
            count = count.saturating_add(ends as u64);
            left = left.saturating_sub(n as u64);
            self.cursor.consume(n);
        }
        Ok(count)
    }
}

/// The fields of one message that is written in one or more pieces, as if they were one.
pub(crate) struct Pieces<'r> {
    rest: slice::Iter<'r, Range<u64>>,
    fields: Fields,
    end: u64,
    unread: Option<Range<u64>>,
}

impl<'r> Pieces<'r> {
    pub(crate) fn new(pieces: &'r [Range<u64>]) -> Self {
        Self {
            rest: pieces.iter(),
            fields: Fields::new(0..0),
            end: 0,
            unread: None,
        }
    }

    /// What lies behind a break, where no field can be told from another.
    pub(crate) fn unread(&self) -> Option<Range<u64>> {
        self.unread.clone()
    }

    /// The next field. A field that reaches beyond the end of its message is cut there, so that what
    /// is there of it is still looked at.
    pub(crate) fn next(&mut self, reader: &mut Reader<'_>) -> Result<Option<Field>, ScanError> {
        loop {
            let start = self.fields.position();
            match self.fields.next(&mut reader.cursor).or_broken()? {
                Ok(Some(field)) => return Ok(Some(field)),
                Ok(None) => {}
                Err(broken) => {
                    reader.note(broken);
                    if let Some(field) = cut_field(&mut reader.cursor, start, self.end)? {
                        return Ok(Some(field));
                    }
                    self.unread = Some(start..self.end);
                }
            }
            let Some(next) = self.rest.next() else {
                return Ok(None);
            };
            self.end = next.end.min(reader.cursor.blob().len());
            self.fields = Fields::new(next.start..self.end);
        }
    }
}

/// The length-delimited field at `start`, as far as it is there.
fn cut_field(cursor: &mut Cursor<'_>, start: u64, end: u64) -> Result<Option<Field>, ScanError> {
    cursor.seek(start);
    let Some(tag) = varint(cursor)? else {
        return Ok(None);
    };
    let number = u32::try_from(tag >> 3).unwrap_or(0);
    if tag & 7 != 2 || number == 0 || varint(cursor)?.is_none() {
        return Ok(None);
    }
    let at = cursor.position();
    Ok((at < end).then_some(Field {
        number,
        value: Value::Bytes(at..end),
        range: start..end,
    }))
}

fn varint(cursor: &mut Cursor<'_>) -> Result<Option<u64>, ScanError> {
    let mut value = 0u64;
    for shift in (0u32..70).step_by(7) {
        let Some(byte) = cursor.byte()? else {
            return Ok(None);
        };
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// The way to something, written out only when it is needed.
#[derive(Clone, Copy)]
pub(crate) struct Route<'a> {
    parent: Option<&'a Self>,
    part: Part<'a>,
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Text(&'a str),
    Index(&'static str, u64),
    Named(&'static str, &'a str),
}

impl<'a> Route<'a> {
    pub(crate) fn root(text: &'a str) -> Self {
        Self {
            parent: None,
            part: Part::Text(text),
        }
    }

    pub(crate) fn field(&'a self, name: &'a str) -> Self {
        Self {
            parent: Some(self),
            part: Part::Text(name),
        }
    }

    pub(crate) fn index(&'a self, name: &'static str, index: u64) -> Self {
        Self {
            parent: Some(self),
            part: Part::Index(name, index),
        }
    }

    pub(crate) fn named(&'a self, name: &'static str, of: &'a str) -> Self {
        Self {
            parent: Some(self),
            part: Part::Named(name, of),
        }
    }
}

impl fmt::Display for Route<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
            f.write_str(".")?;
        }
        match self.part {
            Part::Text(text) => f.write_str(text),
            Part::Index(name, index) => write!(f, "{name}[{index}]"),
            Part::Named(name, of) => write!(f, "{name}[{}]", ma_core::text::shorten(of, 60)),
        }
    }
}
