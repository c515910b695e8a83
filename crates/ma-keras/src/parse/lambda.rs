//! Functions as bytecode: `marshal.dumps(code)` in base64, as `func_dump` of Keras writes it.
//!
//! ```text
//! Keras 3, 2.12+   {"class_name": "__lambda__", "config": {"code": …, "defaults": …, "closure": …}}
//! Keras 2.12–3.0   {"class_name": "__lambda__", "config": {"value": […]}}
//! Keras 2          "function": [code, defaults, closure], "function_type": "lambda"
//! Keras 1          "function": code, "function_type": "lambda"
//! ```
//!
//! `func_load` decodes base64 leniently and falls back to the text itself (`raw_unicode_escape`, from
//! Keras 1). Windows versions wrote `/` for each backslash byte, which breaks the stream: such code is
//! judged by the words in it, as is everything that can't be followed.

use ma_python::marshal::{CodeSummary, MarshalLimits, judge, parse, summarise};

use super::base64;
use crate::model::{Code, CodeForm, Place};

/// Bytes of one function that are looked at.
pub(crate) const MAX_CODE: usize = 8 << 20;
/// Names, calls and texts that are kept.
const LISTED: usize = 64;

/// Looks at the text of a function.
pub(crate) fn look(text: &str, form: CodeForm, place: Place) -> Code {
    let decoded = base64::decode(text.get(..MAX_CODE).unwrap_or(text));
    let mut code = of_bytes(&decoded.bytes, form, place.clone());
    if !code.understood {
        // What `func_load` falls back to.
        let raw: Vec<u8> = text
            .chars()
            .take(MAX_CODE)
            .filter_map(|c| u8::try_from(u32::from(c)).ok())
            .collect();
        let other = of_bytes(&raw, form, place);
        if other.understood || (code.findings.is_empty() && !other.findings.is_empty()) {
            code = other;
        }
    }
    code.understood &= text.len() <= MAX_CODE;
    code
}

/// Whether a text elsewhere is marshalled code: it begins as base64 of a code object and reads to its
/// end as one.
pub(crate) fn sniff(text: &str, place: impl FnOnce() -> Place) -> Option<Code> {
    // `4w` and `Yw` begin the base64 of the two type bytes of code objects.
    let start = text.trim_start();
    if text.len() < 64 || !(start.starts_with("4w") || start.starts_with("Yw")) {
        return None;
    }
    let decoded = base64::decode(text.get(..MAX_CODE).unwrap_or(text));
    let parsed = parse(&decoded.bytes, &MarshalLimits::default());
    let found = parsed.is_clean() && parsed.code_objects().next().is_some();
    found.then(|| of_bytes(&decoded.bytes, CodeForm::Text, place()))
}

fn of_bytes(bytes: &[u8], form: CodeForm, place: Place) -> Code {
    let parsed = parse(bytes, &MarshalLimits::default());
    let has_code = parsed.code_objects().next().is_some();
    let mut summary = summarise(&parsed, None);
    let understood = parsed.is_clean() && has_code && summary.followed;
    if !understood {
        for word in words(bytes) {
            if !summary.names.contains(&word) {
                summary.names.push(word);
            }
        }
        summary.followed = false;
    }
    let findings = judge(&summary);
    let short = |text: &String| ma_core::text::shorten(text, 200).into_owned();
    Code {
        place,
        form,
        findings,
        python: summary.version.map(|version| version.to_string()),
        functions: summary.functions.iter().take(LISTED).map(short).collect(),
        names: if has_code {
            summary.names.iter().take(LISTED).map(short).collect()
        } else {
            Vec::new()
        },
        calls: calls(&summary),
        strings: strings(&summary),
        understood,
        repeats: 0,
    }
}

fn calls(summary: &CodeSummary) -> Vec<String> {
    let calls = summary.calls.iter().take(LISTED);
    calls
        .map(|call| ma_core::text::shorten(&call.to_string(), 400).into_owned())
        .collect()
}

/// Texts that say something: not the empty ones, and no names of files and functions.
fn strings(summary: &CodeSummary) -> Vec<String> {
    let telling = |text: &&String| {
        text.len() > 2
            && !summary.names.contains(text)
            && !summary.functions.contains(text)
            && !text.ends_with(".py")
            && !text.starts_with('<')
    };
    let texts = summary.strings.iter().filter(telling).take(LISTED);
    texts
        .map(|text| ma_core::text::shorten(text, 200).into_owned())
        .collect()
}

/// Identifiers in bytes that can't be followed.
fn words(bytes: &[u8]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    for run in bytes.split(|b| !is_word(b)) {
        // The byte before a name is its length, which may look like a letter of it.
        for word in [Some(run), run.get(1..)].into_iter().flatten() {
            let fits = (2..64).contains(&word.len()) && !word.iter().all(u8::is_ascii_digit);
            if let Some(word) = std::str::from_utf8(word).ok().filter(|_| fits)
                && words.len() < 512
                && !words.iter().any(|known| known == word)
            {
                words.push(word.to_owned());
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            route: String::new(),
            layer: None,
            range: 0..0,
        }
    }

    fn file(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../ma-python/testdata/marshal");
        std::fs::read(format!("{folder}/{name}")).unwrap()
    }

    fn encode(bytes: &[u8]) -> String {
        crate::fuzz::base64(bytes)
    }

    #[test]
    fn bytecode_of_all_versions_is_read() {
        for version in ["2.7", "3.6", "3.8", "3.10", "3.11", "3.12", "3.13", "3.14"] {
            let evil = look(
                &encode(&file(&format!("lambda-evil-{version}.bin"))),
                CodeForm::Lambda,
                place(),
            );
            assert!(evil.understood && !evil.findings.is_empty(), "{version}");
            let good = look(
                &encode(&file(&format!("lambda-{version}.bin"))),
                CodeForm::Lambda,
                place(),
            );
            assert!(good.understood && good.findings.is_empty(), "{version}");
        }
    }

    #[test]
    fn broken_and_raw_code_is_judged_by_its_words() {
        let evil = file("lambda-evil-3.11.bin");
        let cut = look(&encode(&evil[..evil.len() - 9]), CodeForm::Legacy, place());
        assert!(!cut.understood && !cut.findings.is_empty());
        let raw: String = evil.iter().map(|b| char::from(*b)).collect();
        let raw = look(&raw, CodeForm::Legacy, place());
        assert!(raw.understood && !raw.findings.is_empty());
        assert!(!look("not code at all", CodeForm::Legacy, place()).understood);
    }

    #[test]
    fn code_in_other_texts_is_found() {
        let text = encode(&file("lambda-3.12.bin"));
        assert!(sniff(&text, place).is_some());
        assert!(sniff(&"4w".repeat(50), place).is_none());
        assert!(sniff("a plain description of the model", place).is_none());
    }
}
