//! Text encodings that code is hidden behind: base64 and its relatives, hex, ROT13, decoded from constants only.
//!
//! Decoders follow CPython's `base64`, `binascii` and `codecs`: base64 drops characters outside its alphabet, as
//! `binascii.a2b_base64` does when it is not strict. Output is never longer than the input.

/// Decodes base64 (standard and URL-safe alphabets alike), ignoring what is outside the alphabet.
pub(crate) fn base64(input: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(input.len());
    let (mut bits, mut count) = (0u32, 0u32);
    for &byte in input {
        let digit = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => continue,
        };
        push_bits(&mut bits, &mut count, u32::from(digit), 6, &mut out);
    }
    (!out.is_empty()).then_some(out)
}

/// Decodes base32.
pub(crate) fn base32(input: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(input.len());
    let (mut bits, mut count) = (0u32, 0u32);
    for &byte in input {
        let digit = match byte.to_ascii_uppercase() {
            upper @ b'A'..=b'Z' => upper.wrapping_sub(b'A'),
            digit @ b'2'..=b'7' => digit.wrapping_sub(b'2').wrapping_add(26),
            b'=' => break,
            _ => return None,
        };
        push_bits(&mut bits, &mut count, u32::from(digit), 5, &mut out);
    }
    Some(out)
}

fn push_bits(bits: &mut u32, count: &mut u32, digit: u32, width: u32, out: &mut Vec<u8>) {
    *bits = (*bits << width) | digit;
    *count = count.wrapping_add(width);
    if *count >= 8 {
        *count = count.wrapping_sub(8);
        out.push(u8::try_from((*bits >> *count) & 0xff).unwrap_or(0));
        *bits &= (1u32 << *count).wrapping_sub(1);
    }
}

/// Decodes hex digits; spaces are allowed, as in `bytes.fromhex`.
pub(crate) fn hex(input: &[u8]) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = input
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|&byte| {
            char::from(byte)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    Some(pairs.iter().map(|[high, low]| (high << 4) | low).collect())
}

/// Decodes base85: `a85` of Ascii85 (Adobe's), otherwise the alphabet of `base64.b85encode`.
pub(crate) fn base85(input: &[u8], a85: bool) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 85] =
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    let mut out = Vec::new();
    let mut group: Vec<u32> = Vec::with_capacity(5);
    let flush = |group: &mut Vec<u32>, out: &mut Vec<u8>| {
        let given = group.len();
        if given == 0 {
            return;
        }
        group.resize(5, 84);
        let word = group.iter().fold(0u32, |word, digit| {
            word.wrapping_mul(85).wrapping_add(*digit)
        });
        out.extend(word.to_be_bytes().iter().take(given.saturating_sub(1)));
        group.clear();
    };
    for &byte in input {
        if byte.is_ascii_whitespace() {
            continue;
        }
        let digit = if a85 {
            if byte == b'z' && group.is_empty() {
                out.extend([0; 4]);
                continue;
            }
            (b'!'..=b'u')
                .contains(&byte)
                .then(|| u32::from(byte.wrapping_sub(b'!')))
        } else {
            ALPHABET
                .iter()
                .position(|&letter| letter == byte)
                .and_then(|index| u32::try_from(index).ok())
        };
        group.push(digit?);
        if group.len() == 5 {
            flush(&mut group, &mut out);
        }
    }
    flush(&mut group, &mut out);
    Some(out)
}

/// Turns every letter by thirteen places.
pub(crate) fn rot13(text: &str) -> String {
    text.chars()
        .map(|c| {
            let turn = |base: u8| {
                u8::try_from(c).map_or(c, |byte| {
                    char::from(
                        byte.wrapping_sub(base)
                            .wrapping_add(13)
                            .wrapping_rem(26)
                            .wrapping_add(base),
                    )
                })
            };
            match c {
                'a'..='z' => turn(b'a'),
                'A'..='Z' => turn(b'A'),
                _ => c,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoders_agree_with_python() {
        assert_eq!(
            base64(b"ZWNobyBwd25lZA==").as_deref(),
            Some(&b"echo pwned"[..])
        );
        assert_eq!(
            base64(b"ZWNo byBw\nd25lZA").as_deref(),
            Some(&b"echo pwned"[..])
        );
        assert_eq!(
            base32(b"MVRWQ3ZAOB3W4ZLE").as_deref(),
            Some(&b"echo pwned"[..])
        );
        assert_eq!(hex(b"6563 686f").as_deref(), Some(&b"echo"[..]));
        assert_eq!(
            base85(b"Wn*Y>AaHkXWn=", false).as_deref(),
            Some(&b"echo pwned"[..])
        );
        assert_eq!(
            base85(b"ARfCl+E2OBARk", true).as_deref(),
            Some(&b"echo pwned"[..])
        );
        assert_eq!(rot13("bf.flfgrz"), "os.system");
        assert_eq!(hex(b"abc"), None);
    }
}
