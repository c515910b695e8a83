//! Descriptions of models in YAML, as Keras before 2.6 wrote and read them: the tags in them, line by
//! line, and texts that are bytecode.
//!
//! The loader of those versions builds a model from its classes alone, without importing any module:
//! what runs code are tags and bytecode.

use std::ops::Range;

/// A tag that makes a loader build something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The tag.
    pub text: String,
    /// The line, from 1.
    pub line: u64,
    /// Its bytes.
    pub range: Range<u64>,
    /// The line that it is in, cut.
    pub source: String,
}

/// Bytes of a tag that are looked at.
const MAX_TAG: usize = 512;
/// Tags that are kept.
const MAX_TAGS: usize = 1000;

/// Whether `head` is the beginning of such a description.
#[must_use]
pub fn is_model(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let key = |key: &str| {
        text.lines()
            .any(|l| l.trim_start().trim_start_matches("- ").starts_with(key))
    };
    !text.trim_start().starts_with('{')
        && key("class_name:")
        && (key("config:") || key("keras_version:") || key("backend:"))
}

/// All such tags in `text`. Quotes are not followed: what opens and closes them differs between
/// readers, and no description of a model has such a tag in a text.
#[must_use]
pub fn tags(text: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut at = 0u64;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        for range in in_line(line) {
            if tags.len() >= MAX_TAGS {
                return tags;
            }
            let tag = line.get(range.clone()).unwrap_or_default();
            let start = at.saturating_add(range.start as u64);
            tags.push(Tag {
                text: tag.to_owned(),
                line: (number as u64).saturating_add(1),
                range: start..start.saturating_add(tag.len() as u64),
                source: ma_core::text::shorten(line.trim(), 200).into_owned(),
            });
        }
        at = at.saturating_add(line.len() as u64);
    }
    tags
}

/// The tags of one line that build something.
fn in_line(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if line.starts_with("%TAG") && mentions_python(line) {
        found.push(0..line.trim_end().len());
        return found;
    }
    if line.trim_start().starts_with('#') {
        return found;
    }
    let mut from = 0usize;
    while let Some(offset) = line.get(from..).and_then(|rest| rest.find('!')) {
        let at = from.saturating_add(offset);
        let before = line.get(..at).and_then(|b| b.chars().next_back());
        // A tag that matters is short; a line of nothing but `!` must not cost its square.
        let mut stop = at.saturating_add(MAX_TAG).min(line.len());
        while !line.is_char_boundary(stop) {
            stop = stop.saturating_sub(1);
        }
        let rest = line.get(at..stop).unwrap_or_default();
        // A tag written out in full may hold commas.
        let full = rest.starts_with("!<");
        let ends = |c: char| !full && matches!(c, ',' | '[' | ']' | '{' | '}');
        let end = rest
            .find(|c: char| c.is_whitespace() || ends(c))
            .unwrap_or(rest.len());
        let tag = rest.get(..end).unwrap_or_default();
        let opens = before.is_none_or(|c| !c.is_alphanumeric() && c != '!');
        if opens && builds(tag) {
            found.push(at..at.saturating_add(tag.len()));
            from = at.saturating_add(tag.len().max(1));
        } else {
            from = at.saturating_add(1);
        }
    }
    found
}

/// Texts that may be base64 of bytecode: what begins like it, with the line breaks of YAML taken out.
/// With the place of each.
#[must_use]
pub fn codes(text: &str) -> Vec<(Range<u64>, String)> {
    let mut found = Vec::new();
    let mut from = 0usize;
    while let Some(at) = text.get(from..).and_then(find_code) {
        let at = from.saturating_add(at);
        let rest = text.get(at..).unwrap_or_default();
        let end = rest.find(['"', '\'', ']', ',']).unwrap_or(rest.len());
        let code = rest.get(..end).unwrap_or_default();
        let place = at as u64..(at as u64).saturating_add(code.len() as u64);
        found.push((place, code.replace("\\n", "").replace('\\', "")));
        from = at.saturating_add(end.max(2));
        if found.len() >= MAX_TAGS {
            break;
        }
    }
    found
}

/// `4w` and `Yw` begin the base64 of code objects.
fn find_code(text: &str) -> Option<usize> {
    let mut from = 0usize;
    loop {
        let rest = text.get(from..)?;
        let at = from.saturating_add(rest.find(['4', 'Y'])?);
        let bytes = text.as_bytes();
        let word = at.checked_sub(1).and_then(|i| bytes.get(i));
        let starts = word.is_none_or(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'+' | b'/'));
        if starts && bytes.get(at.saturating_add(1)) == Some(&b'w') {
            return Some(at);
        }
        from = at.saturating_add(1);
    }
}

fn mentions_python(text: &str) -> bool {
    text.contains("python") || text.contains("tag:yaml.org,2002:")
}

/// `!!python/…`, `!<tag:yaml.org,2002:python/…>`, and names that a directive gave to them.
fn builds(tag: &str) -> bool {
    let name = tag
        .trim_start_matches("!<")
        .trim_start_matches("tag:yaml.org,2002:")
        .trim_start_matches('!');
    name.starts_with("python/") && !is_plain(name)
}

/// Tags of Python's loader that stand for plain values.
fn is_plain(name: &str) -> bool {
    let plain = [
        "tuple", "str", "unicode", "int", "long", "float", "complex", "bool", "none", "list",
        "dict", "bytes",
    ];
    name.strip_prefix("python/")
        .is_some_and(|rest| plain.contains(&rest.trim_end_matches('>')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_cost_their_length() {
        let start = std::time::Instant::now();
        assert!(tags(&"!ü".repeat(1 << 20)).is_empty());
        assert!(codes(&"4w ".repeat(1 << 20)).len() <= MAX_TAGS);
        assert!(start.elapsed().as_secs() < 20);
    }

    #[test]
    fn tags_that_build() {
        for line in [
            "- !!python/object/apply:os.system ['echo pwned']",
            "a: !<tag:yaml.org,2002:python/name:os.system> x",
            "{a: !!python/object/new:os.system }",
            "%TAG !p! tag:yaml.org,2002:python/",
            "a: !!python/module:os",
        ] {
            assert_eq!(tags(line).len(), 1, "{line}");
        }
        for line in [
            "a: !!python/tuple [1, 2]",
            "# !!python/object/apply:os.system",
            "a: !!str x",
            "a: hello!!python/x",
        ] {
            assert!(tags(line).is_empty(), "{line}");
        }
        let text = "backend: x\nclass_name: Model\nconfig: !!python/object/apply:os.system [x]\n";
        let tag = &tags(text)[0];
        assert_eq!(tag.line, 3);
        assert!(text[tag.range.start as usize..].starts_with("!!python/object/apply:os.system"));
        assert!(is_model(text.as_bytes()) && !is_model(b"name: x\n"));
    }
}
