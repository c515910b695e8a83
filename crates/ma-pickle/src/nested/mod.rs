//! Pickles inside values: plain, encoded or compressed.
//!
//! A literal is looked at by its first bytes; only what begins like a pickle, like base64 or
//! hexadecimal of one, or like a compressed stream is followed. A nested pickle is then run like any
//! other, and counts only when it does something dangerous: text such as `os.system` or `eval(` in a
//! vocabulary is no event and stays silent.

use std::hash::{DefaultHasher, Hasher};
use std::ops::Range;

use ma_core::{Blob, Budget, Evidence, Severity};

use crate::fold::codec;
use crate::fold::inflate::{Packing, inflate};
use crate::judge::{Findings, Reading};
use crate::rules::DANGEROUS_IMPORT;
use crate::streams::plausible::{self, Start};
use crate::streams::resync::{Next, Search};
use crate::streams::run::run;

/// Bytes that identify a payload.
pub(crate) const FINGERPRINT: usize = 256;
/// Encodings around one another that are undone.
const MAX_LAYERS: usize = 8;
/// Bytes that are decoded from one value.
const MAX_DECODED: usize = 16 << 20;
/// Base64 and hexadecimal text shorter than this holds no payload.
const MIN_ENCODED: usize = 24;
/// Characters that are decoded to see whether the rest is worth it.
const SAMPLE: usize = 64;

/// A dangerous pickle inside a value.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// How it was wrapped: ` in base64`, or nothing.
    pub(crate) how: String,
    /// What its worst event is.
    pub(crate) message: String,
    /// The proof.
    pub(crate) evidence: Vec<Evidence>,
    /// The rule that the event falls under.
    pub(crate) rule: &'static str,
    /// The bytes of the value in the file.
    pub(crate) range: Range<u64>,
    /// Identifies the payload.
    pub(crate) fingerprint: u64,
    /// A function that the value went to.
    pub(crate) handed_to: Option<String>,
}

/// Identifies a payload by its beginning and length.
pub(crate) fn fingerprint(head: &[u8], len: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(head);
    hasher.write_u64(len);
    hasher.finish()
}

/// Whether bytes begin like a pickle.
pub(crate) fn looks_like_pickle(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    plausible::start(head, head.len() == bytes.len()) == Start::Sure
}

/// Bytes below this are no program worth a look.
const MIN_PROGRAM: u64 = 64;

/// What a value is that begins as programs, scripts and archives do. Two or four bytes that chance makes
/// of numbers are not enough.
pub(crate) fn program(head: &[u8], len: u64) -> Option<&'static str> {
    if len < MIN_PROGRAM {
        return None;
    }
    match head {
        [0x7f, b'E', b'L', b'F', 1 | 2, 1 | 2, 1, ..] => Some("elf"),
        [b'M', b'Z', ..] => {
            let at = head.get(0x3c..0x40)?.try_into().ok()?;
            let at = usize::try_from(u32::from_le_bytes(at)).ok()?;
            let magic = head.get(at..at.checked_add(4)?)?;
            (magic == b"PE\0\0").then_some("exe")
        }
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => Some("macho"),
        [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 1..=20, ..] => Some("macho"),
        [b'P', b'K', 3, 4, ..] => Some("zip"),
        [b'#', b'!', b'/', ..] | [b'#', b'!', b' ', b'/', ..] => Some("script"),
        _ => None,
    }
}

/// Looks for pickles in bytes that lie in the file.
pub(crate) fn hunt_blob(blob: &Blob, budget: &Budget, nesting: u8) -> Vec<Found> {
    let Ok(head) = blob.head(4096) else {
        return Vec::new();
    };
    if plausible::start(&head, head.len() as u64 == blob.len()) == Start::Sure {
        return from_run(blob, budget, nesting, "").into_iter().collect();
    }
    if blob.len() <= MAX_DECODED as u64 && decode(&head, SAMPLE).is_some() {
        let Ok(bytes) = blob.read(0..blob.len(), budget) else {
            return Vec::new();
        };
        let found = undo(&bytes, budget, nesting);
        if !found.is_empty() {
            return found;
        }
    }
    search(blob, budget, nesting)
}

/// Looks for pickles in bytes at hand.
pub(crate) fn hunt_bytes(bytes: &[u8], budget: &Budget, nesting: u8) -> Vec<Found> {
    if looks_like_pickle(bytes) {
        let blob = Blob::from_vec(bytes.to_vec());
        return from_run(&blob, budget, nesting, "").into_iter().collect();
    }
    let found = undo(bytes, budget, nesting);
    if !found.is_empty() || !has_beginning(bytes) {
        return found;
    }
    search(&Blob::from_vec(bytes.to_vec()), budget, nesting)
}

/// Whether any byte of it can begin a stream that the search would follow.
fn has_beginning(bytes: &[u8]) -> bool {
    memchr::memchr2(0x80, 0x93, bytes).is_some() || memchr::memchr(b'\n', bytes).is_some()
}

/// Undoes encodings until a pickle shows.
fn undo(bytes: &[u8], budget: &Budget, nesting: u8) -> Vec<Found> {
    let mut how = String::new();
    let mut bytes = bytes.to_vec();
    for _ in 0..MAX_LAYERS {
        let Some((name, decoded)) = decode(&bytes, MAX_DECODED) else {
            return Vec::new();
        };
        if budget.charge_expanded(decoded.len() as u64).is_err() {
            return Vec::new();
        }
        how = if how.is_empty() {
            format!(" in {name}")
        } else {
            format!("{how} in {name}")
        };
        if looks_like_pickle(&decoded) {
            let blob = Blob::from_vec(decoded);
            return from_run(&blob, budget, nesting, &how).into_iter().collect();
        }
        bytes = decoded;
    }
    Vec::new()
}

/// One layer of encoding, undone; at most about `limit` bytes are decoded.
fn decode(bytes: &[u8], limit: usize) -> Option<(&'static str, Vec<u8>)> {
    if let Some(packing) = Packing::sniff(bytes) {
        return Some((packing.name(), inflate(packing, bytes, limit)?));
    }
    let text = bytes.trim_ascii();
    if text.len() < MIN_ENCODED {
        return None;
    }
    let sample = text.get(..SAMPLE.min(text.len() & !3))?;
    let worth = |decoded: &[u8]| {
        Packing::sniff(decoded).is_some()
            || matches!(decoded, [0x80, 0..=5, ..])
            || plausible::start(decoded, false) == Start::Sure
            || is_encoded(decoded)
    };
    if sample.iter().all(u8::is_ascii_hexdigit) {
        let decoded = codec::hex(sample)?;
        if worth(&decoded) {
            let whole = text.get(..limit.saturating_mul(2).min(text.len()))?;
            return Some(("hexadecimal", codec::hex(whole)?));
        }
    }
    if is_encoded(sample) {
        let decoded = codec::base64(sample);
        if worth(&decoded) {
            let whole = text.get(..limit.saturating_mul(2).min(text.len()))?;
            return Some(("base64", codec::base64(whole)));
        }
    }
    for (name, undo) in RARE {
        let Some(decoded) = undo(sample) else {
            continue;
        };
        let header = matches!(
            decoded.as_slice(),
            [
                0x80,
                2..=5,
                b'c' | b'X' | b'}' | b']' | b'(' | 0x8c | 0x95,
                ..
            ]
        );
        if header
            || Packing::sniff(&decoded).is_some()
            || plausible::start(&decoded, false) == Start::Sure
        {
            let whole = text.get(..limit.saturating_mul(6).min(text.len()))?;
            return Some((name, undo(whole)?));
        }
    }
    None
}

type Undo = fn(&[u8]) -> Option<Vec<u8>>;

/// Encodings that are rarely met. What they give must begin like a pickle or an archive beyond doubt.
const RARE: &[(&str, Undo)] = &[
    ("base85", codec::b85),
    ("ASCII85", codec::a85),
    ("base32", |text| codec::base32(text, false)),
    ("spaced hexadecimal", |text| {
        let end = text.iter().rposition(u8::is_ascii_whitespace)?;
        codec::hex(text).or_else(|| codec::hex(text.get(..end)?))
    }),
    ("rot13", |text| {
        let text = std::str::from_utf8(text).ok()?;
        Some(codec::rot13(text).into_bytes())
    }),
    ("base64 in rot13", |text| {
        if !is_encoded(text) {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        Some(codec::base64(codec::rot13(text).as_bytes()))
    }),
    ("percent signs", |text| {
        text.contains(&b'%').then(|| codec::percent(text))
    }),
    ("quoted-printable", |text| {
        text.contains(&b'=').then(|| codec::quoted_printable(text))
    }),
    ("escapes", |text| {
        if !text.contains(&b'\\') {
            return None;
        }
        let text = codec::unicode_escape(text)?;
        text.chars().map(|c| u8::try_from(c).ok()).collect()
    }),
    ("UTF-16", |text| {
        if !text.contains(&0) {
            return None;
        }
        let text = text.strip_prefix(b"\xff\xfe").unwrap_or(text);
        let text = codec::utf16(text, false);
        let text = text.trim_end_matches('\u{fffd}');
        if is_encoded(text.as_bytes()) {
            return Some(codec::base64(text.as_bytes()));
        }
        Some(text.as_bytes().to_vec())
    }),
    ("a data address", |text| {
        let at = memchr::memmem::find(text, b";base64,")?;
        Some(codec::base64(text.get(at.checked_add(8)?..)?))
    }),
];

/// Only characters of base64.
fn is_encoded(sample: &[u8]) -> bool {
    sample.len() >= MIN_ENCODED
        && sample.iter().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=' | b'\n' | b'\r')
        })
}

fn reading(nesting: u8) -> Reading {
    Reading {
        joblib: true,
        nesting,
        structure_only: false,
    }
}

/// A pickle from its first byte on.
fn from_run(blob: &Blob, budget: &Budget, nesting: u8, how: &str) -> Option<Found> {
    let run = run(blob, 0, budget, reading(nesting)).ok()?;
    let mut found = run.found;
    let mut header = [0u8; 2];
    let marked = matches!(blob.read_at(0, &mut header), Ok(2)) && matches!(header, [0x80, 0..=5]);
    // A word of a vocabulary may spell an import; without a header only an act is believed.
    found.retain(|finding| {
        let import = finding.issue.rule.code == DANGEROUS_IMPORT.code;
        !finding.structural && (marked || !import)
    });
    let head = blob.head(FINGERPRINT).ok()?;
    of(&found, how, fingerprint(&head, blob.len()))
}

/// A pickle somewhere inside.
fn search(blob: &Blob, budget: &Budget, nesting: u8) -> Vec<Found> {
    let mut search = Search::new(blob, 0..blob.len(), budget, reading(nesting));
    let mut out = Vec::new();
    while out.len() < 16 {
        match search.next() {
            Ok(Next::Found(mut run)) if run.denied => {
                run.found
                    .retain(|f| f.issue.rule.code != DANGEROUS_IMPORT.code);
                let how = format!(" behind {} other bytes", run.start);
                let rest = blob.tail(run.start);
                let print = rest
                    .head(FINGERPRINT)
                    .map(|head| fingerprint(&head, rest.len()));
                out.extend(of(&run.found, &how, print.unwrap_or_default()));
            }
            Ok(Next::Found(_) | Next::Skipped(_)) => {}
            _ => break,
        }
    }
    out
}

fn of(found: &Findings, how: &str, fingerprint: u64) -> Option<Found> {
    let worst = found.first_worst()?;
    if worst.issue.severity < Severity::Critical {
        // A pickle in a pickle in a pickle is reported one level up.
        let nested = worst.issue.rule.code == crate::rules::NESTED_PAYLOAD.code;
        if !nested {
            return None;
        }
    }
    Some(Found {
        how: how.to_owned(),
        message: worst.issue.message.clone(),
        evidence: worst.issue.evidence.clone(),
        rule: worst.issue.rule.name,
        range: 0..0,
        fingerprint,
        handed_to: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &[u8] = b"cos\nsystem\n(S'echo pwned'\ntR.";

    fn hunt(bytes: &[u8]) -> Vec<String> {
        let found = hunt_bytes(bytes, &Budget::default(), 2);
        found
            .into_iter()
            .map(|f| format!("{}: {}", f.how, f.rule))
            .collect()
    }

    #[test]
    fn payloads_are_found_in_every_wrapping() {
        assert_eq!(hunt(PAYLOAD), [": pickle-dangerous-call"]);
        let hex: String = PAYLOAD.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            hunt(hex.as_bytes()),
            [" in hexadecimal: pickle-dangerous-call"]
        );
        let behind = [b"some text, then ".as_slice(), PAYLOAD].concat();
        assert_eq!(
            hunt(&behind),
            [" behind 16 other bytes: pickle-dangerous-call"]
        );
    }

    #[test]
    fn words_are_silent() {
        for text in [
            "os.system",
            "eval(",
            "import os; os.system('echo')",
            "malware backdoor",
            "c\nos\nsystem",
        ] {
            assert!(hunt(text.as_bytes()).is_empty(), "{text}");
        }
    }
}
