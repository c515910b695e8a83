//! Base64 as lenient readers take it: both alphabets, white space between, with or without padding.

/// What `text` stands for; `None` when a character is none of base64.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len().div_euclid(4).saturating_mul(3));
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in text {
        if byte.is_ascii_whitespace() {
            continue;
        }
        if *byte == b'=' {
            break;
        }
        bits = bits.wrapping_shl(6) | sextet(*byte)?;
        count = count.saturating_add(6);
        if count >= 8 {
            count = count.saturating_sub(8);
            out.push(bits.wrapping_shr(count).to_le_bytes()[0]);
        }
    }
    Some(out)
}

/// The value of one character.
#[must_use]
pub fn sextet(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte.wrapping_sub(b'A'),
        b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_every_length_and_both_alphabets() {
        assert_eq!(decode(b"").unwrap(), b"");
        assert_eq!(decode(b"YQ==").unwrap(), b"a");
        assert_eq!(decode(b"YWI").unwrap(), b"ab");
        assert_eq!(decode(b"YW\nJj\n").unwrap(), b"abc");
        assert_eq!(decode(b"-_+/").unwrap(), [0xfb, 0xff, 0xbf]);
        assert_eq!(decode(b"Y!=="), None);
    }
}
