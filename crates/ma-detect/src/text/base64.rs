//! Pickles written as base64 into text: some libraries keep Python objects in JSON that way, and load
//! them again.
//!
//! A pickle of protocol 2 to 5 begins with the bytes 80 02 … 80 05, which in base64 is `gAI`–`gAL` to
//! `gAU`–`gAX`. Whether what follows is a pickle is for the pickle scanner to say.

/// Characters that make up the shortest payload worth a look.
const MIN_RUN: usize = 24;

/// The longest run that is decoded.
const MAX_RUN: usize = 16 << 20;

/// Runs of base64 in `text` that begin like a pickle: where each begins, and what it decodes to.
pub(super) fn pickles(text: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let mut found = Vec::new();
    let mut at = 0usize;
    while let Some(step) = find(text.get(at..).unwrap_or(&[])) {
        let start = at.saturating_add(step);
        let rest = text.get(start..).unwrap_or(&[]);
        let run = rest
            .iter()
            .take(MAX_RUN)
            .take_while(|b| sextet(**b).is_some());
        let length = run.count();
        let fresh = start.checked_sub(1).and_then(|i| text.get(i));
        let begins = fresh.is_none_or(|b| sextet(*b).is_none());
        if begins && length >= MIN_RUN {
            found.push((start, decode(rest.get(..length).unwrap_or(&[]))));
        }
        at = start.saturating_add(length.max(1));
    }
    found
}

fn find(text: &[u8]) -> Option<usize> {
    text.windows(3)
        .position(|w| matches!(w, [b'g', b'A', b'I'..=b'X']))
}

fn sextet(byte: u8) -> Option<u32> {
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

fn decode(run: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(run.len().saturating_mul(3) / 4);
    for group in run.chunks(4) {
        let bits = group.iter().fold(0u32, |bits, b| {
            bits.wrapping_shl(6) | sextet(*b).unwrap_or(0)
        });
        // A group of n characters holds n - 1 bytes; they stand at the top of 6 n bits.
        let missing = 4u32.saturating_sub(u32::try_from(group.len()).unwrap_or(4));
        let bits = bits.wrapping_shl(missing.wrapping_mul(6));
        let [_, a, b, c] = bits.to_be_bytes();
        let bytes = [a, b, c];
        let keep = group.len().saturating_sub(1);
        out.extend(bytes.get(..keep).unwrap_or(&[]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_and_decodes() {
        let text = br#"{"a": "gASVCAAAAAAAAACMBHBvc2l4lC4=", "b": "xgASVnothing"}"#;
        let found = pickles(text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 7);
        assert!(
            found[0]
                .1
                .starts_with(b"\x80\x04\x95\x08\0\0\0\0\0\0\0\x8c\x04posix")
        );
        assert_eq!(found[0].1.last(), Some(&b'.'));
    }
}
