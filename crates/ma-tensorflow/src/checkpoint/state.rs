//! The `checkpoint` file: a text of lines `model_checkpoint_path: "…"` and
//! `all_model_checkpoint_paths: "…"` (the text form of `CheckpointState`).

use std::ops::Range;

/// Bytes of the file that are read.
pub const MAX_STATE: usize = 1 << 20;

/// A path that the file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatePath {
    /// Which field.
    pub field: &'static str,
    /// The path.
    pub path: String,
    /// Where it stands, with its quotes.
    pub range: Range<u64>,
}

const FIELDS: [&str; 2] = ["model_checkpoint_path", "all_model_checkpoint_paths"];

/// Whether a text begins as such a file does.
#[must_use]
pub fn begins(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    FIELDS.iter().any(|field| {
        head.strip_prefix(field.as_bytes())
            .is_some_and(|rest| rest.trim_ascii_start().starts_with(b":"))
    })
}

/// All paths in the text.
#[must_use]
pub fn paths(text: &[u8]) -> Vec<StatePath> {
    let mut found = Vec::new();
    let mut at = 0usize;
    for line in text.split_inclusive(|b| *b == b'\n') {
        let start = at;
        at = at.saturating_add(line.len());
        let trimmed = line.trim_ascii_start();
        let Some(field) = FIELDS
            .iter()
            .find(|field| trimmed.starts_with(field.as_bytes()))
        else {
            continue;
        };
        let Some(open) = line.iter().position(|b| matches!(b, b'"' | b'\'')) else {
            continue;
        };
        let quote = line.get(open).copied().unwrap_or_default();
        let rest = line.get(open.saturating_add(1)..).unwrap_or_default();
        let (text, len) = unquote(rest, quote);
        let from = start.saturating_add(open);
        let to = from.saturating_add(len).saturating_add(2);
        found.push(StatePath {
            field,
            path: text,
            range: from as u64..to as u64,
        });
    }
    found
}

/// The text up to the closing quote, and how many bytes it took.
fn unquote(bytes: &[u8], quote: u8) -> (String, usize) {
    let mut out = Vec::new();
    let mut used = 0usize;
    let mut bytes = bytes.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte == quote {
            break;
        }
        used = used.saturating_add(1);
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        used = used.saturating_add(1);
        match bytes.next() {
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit.wrapping_sub(b'0'));
                for _ in 0..2 {
                    let next = bytes.clone().next().filter(|d| matches!(d, b'0'..=b'7'));
                    let Some(digit) = next else { break };
                    bytes.next();
                    used = used.saturating_add(1);
                    let digit = u32::from(digit.wrapping_sub(b'0'));
                    value = value.wrapping_mul(8).wrapping_add(digit);
                }
                out.push(value.to_le_bytes()[0]);
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    (String::from_utf8_lossy(&out).into_owned(), used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let text = b"model_checkpoint_path: \"m-1\"\nall_model_checkpoint_paths: '\\056./x'\n";
        assert!(begins(text));
        let found = paths(text);
        assert_eq!(found[0].path, "m-1");
        assert_eq!(found[0].range, 23..28);
        assert_eq!(found[1].path, "../x");
        assert!(!begins(b"model: x"));
    }
}
