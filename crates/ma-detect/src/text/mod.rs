//! Plain text: files that no model loader opens, but that lie with models and may carry something.
//!
//! Recognised by content: UTF-8 without control characters, as far as the probe sees, and checked to
//! the end by the scan. What follows the text, and pickles written into it as base64, get a look of
//! their own. A first line `#!…` makes it a program.
//!
//! Cost: one pass over the file, in blocks.

mod base64;
mod rules;
mod scanner;

pub use rules::{RULES, SCRIPT_FILE};
pub use scanner::PlainText;

/// How many of the first bytes are text: all, or those before the first byte that is none. `last`
/// says that nothing follows; otherwise a character may be cut at the end.
#[must_use]
pub fn text_length(bytes: &[u8], last: bool) -> usize {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        // The start of a character whose rest is in the next block.
        Err(e) if e.error_len().is_none() && !last => e.valid_up_to(),
        Err(e) => e.valid_up_to(),
    };
    let control = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    let text = bytes.get(..valid).unwrap_or(bytes);
    text.iter().position(control).unwrap_or(valid)
}

/// Whether the first bytes of a file are text.
#[must_use]
pub fn is_text(head: &[u8], whole: bool) -> bool {
    // At most the three bytes of a cut character are missing.
    let enough = head.len().saturating_sub(if whole { 0 } else { 3 });
    !head.is_empty() && text_length(head, whole) >= enough
}

/// The interpreter that a first line `#!…` names.
#[must_use]
pub fn shebang(head: &[u8]) -> Option<&str> {
    let line = head.strip_prefix(b"#!")?.split(|b| *b == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?.trim();
    let path = line.split_whitespace().next()?;
    (path.starts_with('/') && line.len() < 128).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_no_text() {
        assert!(is_text("löwe\n\tx".as_bytes(), true));
        assert!(is_text(&"löwe".as_bytes()[..2], false), "a cut character");
        assert!(!is_text(&"löwe".as_bytes()[..2], true));
        assert!(!is_text(b"a\0b", true));
        assert!(!is_text(b"", true));
        assert_eq!(text_length(b"abc\x80\x04", true), 3);
    }

    #[test]
    fn shebangs() {
        assert_eq!(shebang(b"#!/bin/sh\necho"), Some("/bin/sh"));
        assert_eq!(
            shebang(b"#!/usr/bin/env python3\r\n"),
            Some("/usr/bin/env python3")
        );
        assert_eq!(shebang(b"#!\x80\x81"), None);
        assert_eq!(shebang(b"#! a comment\n"), None);
    }
}
