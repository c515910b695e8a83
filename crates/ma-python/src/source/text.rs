//! From bytes to text: byte order mark, coding cookie, bytes that are no UTF-8.
//!
//! Python reads a source as UTF-8 unless a comment in its first two lines names another encoding (PEP 263). Encodings
//! that keep ASCII as it is are read as Latin-1, so that positions hold up to the first foreign character; encodings
//! that do not (`rot13`, `utf-7`, `unicode_escape`) can hide code from any reader and are reported.

use super::model::UnparsedReason;

/// A source as text.
pub(super) struct Decoded {
    pub(super) text: String,
    /// Bytes before the text: a byte order mark.
    pub(super) skipped: usize,
    pub(super) problem: Option<(UnparsedReason, String)>,
}

/// Encodings under which ASCII bytes mean themselves.
const PLAIN: &[&str] = &[
    "utf8",
    "utf8sig",
    "ascii",
    "usascii",
    "latin1",
    "iso88591",
    "iso885915",
    "cp1252",
    "cp1251",
    "cp1250",
    "windows1252",
    "koi8r",
    "gbk",
    "gb2312",
    "gb18030",
    "big5",
    "eucjp",
    "euckr",
    "cp949",
    "cp936",
    "shiftjis",
    "macroman",
    "cp437",
    "cp850",
    "iso88592",
    "utf8unix",
];

pub(super) fn decode(bytes: &[u8]) -> Decoded {
    let skipped = if bytes.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    };
    let body = bytes.get(skipped..).unwrap_or_default();
    let cookie = cookie(body);
    let mut problem = match &cookie {
        Some(name) if !PLAIN.contains(&normal(name).as_str()) => {
            Some((UnparsedReason::Encoding, name.clone()))
        }
        _ => None,
    };
    let text = match std::str::from_utf8(body) {
        Ok(text) => text.to_owned(),
        Err(_) if looks_utf16(body) => {
            problem = Some((UnparsedReason::Encoding, "UTF-16".into()));
            utf16(body)
        }
        // Every byte becomes one character: code stays readable, foreign letters do not.
        Err(_) => body
            .iter()
            .map(|&byte| {
                if byte < 0x80 {
                    char::from(byte)
                } else {
                    '\u{fffd}'
                }
            })
            .collect(),
    };
    Decoded {
        text,
        skipped,
        problem,
    }
}

fn normal(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// The encoding named in a comment of the first two lines.
fn cookie(bytes: &[u8]) -> Option<String> {
    for line in bytes.split(|&byte| byte == b'\n').take(2) {
        let line = String::from_utf8_lossy(line.get(..line.len().min(256))?).into_owned();
        let Some(comment) = line.trim_start().strip_prefix('#') else {
            if line.trim().is_empty() {
                continue;
            } else {
                return None;
            };
        };
        if let Some((_, rest)) = comment.split_once("coding")
            && let Some(name) = rest.strip_prefix([':', '='])
        {
            let name: String = name
                .trim_start()
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
                .collect();
            return (!name.is_empty()).then_some(name);
        }
    }
    None
}

fn looks_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
}

fn utf16(bytes: &[u8]) -> String {
    let big = bytes.starts_with(b"\xfe\xff");
    let (units, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units
        .iter()
        .map(|unit| {
            if big {
                u16::from_be_bytes(*unit)
            } else {
                u16::from_le_bytes(*unit)
            }
        })
        .collect();
    String::from_utf16_lossy(&units)
        .trim_start_matches('\u{feff}')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies() {
        assert!(decode(b"# -*- coding: utf-8 -*-\nx").problem.is_none());
        assert!(
            decode(b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n")
                .problem
                .is_none()
        );
        assert_eq!(
            decode(b"# coding: rot13\nvzcbeg bf")
                .problem
                .map(|(_, name)| name)
                .as_deref(),
            Some("rot13")
        );
        assert!(decode(b"import os\n# coding: rot13\n").problem.is_none());
        assert_eq!(decode(b"\xef\xbb\xbfx = 1").skipped, 3);
        assert_eq!(decode(b"x = '\xe9'").text, "x = '\u{fffd}'");
    }
}
