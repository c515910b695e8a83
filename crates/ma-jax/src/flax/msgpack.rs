//! Msgpack as events, by range: payloads are located and not read.
//!
//! Layout (<https://github.com/msgpack/msgpack/blob/master/spec.md>, of 2017; big-endian): one byte says
//! what a value is; small numbers, and lengths of small texts, arrays and maps, are in that byte. Broken
//! is the one byte that is reserved (0xc1), and a length beyond the end of the file.

use std::ops::Range;

use ma_core::Cursor;
use ma_wire::{Broken, Fault};

/// A value, or the beginning of one that holds others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// Nil, a boolean or a float.
    Scalar,
    /// A whole number, negative ones as their two's complement.
    Int(u64),
    /// Text: where it lies.
    Text(Range<u64>),
    /// A byte string: where it lies.
    Bytes(Range<u64>),
    /// An extension type: its number, and where its content lies.
    Extension(i8, Range<u64>),
    /// A list of that many values, which follow.
    Array(u64),
    /// A map of that many pairs, which follow.
    Map(u64),
}

/// The token at the cursor, which stands behind it (and its payload) afterwards.
///
/// # Errors
/// [`Fault::Broken`] where the bytes are no msgpack.
pub fn next(cursor: &mut Cursor<'_>) -> Result<Token, Fault> {
    let at = cursor.position();
    cursor.budget().charge_steps(1)?;
    let Some(byte) = cursor.byte()? else {
        return broken(at, "the file ends where a value should be");
    };
    match byte {
        0x00..=0x7f => Ok(Token::Int(u64::from(byte))),
        0x80..=0x8f => Ok(Token::Map(u64::from(byte & 0x0f))),
        0x90..=0x9f => Ok(Token::Array(u64::from(byte & 0x0f))),
        0xa0..=0xbf => payload(cursor, u64::from(byte & 0x1f)).map(Token::Text),
        0xc0 | 0xc2 | 0xc3 => Ok(Token::Scalar),
        0xc1 => broken(at, "a byte that begins no value"),
        0xc4..=0xc6 => {
            let len = number(cursor, width(byte, 0xc4))?;
            payload(cursor, len).map(Token::Bytes)
        }
        0xc7..=0xc9 => {
            let len = number(cursor, width(byte, 0xc7))?;
            extension(cursor, len)
        }
        0xca => number(cursor, 4).map(|_| Token::Scalar),
        0xcb => number(cursor, 8).map(|_| Token::Scalar),
        0xcc..=0xcf => number(cursor, width(byte, 0xcc)).map(Token::Int),
        0xd0..=0xd3 => {
            let width = width(byte, 0xd0);
            let value = number(cursor, width)?;
            let unused = 64u32.saturating_sub(u32::from(width).saturating_mul(8));
            let signed = value
                .wrapping_shl(unused)
                .cast_signed()
                .wrapping_shr(unused);
            Ok(Token::Int(signed.cast_unsigned()))
        }
        0xd4..=0xd8 => extension(cursor, u64::from(width(byte, 0xd4))),
        0xd9..=0xdb => {
            let len = number(cursor, width(byte, 0xd9))?;
            payload(cursor, len).map(Token::Text)
        }
        0xdc | 0xdd => number(cursor, width(byte, 0xdb)).map(Token::Array),
        0xde | 0xdf => number(cursor, width(byte, 0xdd)).map(Token::Map),
        0xe0..=0xff => Ok(Token::Int(i64::from(byte.cast_signed()).cast_unsigned())),
    }
}

/// 1, 2, 4, 8 or 16 bytes, by how far `byte` is beyond the first of its kind.
fn width(byte: u8, first: u8) -> u8 {
    1u8.wrapping_shl(u32::from(byte.saturating_sub(first)))
}

fn number(cursor: &mut Cursor<'_>, width: u8) -> Result<u64, Fault> {
    let at = cursor.position();
    let bytes = cursor.bytes(u64::from(width))?;
    match bytes {
        Some(bytes) => Ok(bytes
            .iter()
            .fold(0, |n, b| u64::wrapping_shl(n, 8) | u64::from(*b))),
        None => broken(at, "the file ends inside a number"),
    }
}

fn payload(cursor: &mut Cursor<'_>, len: u64) -> Result<Range<u64>, Fault> {
    let start = cursor.position();
    if !cursor.skip(len) {
        return broken(start, "a length beyond the end of the file");
    }
    Ok(start..start.saturating_add(len))
}

fn extension(cursor: &mut Cursor<'_>, len: u64) -> Result<Token, Fault> {
    let at = cursor.position();
    match cursor.byte()? {
        Some(kind) => {
            let content = payload(cursor, len)?;
            Ok(Token::Extension(kind.cast_signed(), content))
        }
        None => broken(at, "the file ends where a value should be"),
    }
}

fn broken<T>(at: u64, what: &'static str) -> Result<T, Fault> {
    Err(Fault::Broken(Broken { at, what }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ma_core::{Blob, Budget};

    fn tokens(bytes: &[u8]) -> Vec<Token> {
        let budget = Budget::default();
        let blob = Blob::from_vec(bytes.to_vec());
        let mut cursor = blob.cursor(&budget);
        let mut tokens = Vec::new();
        while cursor.remaining() > 0 {
            tokens.push(next(&mut cursor).unwrap());
        }
        tokens
    }

    #[test]
    fn every_kind_of_value() {
        let bytes = b"\x82\xa1a\x05\xe0\x93\xc0\xcb\0\0\0\0\0\0\0\0\xd1\xff\xfe\xc4\x02hi\xc7\x01\x03z\xd8\x01\
            0123456789abcdef\xda\0\x01q\xdc\0\x02\xdf\0\0\0\x03\xcd\x01\0";
        assert_eq!(
            tokens(bytes),
            [
                Token::Map(2),
                Token::Text(2..3),
                Token::Int(5),
                Token::Int(u64::MAX - 31),
                Token::Array(3),
                Token::Scalar,
                Token::Scalar,
                Token::Int(u64::MAX - 1),
                Token::Bytes(21..23),
                Token::Extension(3, 26..27),
                Token::Extension(1, 29..45),
                Token::Text(48..49),
                Token::Array(2),
                Token::Map(3),
                Token::Int(256),
            ]
        );
    }

    #[test]
    fn lengths_are_checked() {
        let budget = Budget::default();
        for bytes in [
            &b"\xc1"[..],
            b"\xa5ab",
            b"\xc6\xff\xff\xff\xff",
            b"\xd8\x01",
            b"\xcd\0",
            b"",
        ] {
            let blob = Blob::from_vec(bytes.to_vec());
            let mut cursor = blob.cursor(&budget);
            assert!(
                matches!(next(&mut cursor), Err(Fault::Broken(_))),
                "{bytes:?}"
            );
        }
    }
}
