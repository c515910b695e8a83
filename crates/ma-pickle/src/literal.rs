//! What stands in text arguments and payloads: numbers as C and Python read them, escapes.
//!
//! ```text
//! INT          strtol(s, 0), else a Python integer literal; three bytes with 0 or 1 are a bool
//! LONG         a Python integer literal, an L at the end is dropped
//! FLOAT        a Python float literal
//! GET, PUT     a decimal number as int(s) reads it
//! STRING       quoted, with the escapes of a bytes literal
//! UNICODE      raw-unicode-escape: \uXXXX and \UXXXXXXXX, other bytes are Latin-1
//! LONG1, LONG4 two's complement, little-endian
//! ```
//!
//! Follows `Modules/_pickle.c`, `Objects/longobject.c` and `Objects/bytesobject.c` of CPython 3.13.
//! C strings end at a NUL: the C unpickler reads `I7\0junk` as 7 where `pickletools` raises, and a
//! scanner that stands on `pickletools` stops there. Where C refuses and Python accepts (blanks in
//! FLOAT) the number is read and marked.

/// A number from a text argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    /// The value, when it fits.
    pub(crate) value: Option<i64>,
    /// It is `True` or `False`.
    pub(crate) is_bool: bool,
    /// A NUL ends it.
    pub(crate) nul: bool,
    /// No pickler writes it like this.
    pub(crate) odd: bool,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// What C sees: up to the first NUL.
fn c_string(line: &[u8]) -> (&[u8], bool) {
    match memchr::memchr(0, line) {
        Some(i) => (line.get(..i).unwrap_or_default(), true),
        None => (line, false),
    }
}

/// The argument of INT. `None` when all loaders refuse it.
pub(crate) fn int(line: &[u8]) -> Option<Number> {
    let (text, nul) = c_string(line);
    if line.is_empty() {
        return None;
    }
    let canonical = is_canonical(text) || matches!(text, b"00" | b"01");
    if let Some(value) = strtol(text, nul) {
        return Some(Number {
            value: Some(value),
            is_bool: line.len() == 2 && (value == 0 || value == 1),
            nul,
            odd: !canonical && !nul,
        });
    }
    let value = python_int(text, true)?;
    Some(Number {
        value: value.small(),
        is_bool: false,
        nul,
        odd: !canonical && !nul,
    })
}

/// The argument of LONG.
pub(crate) fn long(line: &[u8]) -> Option<Number> {
    let line = line.strip_suffix(b"L").unwrap_or(line);
    let (text, nul) = c_string(line);
    let value = python_int(text, true)?;
    Some(Number {
        value: value.small(),
        is_bool: false,
        nul,
        odd: !is_canonical(text) && !nul,
    })
}

/// The argument of GET and PUT.
pub(crate) fn index(line: &[u8]) -> Option<Number> {
    let (text, nul) = c_string(line);
    let value = python_int(text, false)?;
    Some(Number {
        value: value.small(),
        is_bool: false,
        nul,
        odd: !is_canonical(text) && !nul,
    })
}

/// `-?(0|[1-9][0-9]*)`
fn is_canonical(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    match digits.split_first() {
        Some((b'0', rest)) => rest.is_empty(),
        Some(_) => digits.iter().all(u8::is_ascii_digit),
        None => false,
    }
}

/// `strtol(text, &end, 0)` where `end` must be the end of the text, which is a line feed or a NUL.
fn strtol(text: &[u8], nul: bool) -> Option<i64> {
    // Nothing was read and the first byte is the NUL: C takes that for a number that ended well.
    if text.is_empty() {
        return nul.then_some(0);
    }
    let rest = skip_spaces(text);
    let (negative, rest) = sign(rest);
    let (base, digits) = match rest {
        [b'0', b'x' | b'X', hex @ ..] if !hex.is_empty() => (16, hex),
        [b'0', _, ..] => (8, rest),
        _ => (10, rest),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0i64;
    for byte in digits {
        let digit = char::from(*byte).to_digit(base)?;
        let digit = i64::from(digit);
        value = value.checked_mul(i64::from(base))?;
        value = if negative {
            value.checked_sub(digit)?
        } else {
            value.checked_add(digit)?
        };
    }
    Some(value)
}

fn skip_spaces(text: &[u8]) -> &[u8] {
    let start = text
        .iter()
        .position(|b| !is_space(*b))
        .unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

fn trim_spaces(text: &[u8]) -> &[u8] {
    let end = text
        .iter()
        .rposition(|b| !is_space(*b))
        .map_or(0, |i| i.saturating_add(1));
    text.get(..end).unwrap_or_default()
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    }
}

/// An integer literal, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Literal<'t> {
    negative: bool,
    base: u32,
    /// Digits and underscores.
    digits: &'t [u8],
}

impl Literal<'_> {
    fn digits(&self) -> impl Iterator<Item = u32> {
        let base = self.base;
        self.digits
            .iter()
            .filter_map(move |b| char::from(*b).to_digit(base))
    }

    /// The value when it fits.
    pub(crate) fn small(&self) -> Option<i64> {
        let mut value = 0i128;
        for digit in self.digits() {
            value = value.checked_mul(i128::from(self.base))?;
            value = value.checked_add(i128::from(digit))?;
            if value > 1 << 64 {
                return None;
            }
        }
        let value = if self.negative {
            value.checked_neg()?
        } else {
            value
        };
        i64::try_from(value).ok()
    }

    /// Two's complement, little-endian; `None` when it is longer than anybody needs.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        if self.digits.len() > 1024 {
            return None;
        }
        let mut out: Vec<u8> = Vec::new();
        for digit in self.digits() {
            let mut carry = digit;
            for byte in &mut out {
                let sum = u32::from(*byte).wrapping_mul(self.base).wrapping_add(carry);
                *byte = sum as u8;
                carry = sum >> 8;
            }
            if carry > 0 {
                out.push(carry as u8);
            }
        }
        if out.last().is_none_or(|top| *top >= 0x80) {
            out.push(0);
        }
        if self.negative {
            let mut carry = true;
            for byte in &mut out {
                let (negated, over) = (!*byte).overflowing_add(u8::from(carry));
                *byte = negated;
                carry = over;
            }
        }
        Some(out)
    }
}

/// `int(text, 0)` when `prefixed`, else `int(text, 10)`.
pub(crate) fn python_int(text: &[u8], prefixed: bool) -> Option<Literal<'_>> {
    let text = trim_spaces(skip_spaces(text));
    let (negative, rest) = sign(text);
    let (base, digits, had_prefix) = match rest {
        [b'0', b'x' | b'X', rest @ ..] if prefixed => (16, rest, true),
        [b'0', b'o' | b'O', rest @ ..] if prefixed => (8, rest, true),
        [b'0', b'b' | b'B', rest @ ..] if prefixed => (2, rest, true),
        // An old octal literal: only zeros are let through.
        [b'0', rest @ ..] if prefixed && rest.iter().any(|b| !matches!(b, b'0' | b'_')) => {
            return None;
        }
        _ => (10, rest, false),
    };
    let mut previous = if had_prefix { b'0' } else { b'_' };
    for byte in digits {
        let fits = if *byte == b'_' {
            previous != b'_'
        } else {
            char::from(*byte).is_digit(base)
        };
        if !fits {
            return None;
        }
        previous = *byte;
    }
    if previous == b'_' || (had_prefix && digits.is_empty()) {
        return None;
    }
    Some(Literal {
        negative,
        base,
        digits,
    })
}

/// A number from FLOAT.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Float {
    pub(crate) value: f64,
    pub(crate) nul: bool,
    /// Only the Python unpickler takes it.
    pub(crate) only_python: bool,
}

/// The argument of FLOAT. `None` when all loaders refuse it.
pub(crate) fn float(line: &[u8]) -> Option<Float> {
    let (text, nul) = c_string(line);
    if let Some(value) = c_float(text) {
        return Some(Float {
            value,
            nul,
            only_python: false,
        });
    }
    if nul {
        return None;
    }
    let trimmed = trim_spaces(skip_spaces(text));
    let mut plain = Vec::with_capacity(trimmed.len());
    let mut previous = 0u8;
    for (i, byte) in trimmed.iter().enumerate() {
        let next = trimmed.get(i.saturating_add(1)).copied().unwrap_or(0);
        if *byte != b'_' {
            plain.push(*byte);
        } else if !previous.is_ascii_digit() || !next.is_ascii_digit() {
            return None;
        }
        previous = *byte;
    }
    Some(Float {
        value: c_float(&plain)?,
        nul: false,
        only_python: true,
    })
}

/// `PyOS_string_to_double`: no blanks, no underscores, no hexadecimal.
fn c_float(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let (_, body) = sign(text.as_bytes());
    let named = matches!(
        body.to_ascii_lowercase().as_slice(),
        b"inf" | b"infinity" | b"nan"
    );
    let plain = body
        .iter()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if body.is_empty() || !(named || plain) {
        return None;
    }
    text.parse().ok()
}

/// The inside of a quoted STRING argument; `None` when it is not quoted, which all loaders refuse.
pub(crate) fn unquote(line: &[u8]) -> Option<&[u8]> {
    match line {
        [first @ (b'\'' | b'"'), inner @ .., last] if first == last => Some(inner),
        _ => None,
    }
}

/// Decodes the escapes of a bytes literal (`codecs.escape_decode`). What is broken is kept as it is:
/// loaders refuse it.
pub(crate) fn unescape_bytes(text: &[u8], max: usize) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        if out.len() >= max {
            return (out, true);
        }
        rest = tail;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some((&kind, tail)) = rest.split_first() else {
            out.push(byte);
            break;
        };
        rest = tail;
        match kind {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => out.push(kind),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b't' => out.push(b'\t'),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b'v' => out.push(11),
            b'a' => out.push(7),
            b'0'..=b'7' => {
                let mut value = u32::from(kind).wrapping_sub(u32::from(b'0'));
                for _ in 0..2 {
                    let Some((&digit @ b'0'..=b'7', tail)) = rest.split_first() else {
                        break;
                    };
                    value = value
                        .wrapping_mul(8)
                        .wrapping_add(u32::from(digit).wrapping_sub(u32::from(b'0')));
                    rest = tail;
                }
                out.push(value as u8);
            }
            b'x' => match hex(rest, 2) {
                Some((value, tail)) => {
                    out.push(value as u8);
                    rest = tail;
                }
                None => out.extend(b"\\x"),
            },
            _ => out.extend([b'\\', kind]),
        }
    }
    (out, false)
}

/// The number in the first `n` hexadecimal digits, and what follows.
fn hex(text: &[u8], n: usize) -> Option<(u32, &[u8])> {
    let digits = text.get(..n)?;
    let mut value = 0u32;
    for byte in digits {
        let digit = char::from(*byte).to_digit(16)?;
        value = value.wrapping_mul(16).wrapping_add(digit);
    }
    Some((value, text.get(n..)?))
}

/// Decodes raw-unicode-escape to UTF-8, surrogates kept as three bytes each.
pub(crate) fn raw_unicode_escape(text: &[u8], max: usize) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        if out.len() >= max {
            return (out, true);
        }
        let escape = match (byte, tail.split_first()) {
            (b'\\', Some((b'u', digits))) => hex(digits, 4),
            (b'\\', Some((b'U', digits))) => hex(digits, 8),
            (b'\\', Some((b'\\', after))) => {
                // Two backslashes are two characters; the second one does not begin an escape.
                out.extend(b"\\\\");
                rest = after;
                continue;
            }
            _ => None,
        };
        match escape {
            Some((code, after)) => {
                push_wtf8(&mut out, code);
                rest = after;
            }
            None => {
                push_wtf8(&mut out, u32::from(byte));
                rest = tail;
            }
        }
    }
    (out, false)
}

/// Appends a code point as UTF-8, also when it is a surrogate.
fn push_wtf8(out: &mut Vec<u8>, code: u32) {
    if let Some(c) = char::from_u32(code) {
        out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
    } else if (0xd800..0xe000).contains(&code) {
        out.extend([
            0xe0 | (code >> 12) as u8,
            0x80 | (code >> 6 & 0x3f) as u8,
            0x80 | (code & 0x3f) as u8,
        ]);
    } else {
        out.extend("\u{fffd}".as_bytes());
    }
}

/// Two's complement, little-endian; `None` when it does not fit.
pub(crate) fn twos_complement(bytes: &[u8]) -> Option<i64> {
    let Some((&top, _)) = bytes.split_last() else {
        return Some(0);
    };
    let fill = if top >= 0x80 { 0xff } else { 0 };
    let mut out = [fill; 8];
    for (i, byte) in bytes.iter().enumerate() {
        match out.get_mut(i) {
            Some(slot) => *slot = *byte,
            None if *byte == fill => {}
            None => return None,
        }
    }
    let value = i64::from_le_bytes(out);
    ((value < 0) == (top >= 0x80)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn int_as_c_reads_it() {
        let value = |s: &[u8]| int(s).and_then(|n| n.value);
        assert_eq!(value(b"12"), Some(12));
        assert_eq!(value(b"-5"), Some(-5));
        assert_eq!(value(b"0x10"), Some(16));
        assert_eq!(value(b"1_000"), Some(1000));
        assert_eq!(value(b" 5"), Some(5));
        assert_eq!(value(b"5 "), Some(5));
        assert_eq!(value(b"010"), Some(8));
        assert_eq!(value(b"0b11"), Some(3));
        assert_eq!(value(b"0o17"), Some(15));
        assert_eq!(value(b"7\0zzz"), Some(7));
        assert_eq!(value(b"\0"), Some(0));
        assert_eq!(value(b"9223372036854775807"), Some(i64::MAX));
        assert_eq!(value(b"-9223372036854775808"), Some(i64::MIN));
        let big = int(b"9223372036854775808").unwrap();
        assert_eq!(big.value, None);
        for bad in [
            &b""[..],
            b" ",
            b"x",
            b"1__0",
            b"_1",
            b"1_",
            b"0x",
            b"5x",
            b"--5",
        ] {
            assert_eq!(int(bad), None, "{bad:?}");
        }
        assert!(int(b"01").unwrap().is_bool && !int(b"01").unwrap().odd);
        assert!(int(b"+1").unwrap().is_bool && int(b"+1").unwrap().odd);
        assert!(!int(b"1").unwrap().is_bool);
        assert!(int(b"7\0z").unwrap().nul);
        assert!(int(b"0x7").unwrap().odd);
    }

    #[test]
    fn long_and_index() {
        assert_eq!(long(b"5L").unwrap().value, Some(5));
        assert_eq!(long(b"5").unwrap().value, Some(5));
        assert_eq!(long(b"7\0zz").unwrap().value, Some(7));
        assert_eq!(long(b"010L"), None);
        assert_eq!(long(b"00L").unwrap().value, Some(0));
        assert_eq!(index(b" 1").unwrap().value, Some(1));
        assert_eq!(index(b"+1").unwrap().value, Some(1));
        assert_eq!(index(b"1_0").unwrap().value, Some(10));
        assert_eq!(index(b"010").unwrap().value, Some(10));
        assert_eq!(index(b"3\0").unwrap().value, Some(3));
        assert_eq!(index(b"0x1"), None);
        let bytes = |s| python_int(s, true).unwrap().bytes().unwrap();
        assert_eq!(bytes(b"255"), [255, 0]);
        assert_eq!(bytes(b"-1"), [255, 255][..1].to_vec());
        assert_eq!(bytes(b"-256"), [0, 255]);
        assert_eq!(
            bytes(b"119547037146038801333356"),
            [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
        );
    }

    #[test]
    fn floats() {
        assert_eq!(float(b"1.5").unwrap().value, 1.5);
        assert!(float(b"1.5\0zz").unwrap().nul);
        assert!(float(b" 1.5").unwrap().only_python);
        assert_eq!(float(b"1_0.5").unwrap().value, 10.5);
        assert!(float(b"inf").unwrap().value.is_infinite());
        for bad in [&b""[..], b"x", b"0x1p3", b"1__0", b"_1"] {
            assert_eq!(float(bad), None);
        }
    }

    #[test]
    fn escapes() {
        let un = |s: &[u8]| unescape_bytes(s, 100).0;
        assert_eq!(un(br"\x6fs"), b"os");
        assert_eq!(un(br"\157s"), b"os");
        assert_eq!(un(br"\7"), [7]);
        assert_eq!(un(br"\n\t\\\'\q"), b"\n\t\\'\\q");
        assert_eq!(un(br"\777"), [0xff]);
        assert_eq!(un(br"\x6"), br"\x6");
        assert_eq!(un(br"\"), br"\");
        assert_eq!(unescape_bytes(b"abc", 2), (b"ab".to_vec(), true));
        assert_eq!(unquote(b"'a'"), Some(&b"a"[..]));
        assert_eq!(unquote(b"'"), None);
        assert_eq!(unquote(b"'a\""), None);
        let raw = |s: &[u8]| raw_unicode_escape(s, 100).0;
        assert_eq!(raw(br"\u006fs"), b"os");
        assert_eq!(raw(br"\U0000006fs"), b"os");
        assert_eq!(raw(b"\xe9"), "é".as_bytes());
        assert_eq!(raw(br"\ud800"), [0xed, 0xa0, 0x80]);
        assert_eq!(raw(br"\\u006f"), br"\\u006f");
    }

    #[test]
    fn two_s_complement() {
        assert_eq!(twos_complement(b""), Some(0));
        assert_eq!(twos_complement(b"\xff"), Some(-1));
        assert_eq!(twos_complement(b"\xff\x00"), Some(255));
        assert_eq!(twos_complement(b"\x05\0\0\0\0\0\0\0\0\0"), Some(5));
        assert_eq!(twos_complement(b"\0\0\0\0\0\0\0\x80"), Some(i64::MIN));
        assert_eq!(twos_complement(b"\0\0\0\0\0\0\0\x80\0"), None);
        assert_eq!(twos_complement(b"\0\0\0\0\0\0\0\0\x01"), None);
    }
}
