//! What a string begins like: a graph, a model, a pickle, a program. Also how a whole file is recognised,
//! since none of these messages has a magic.
//!
//! A node is a message of fields 1 to 7 with a name (1) and an operator (2) that is spelled as operators
//! are, `[A-Z_>][A-Za-z0-9_>.]*`. A graph has one among its first messages, or a function with one.
//! Cost: a few fields.

use std::ops::Range;

use ma_core::{Cursor, ScanError};
use ma_wire::protobuf::{Field, Fields, bytes};
use ma_wire::{Fault, OrBroken};

use super::model::EmbeddedKind;

/// Fields of a message that are looked at.
const MAX_FIELDS: usize = 64;
/// Messages of a message that are looked into.
const MAX_INSIDE: usize = 8;
/// Longest name of an operator or node.
const MAX_NAME: usize = 512;
/// Shortest string that can be anything.
const SHORTEST: u64 = 16;

/// What the string at `range` begins like, and whether in Base64.
///
/// # Errors
/// When it can't be read.
pub fn recognise(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
) -> Result<Option<(EmbeddedKind, bool)>, ScanError> {
    let len = range.end.saturating_sub(range.start);
    if len < SHORTEST {
        return Ok(None);
    }
    let Ok(head) = bytes(cursor, range.clone(), 96).or_broken()? else {
        return Ok(None);
    };
    if head.first() == Some(&0x0a) || head.first() == Some(&0x08) || head.first() == Some(&0x12) {
        if is_graph(cursor, range.clone())? || is_library(cursor, range.clone())? {
            return Ok(Some((EmbeddedKind::Graph, false)));
        }
        if is_saved_model(cursor, range.clone())? || is_meta_graph(cursor, range.clone())? {
            return Ok(Some((EmbeddedKind::Model, false)));
        }
    }
    let last = range.end.saturating_sub(1)..range.end;
    let last = bytes(cursor, last, 1).or_broken()?.unwrap_or_default();
    if let Some(kind) = magic(&head, last.first().copied()) {
        return Ok(Some((kind, false)));
    }
    base64(cursor, range, &head)
}

fn base64(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    head: &[u8],
) -> Result<Option<(EmbeddedKind, bool)>, ScanError> {
    if head.len() < 24 {
        return Ok(None);
    }
    let Some(start) = decode_base64(head) else {
        return Ok(None);
    };
    if let Some(kind) = magic(&start, None) {
        return Ok(Some((kind, true)));
    }
    if start.first() != Some(&0x0a) && start.first() != Some(&0x08) {
        return Ok(None);
    }
    let Ok(all) = bytes(cursor, range, 1 << 20).or_broken()? else {
        return Ok(None);
    };
    let Some(decoded) = decode_base64(&all) else {
        return Ok(None);
    };
    let blob = ma_core::Blob::from_vec(decoded);
    let whole = 0..blob.len();
    let mut inner = blob.cursor(cursor.budget());
    if is_graph(&mut inner, whole.clone())? || is_library(&mut inner, whole.clone())? {
        return Ok(Some((EmbeddedKind::Graph, true)));
    }
    let model = is_saved_model(&mut inner, whole.clone())? || is_meta_graph(&mut inner, whole)?;
    Ok(model.then_some((EmbeddedKind::Model, true)))
}

/// What bytes with a magic are. `last` is the last byte, where it is known.
fn magic(head: &[u8], last: Option<u8>) -> Option<EmbeddedKind> {
    let ends = last.is_none_or(|b| b == b'.');
    match head {
        [0x80, 2..=5, op, ..] if ends && pickle_opcode(*op) => Some(EmbeddedKind::Pickle),
        [b'c' | b'(', ..] if ends && text_pickle(head) => Some(EmbeddedKind::Pickle),
        [0x7f, b'E', b'L', b'F', 1 | 2, 1 | 2, ..] => Some(EmbeddedKind::Executable),
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, _, 0, 0, 0 | 1, ..] => Some(EmbeddedKind::Executable),
        [b'P', b'K', 3, 4, version, 0, ..] if *version < 100 => Some(EmbeddedKind::Zip),
        _ if portable_executable(head) => Some(EmbeddedKind::Executable),
        _ if head.starts_with(b"#!/") => Some(EmbeddedKind::Script),
        _ => None,
    }
}

/// A DOS header whose fields are as linkers write them.
fn portable_executable(head: &[u8]) -> bool {
    let at = head
        .get(0x3c..0x40)
        .and_then(|b| <[u8; 4]>::try_from(b).ok());
    let offset = at.map_or(0, u32::from_le_bytes);
    head.starts_with(b"MZ") && (0x40..0x1000).contains(&offset) && offset.is_multiple_of(8)
}

/// Whether a pickle goes on so after its protocol.
fn pickle_opcode(op: u8) -> bool {
    matches!(
        op,
        0x95 | b']'
            | b'}'
            | b'('
            | b'c'
            | b'X'
            | b'K'
            | b'J'
            | b'M'
            | b')'
            | b'N'
            | 0x8a
            | 0x8c
            | b'C'
            | 0x8f
            | b'B'
            | b'G'
            | 0x88
            | 0x89
            | b'U'
    )
}

/// `cmodule\nname\n` or `(cmodule\nname\n`.
fn text_pickle(head: &[u8]) -> bool {
    let rest = head.strip_prefix(b"(").unwrap_or(head);
    let Some(rest) = rest.strip_prefix(b"c") else {
        return false;
    };
    let mut lines = rest.split(|b| *b == b'\n');
    let word = |line: Option<&[u8]>| {
        line.is_some_and(|l| {
            !l.is_empty()
                && l.iter()
                    .all(|b| b.is_ascii_alphanumeric() || b"_.".contains(b))
        })
    };
    let named = word(lines.next()) && word(lines.next());
    // What comes next makes its arguments; plain text goes on with a letter.
    let next = lines.next().and_then(<[u8]>::first);
    named && next.is_some_and(|b| b"()]}.".contains(b))
}

/// Whether the message at `range` is a GraphDef with nodes, or with functions.
///
/// # Errors
/// When it can't be read.
pub fn is_graph(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<bool, ScanError> {
    any(cursor, range, |cursor, field| {
        Ok(match (field.number, field.as_range()) {
            (1, Some(at)) => is_node(cursor, at)?,
            (2, Some(at)) => is_library(cursor, at)?,
            _ => false,
        })
    })
}

/// Whether the message at `range` is a FunctionDefLibrary with a function that has a node.
///
/// # Errors
/// When it can't be read.
pub fn is_library(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<bool, ScanError> {
    any(cursor, range, |cursor, field| {
        match (field.number, field.as_range()) {
            (1, Some(at)) => is_function(cursor, at),
            _ => Ok(false),
        }
    })
}

/// Whether the message at `range` is a FunctionDef with a name and a node.
///
/// # Errors
/// When it can't be read.
pub fn is_function(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<bool, ScanError> {
    let mut named = false;
    let node = any(cursor, range, |cursor, field| {
        Ok(match (field.number, field.as_range()) {
            (1, Some(at)) => {
                named = has_name(cursor, at)?;
                false
            }
            (3, Some(at)) => is_node(cursor, at)?,
            _ => false,
        })
    })?;
    Ok(named && node)
}

/// Whether the message at `range` is a MetaGraphDef with a graph.
///
/// # Errors
/// When it can't be read.
pub fn is_meta_graph(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<bool, ScanError> {
    any(cursor, range, |cursor, field| {
        match (field.number, field.as_range()) {
            (2, Some(at)) => is_graph(cursor, at),
            _ => Ok(false),
        }
    })
}

/// Whether the message at `range` is a SavedModel with a graph.
///
/// # Errors
/// When it can't be read.
pub fn is_saved_model(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<bool, ScanError> {
    any(cursor, range, |cursor, field| {
        match (field.number, field.as_range()) {
            (2, Some(at)) => is_meta_graph(cursor, at),
            _ => Ok(false),
        }
    })
}

/// Whether the message at `range` is the SavedMetadata of `keras_metadata.pb`.
///
/// # Errors
/// When it can't be read.
pub fn is_keras_metadata(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<bool, ScanError> {
    any(cursor, range, |cursor, field| {
        let (1, Some(at)) = (field.number, field.as_range()) else {
            return Ok(false);
        };
        let mut identified = false;
        let json = any(cursor, at, |cursor, field| {
            let Some(at) = field.as_range() else {
                return Ok(false);
            };
            let text = bytes(cursor, at, 8).or_broken()?.unwrap_or_default();
            identified |= field.number == 4 && text.starts_with(b"_tf_");
            Ok(field.number == 5 && text.starts_with(b"{"))
        })?;
        Ok(identified && json)
    })
}

/// Whether the message at `range` is a NodeDef.
///
/// # Errors
/// When it can't be read.
pub fn is_node(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<bool, ScanError> {
    let (mut name, mut operator) = (false, false);
    let mut fields = Fields::new(range);
    for _ in 0..MAX_FIELDS {
        let field = match fields.next(cursor).or_broken()? {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(_) => return Ok(false),
        };
        let Some(at) = field.as_range() else {
            return Ok(false);
        };
        match field.number {
            1 => name = printable(cursor, at)?,
            2 => operator = is_operator(&head(cursor, at)?),
            3..=7 => {}
            _ => return Ok(false),
        }
        if name && operator {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_name(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<bool, ScanError> {
    any(cursor, range, |cursor, field| {
        match (field.number, field.as_range()) {
            (1, Some(at)) => printable(cursor, at),
            _ => Ok(false),
        }
    })
}

fn head(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<Vec<u8>, ScanError> {
    if range.end.saturating_sub(range.start) > MAX_NAME as u64 {
        return Ok(Vec::new());
    }
    Ok(bytes(cursor, range, MAX_NAME)
        .or_broken()?
        .unwrap_or_default())
}

fn printable(cursor: &mut Cursor<'_>, range: Range<u64>) -> Result<bool, ScanError> {
    let text = head(cursor, range)?;
    Ok(!text.is_empty() && !text.iter().any(u8::is_ascii_control))
}

/// `[A-Z_>][A-Za-z0-9_>.]*`, and the name of a function, which may begin in lower case with `__`.
fn is_operator(name: &[u8]) -> bool {
    let first = name
        .first()
        .is_some_and(|b| b.is_ascii_uppercase() || b"_>".contains(b));
    first
        && name
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_>.".contains(b))
}

/// Whether `test` holds for one of the first fields of a message.
fn any(
    cursor: &mut Cursor<'_>,
    range: Range<u64>,
    mut test: impl FnMut(&mut Cursor<'_>, &Field) -> Result<bool, ScanError>,
) -> Result<bool, ScanError> {
    let mut fields = Fields::new(range);
    let mut inside = 0usize;
    for _ in 0..MAX_FIELDS {
        match fields.next(cursor) {
            Ok(Some(field)) => {
                if test(cursor, &field)? {
                    return Ok(true);
                }
                inside = inside.saturating_add(usize::from(field.as_range().is_some()));
                if inside >= MAX_INSIDE {
                    break;
                }
            }
            Ok(None) | Err(Fault::Broken(_)) => break,
            Err(Fault::Scan(e)) => return Err(e),
        }
    }
    Ok(false)
}

/// Decodes Base64 of either alphabet, with or without padding and line breaks; `None` for other text.
#[must_use]
pub fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' | b'\n' | b'\r' => continue,
            _ => return None,
        };
        bits = bits.wrapping_shl(6) | u32::from(value);
        count = count.wrapping_add(6);
        if count >= 8 {
            count = count.wrapping_sub(8);
            out.push(bits.wrapping_shr(count).to_le_bytes()[0]);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ma_core::{Blob, Budget};

    fn is(data: &[u8]) -> Option<(EmbeddedKind, bool)> {
        let blob = Blob::from_vec(data.to_vec());
        let budget = Budget::default();
        recognise(&mut blob.cursor(&budget), 0..blob.len()).unwrap()
    }

    #[test]
    fn strings_are_told_apart() {
        assert_eq!(
            is(b"\x0a\x10\x0a\x04file\x12\x08ReadFile"),
            Some((EmbeddedKind::Graph, false))
        );
        assert_eq!(
            is(b"ChAKBGZpbGUSCFJlYWRGaWxl"),
            Some((EmbeddedKind::Graph, true))
        );
        assert_eq!(
            is(b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8c\x04abcd."),
            Some((EmbeddedKind::Pickle, false))
        );
        assert_eq!(
            is(b"cposix\nsystem\n(S'echo pwned'\ntR."),
            Some((EmbeddedKind::Pickle, false))
        );
        assert_eq!(is(b"cats\nand\ndogs are nice animals."), None);
        assert_eq!(
            is(b"#!/bin/sh\necho pwned"),
            Some((EmbeddedKind::Script, false))
        );
        assert_eq!(
            is(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0"),
            Some((EmbeddedKind::Zip, false))
        );
        for text in [
            &b"serving_default_input_with_a_long_name"[..],
            b"\x0a\x07\x0a\x03CPU\x10\x01\x0a\x07\x0a\x03GPU\x10\x00",
            b"a text of some length, no more",
        ] {
            assert_eq!(is(text), None);
        }
    }
}
