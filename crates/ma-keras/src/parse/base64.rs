//! Base64 as `binascii.a2b_base64` of CPython reads it: characters outside of the alphabet are
//! skipped, the first complete padding ends it.

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// Whether CPython would take it.
    pub(crate) complete: bool,
}

/// Decodes `text`.
pub(crate) fn decode(text: &str) -> Decoded {
    let mut bytes = Vec::with_capacity((text.len() / 4).saturating_mul(3));
    let (mut held, mut count, mut pads) = (0u32, 0u8, 0u8);
    let mut ascii = true;
    for c in text.bytes() {
        ascii &= c.is_ascii();
        let value = match c {
            b'A'..=b'Z' => c.wrapping_sub(b'A'),
            b'a'..=b'z' => c.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => c.wrapping_sub(b'0').wrapping_add(52),
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                pads = pads.saturating_add(1);
                if count >= 2 && count.saturating_add(pads) >= 4 {
                    count = 0;
                    break;
                }
                continue;
            }
            _ => continue,
        };
        pads = 0;
        held = (held << 6) | u32::from(value);
        count = count.wrapping_add(1);
        // Each sextet but the first completes a byte.
        let shift = match count {
            2 => 4,
            3 => 2,
            4 => 0,
            _ => continue,
        };
        bytes.push((held >> shift).to_le_bytes()[0]);
        if count == 4 {
            (held, count) = (0, 0);
        }
    }
    Decoded {
        complete: count == 0 && ascii && !bytes.is_empty(),
        bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_cpython_does() {
        let of = |text: &str| {
            let decoded = decode(text);
            (decoded.bytes, decoded.complete)
        };
        assert_eq!(of("aGVsbG8="), (b"hello".to_vec(), true));
        assert_eq!(of("aGVs\nbG8=\n"), (b"hello".to_vec(), true));
        assert_eq!(of("a!G-V#s bG8=ZZZZ"), (b"hello".to_vec(), true));
        assert_eq!(of("aGVsbG8"), (b"hello".to_vec(), false));
        assert_eq!(of("aGVsbA=="), (b"hell".to_vec(), true));
        assert_eq!(of(""), (Vec::new(), false));
        assert_eq!(of("ü"), (Vec::new(), false));
    }
}
