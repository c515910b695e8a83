//! Decoders of text encodings, as lenient as Python's own.
//!
//! Each takes bytes and gives bytes; `None` when Python would raise. They are pure and linear; the
//! caller bounds the input. Where Python skips foreign characters (base64), so do they: a payload
//! with a space inside must not be hidden from the scanner by that space.

/// The value of a digit in base 16.
fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// `bytes.fromhex`, `binascii.unhexlify`, `base64.b16decode`: blanks between pairs are skipped.
pub(crate) fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len().div_ceil(2));
    let mut high = None;
    for &byte in text {
        if byte.is_ascii_whitespace() {
            if high.is_some() {
                return None;
            }
            continue;
        }
        let digit = hex_digit(byte)?;
        match high.take() {
            None => high = Some(digit),
            Some(high) => out.push((high << 4) | digit),
        }
    }
    high.is_none().then_some(out)
}

/// Collects groups of bits into bytes, most significant first.
struct Bits {
    out: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    fn new(capacity: usize) -> Self {
        Self {
            out: Vec::with_capacity(capacity),
            pending: 0,
            count: 0,
        }
    }

    fn push(&mut self, value: u8, width: u32) {
        self.pending = (self.pending << width) | u32::from(value);
        self.count = self.count.saturating_add(width);
        if self.count >= 8 {
            self.count = self.count.saturating_sub(8);
            self.out.push(
                (self.pending >> self.count)
                    .to_le_bytes()
                    .first()
                    .copied()
                    .unwrap_or(0),
            );
        }
        self.pending &= 0xff;
    }
}

/// `base64.b64decode`, `urlsafe_b64decode`, `binascii.a2b_base64`: both alphabets at once, foreign
/// characters skipped, decoding ends at the padding. Missing padding is forgiven.
pub(crate) fn base64(text: &[u8]) -> Vec<u8> {
    let mut bits = Bits::new(text.len());
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => continue,
        };
        bits.push(value, 6);
    }
    bits.out
}

/// `base64.b32decode` (and with `extended`, `b32hexdecode`); lower case is accepted.
pub(crate) fn base32(text: &[u8], extended: bool) -> Option<Vec<u8>> {
    let mut bits = Bits::new(text.len());
    for &byte in text {
        let byte = byte.to_ascii_uppercase();
        let value = match (byte, extended) {
            (b'=', _) => break,
            (b'A'..=b'Z', false) => byte.wrapping_sub(b'A'),
            (b'2'..=b'7', false) => byte.wrapping_sub(b'2').wrapping_add(26),
            (b'0'..=b'9', true) => byte.wrapping_sub(b'0'),
            (b'A'..=b'V', true) => byte.wrapping_sub(b'A').wrapping_add(10),
            _ => return None,
        };
        bits.push(value, 5);
    }
    Some(bits.out)
}

/// Five digits of base 85 into four bytes.
fn group85(digits: [u8; 5]) -> Option<[u8; 4]> {
    let mut value = 0u32;
    for digit in digits {
        value = value.checked_mul(85)?.checked_add(u32::from(digit))?;
    }
    Some(value.to_be_bytes())
}

/// Digits of base 85 into bytes; the last group is filled up as Python does.
fn base85(digits: &[u8], out: &mut Vec<u8>) -> Option<()> {
    for chunk in digits.chunks(5) {
        let mut group = [84u8; 5];
        for (slot, digit) in group.iter_mut().zip(chunk) {
            *slot = *digit;
        }
        let keep = chunk.len().saturating_sub(1);
        out.extend(group85(group)?.iter().take(keep));
    }
    Some(())
}

/// `base64.b85decode`.
pub(crate) fn b85(text: &[u8]) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] =
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    let mut digits = Vec::with_capacity(text.len());
    for byte in text {
        let at = ALPHABET.iter().position(|known| known == byte)?;
        digits.push(u8::try_from(at).ok()?);
    }
    let mut out = Vec::with_capacity(text.len());
    base85(&digits, &mut out)?;
    Some(out)
}

/// `base64.a85decode`, with or without Adobe's brackets.
pub(crate) fn a85(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.strip_prefix(b"<~").unwrap_or(text);
    let text = text.strip_suffix(b"~>").unwrap_or(text);
    let mut out = Vec::with_capacity(text.len());
    let mut digits: Vec<u8> = Vec::with_capacity(5);
    for &byte in text {
        match byte {
            b'!'..=b'u' => {
                digits.push(byte.wrapping_sub(b'!'));
                if digits.len() == 5 {
                    base85(&digits, &mut out)?;
                    digits.clear();
                }
            }
            b'z' if digits.is_empty() => out.extend([0; 4]),
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b => {}
            _ => return None,
        }
    }
    base85(&digits, &mut out)?;
    Some(out)
}

/// `codecs.decode(…, 'rot13')`, its own inverse.
pub(crate) fn rot13(text: &str) -> String {
    let turn = |byte: u8, base: u8| {
        let shifted = byte.wrapping_sub(base).wrapping_add(13);
        base.wrapping_add(shifted.checked_rem(26).unwrap_or(0))
    };
    text.chars()
        .map(|c| match u8::try_from(c) {
            Ok(byte @ b'a'..=b'z') => char::from(turn(byte, b'a')),
            Ok(byte @ b'A'..=b'Z') => char::from(turn(byte, b'A')),
            _ => c,
        })
        .collect()
}

/// `binascii.a2b_qp`, `quopri.decodestring`.
pub(crate) fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'=' {
            out.push(byte);
            continue;
        }
        if let Some(after) = rest
            .strip_prefix(b"\r\n")
            .or_else(|| rest.strip_prefix(b"\n"))
        {
            rest = after;
        } else if let Some((pair, after)) = rest.split_at_checked(2)
            && let Some(decoded) = hex(pair)
        {
            out.extend(decoded);
            rest = after;
        } else {
            out.push(byte);
        }
    }
    out
}

/// `urllib.parse.unquote_to_bytes`.
pub(crate) fn percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%'
            && let Some((pair, after)) = rest.split_at_checked(2)
            && let Some(decoded) = hex(pair)
        {
            out.extend(decoded);
            rest = after;
        } else {
            out.push(byte);
        }
    }
    out
}

/// The `unicode_escape` codec: `\x41`, `\101`, `\u0041`, `\n` … in Latin-1 text.
pub(crate) fn unicode_escape(text: &[u8]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            out.push(char::from(byte));
            continue;
        }
        let (&kind, after) = rest.split_first()?;
        rest = after;
        let digits = match kind {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            b'0'..=b'7' => {
                let mut value = u32::from(kind.wrapping_sub(b'0'));
                for _ in 0..2 {
                    let Some((&digit @ b'0'..=b'7', after)) = rest.split_first() else {
                        break;
                    };
                    value = (value << 3) | u32::from(digit.wrapping_sub(b'0'));
                    rest = after;
                }
                out.push(char::from_u32(value)?);
                continue;
            }
            _ => {
                push_simple_escape(kind, &mut out);
                continue;
            }
        };
        let (number, after) = rest.split_at_checked(digits)?;
        let number = u32::from_str_radix(std::str::from_utf8(number).ok()?, 16).ok()?;
        out.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = after;
    }
    Some(out)
}

fn push_simple_escape(kind: u8, out: &mut String) {
    match kind {
        b'\n' => {}
        b'\\' | b'\'' | b'"' => out.push(char::from(kind)),
        b'n' => out.push('\n'),
        b'r' => out.push('\r'),
        b't' => out.push('\t'),
        b'a' => out.push('\u{7}'),
        b'b' => out.push('\u{8}'),
        b'f' => out.push('\u{c}'),
        b'v' => out.push('\u{b}'),
        other => {
            out.push('\\');
            out.push(char::from(other));
        }
    }
}

/// Text of 16- or 32-bit units.
pub(crate) fn utf16(bytes: &[u8], big: bool) -> String {
    let units = bytes.chunks_exact(2).map(|pair| {
        let pair = [
            pair.first().copied().unwrap_or(0),
            pair.get(1).copied().unwrap_or(0),
        ];
        if big {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        }
    });
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_decode_like_python() {
        assert_eq!(base64(b"ZWNobyBwd25lZA=="), b"echo pwned");
        assert_eq!(base64(b"ZWNo byBw\nd25lZA"), b"echo pwned");
        assert_eq!(base64(b"_-8="), [0xff, 0xef]);
        assert_eq!(base32(b"MVRWQ3Y=", false).unwrap(), b"echo");
        assert_eq!(
            base32(b"CLHMGRO=", true).unwrap(),
            base32(b"MVRWQ3Y=", false).unwrap()
        );
        assert_eq!(b85(b"Wn*Y>AaHkXWn=").unwrap(), b"echo pwned");
        assert_eq!(a85(b"ARfCl").unwrap(), b"echo");
        assert_eq!(a85(b"<~z~>").unwrap(), [0; 4]);
        assert_eq!(hex(b"65 63 68 6F").unwrap(), b"echo");
        assert!(hex(b"656").is_none());
    }

    #[test]
    fn text_codecs_decode_like_python() {
        assert_eq!(rot13("Rkrp(1)"), "Exec(1)");
        assert_eq!(quoted_printable(b"a=3Db=\nc"), b"a=bc");
        assert_eq!(percent(b"a%62%zz"), b"ab%zz");
        assert_eq!(unicode_escape(b"\\x6f\\163\\u0021\\n").unwrap(), "os!\n");
        assert_eq!(utf16(b"o\0s\0", false), "os");
    }
}
