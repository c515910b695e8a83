//! From text to tags and tokens, as Jinja2's lexer does it with the delimiters that everybody uses.
//!
//! ```text
//! text {{ print }} text {% tag %} text {# comment #} text {% raw %} text {% endraw %} text
//! ```
//!
//! Specification: <https://jinja.palletsprojects.com/en/stable/templates/> and `lexer.py` of Jinja2
//! 3.1. A tag ends at its closing delimiter outside of strings and brackets. Line statements do not
//! exist with the settings of model loaders. An anomaly is a tag without an end (the rest of the
//! template is then its content) and a character that no token begins with. Linear in time.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or a word of the language.
    Name,
    /// A string with its quotes.
    Str,
    /// A whole number.
    Int,
    /// Another number.
    Float,
    /// An operator or a bracket.
    Op(&'static str),
    /// A character that begins no token.
    Other,
}

/// A token with its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

/// A piece of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text that is written as it is.
    Text(Range<u32>),
    /// `{{ … }}` (`true`) or `{% … %}` (`false`), with its tokens and whether it has an end.
    Tag(bool, Range<u32>, Vec<Token>, bool),
    /// `{# … #}`, and whether it has an end.
    Comment(Range<u32>, bool),
}

/// Longest first.
const OPERATORS: &[&str] = &[
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

/// All pieces of a template.
#[must_use]
pub fn pieces(source: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut at = 0usize;
    let bytes = source.as_bytes();
    while at < bytes.len() {
        let Some(open) = next_open(source, at) else {
            push_text(&mut out, at, bytes.len());
            break;
        };
        push_text(&mut out, at, open);
        let inside = open.saturating_add(2);
        at = match bytes.get(open.saturating_add(1)) {
            Some(b'#') => {
                let end = find(source, inside, "#}");
                let stop = end.map_or(bytes.len(), |e| e.saturating_add(2));
                out.push(Piece::Comment(span(open, stop), end.is_some()));
                stop
            }
            Some(b'%') => match raw_block(source, open) {
                Some((text, stop)) => {
                    push_text(&mut out, text.start, text.end);
                    stop
                }
                None => push_tag(&mut out, source, open, false),
            },
            _ => push_tag(&mut out, source, open, true),
        };
    }
    out
}

fn push_text(out: &mut Vec<Piece>, start: usize, end: usize) {
    if start < end {
        out.push(Piece::Text(span(start, end)));
    }
}

fn push_tag(out: &mut Vec<Piece>, source: &str, open: usize, print: bool) -> usize {
    let (tokens, stop, closed) = tokens(source, open.saturating_add(2), print);
    out.push(Piece::Tag(print, span(open, stop), tokens, closed));
    stop
}

/// A range in the numbers of the tree. Templates are capped far below 4 GiB.
fn span(start: usize, end: usize) -> Range<u32> {
    let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    clamp(start)..clamp(end)
}

fn find(source: &str, from: usize, what: &str) -> Option<usize> {
    let rest = source.as_bytes().get(from..)?;
    let at = memchr::memmem::find(rest, what.as_bytes())?;
    Some(from.saturating_add(at))
}

fn next_open(source: &str, mut at: usize) -> Option<usize> {
    let bytes = source.as_bytes();
    loop {
        let brace = at.saturating_add(memchr::memchr(b'{', bytes.get(at..)?)?);
        let after = brace.saturating_add(1);
        if matches!(bytes.get(after), Some(b'{' | b'%' | b'#')) {
            return Some(brace);
        }
        at = after;
    }
}

/// The content of `{% raw %}…{% endraw %}` and where the whole ends, when such a block begins here.
fn raw_block(source: &str, open: usize) -> Option<(Range<usize>, usize)> {
    let (start, _) = word_tag(source, open, "raw")?;
    let mut at = start;
    while let Some(next) = find(source, at, "{%") {
        if let Some((stop, _)) = word_tag(source, next, "endraw") {
            return Some((start..next, stop));
        }
        at = next.saturating_add(2);
    }
    // Without an end no engine takes it for raw text; it is then a tag that is not known.
    None
}

/// Where a tag that is only `word` ends, when it begins at `open`.
fn word_tag(source: &str, open: usize, word: &str) -> Option<(usize, ())> {
    let rest = source.get(open.saturating_add(2)..)?;
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).trim_start();
    let rest = rest.strip_prefix(word)?.trim_start();
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    let rest = rest.strip_prefix("%}")?;
    Some((source.len().saturating_sub(rest.len()), ()))
}

/// The tokens of a tag from `at` on, where the tag ends, and whether it has an end.
fn tokens(source: &str, mut at: usize, print: bool) -> (Vec<Token>, usize, bool) {
    let close = if print { "}}" } else { "%}" };
    let mut out = Vec::new();
    let mut depth = 0usize;
    if source.get(at..).is_some_and(|r| r.starts_with(['-', '+'])) {
        at = at.saturating_add(1);
    }
    while let Some(rest) = source.get(at..).filter(|r| !r.is_empty()) {
        let Some(c) = rest.chars().next() else { break };
        if c.is_whitespace() {
            at = at.saturating_add(c.len_utf8());
            continue;
        }
        if depth == 0 {
            let bare = rest.strip_prefix(['-', '+']).unwrap_or(rest);
            if let Some(rest) = bare.strip_prefix(close) {
                return (out, source.len().saturating_sub(rest.len()), true);
            }
        }
        let (kind, length) = token(rest, c);
        match kind {
            TokenKind::Op("(" | "[" | "{") => depth = depth.saturating_add(1),
            TokenKind::Op(")" | "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        let end = at.saturating_add(length);
        let range = span(at, end);
        out.push(Token {
            kind,
            start: range.start,
            end: range.end,
        });
        at = end;
    }
    (out, source.len(), false)
}

/// The token at the beginning of `rest` and its length in bytes.
fn token(rest: &str, first: char) -> (TokenKind, usize) {
    let take = |ok: fn(char) -> bool| rest.find(|c: char| !ok(c)).unwrap_or(rest.len());
    if first.is_alphabetic() || first == '_' {
        return (TokenKind::Name, take(|c| c.is_alphanumeric() || c == '_'));
    }
    if first.is_ascii_digit() {
        return number(rest);
    }
    if first == '"' || first == '\'' {
        if let Some(length) = string(rest, first) {
            return (TokenKind::Str, length);
        }
        return (TokenKind::Other, 1);
    }
    let operator = OPERATORS.iter().find(|op| rest.starts_with(**op));
    match operator {
        Some(op) => (TokenKind::Op(op), op.len()),
        // Unicode letters that only continue names are taken as names, so that they are looked at.
        None if first.is_alphanumeric() => {
            (TokenKind::Name, take(|c| c.is_alphanumeric() || c == '_'))
        }
        None => (TokenKind::Other, first.len_utf8()),
    }
}

fn number(rest: &str) -> (TokenKind, usize) {
    let digits =
        |s: &str, ok: fn(char) -> bool| s.find(|c: char| !(ok(c) || c == '_')).unwrap_or(s.len());
    for (prefix, ok) in [
        ("0x", (|c: char| c.is_ascii_hexdigit()) as fn(char) -> bool),
        ("0o", |c| matches!(c, '0'..='7')),
        ("0b", |c| matches!(c, '0' | '1')),
    ] {
        let head = rest.get(..2).unwrap_or_default().to_ascii_lowercase();
        if head == prefix {
            let length = digits(rest.get(2..).unwrap_or_default(), ok);
            return (TokenKind::Int, length.saturating_add(2));
        }
    }
    let decimal = |c: char| c.is_ascii_digit();
    let mut length = digits(rest, decimal);
    let mut kind = TokenKind::Int;
    let tail = |n: usize| rest.get(n..).unwrap_or_default();
    if let Some(fraction) = tail(length).strip_prefix('.')
        && fraction.starts_with(|c: char| c.is_ascii_digit())
    {
        length = length
            .saturating_add(digits(fraction, decimal))
            .saturating_add(1);
        kind = TokenKind::Float;
    }
    if let Some(exponent) = tail(length).strip_prefix(['e', 'E']) {
        let digits_at = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits_at.starts_with(|c: char| c.is_ascii_digit()) {
            let sign = exponent.len().saturating_sub(digits_at.len());
            let count = digits(digits_at, decimal).saturating_add(sign);
            length = length.saturating_add(count).saturating_add(1);
            kind = TokenKind::Float;
        }
    }
    (kind, length)
}

/// The length of a string with its quotes, when it has an end.
fn string(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at.saturating_add(1)),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<TokenKind> {
        match pieces(source).into_iter().next() {
            Some(Piece::Tag(_, _, tokens, _)) => tokens.iter().map(|t| t.kind).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn braces_in_a_print_do_not_end_it() {
        let found = pieces("a{{- {'x': {'y': '}}'}} -}}b{# c #}{% raw %}{{ d }}{% endraw %}");
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(matches!(
            found[1],
            Piece::Tag(true, Range { start: 1, end: 27 }, _, true)
        ));
        assert!(matches!(found[3], Piece::Comment(_, true)));
        assert_eq!(found[4], Piece::Text(44..51));
    }

    #[test]
    fn numbers_strings_and_operators() {
        use TokenKind::{Float, Int, Name, Op, Str};
        assert_eq!(kinds("{{ 1.5e3 }}"), [Float]);
        assert_eq!(kinds("{{ 1_000 // 0x1F }}"), [Int, Op("//"), Int]);
        assert_eq!(kinds("{{ 1.real }}"), [Int, Op("."), Name]);
        assert_eq!(kinds(r#"{{ 'a\'b' ~ "c" }}"#), [Str, Op("~"), Str]);
        assert_eq!(kinds("{{ x[::-1] }}").len(), 7);
    }

    #[test]
    fn what_has_no_end_is_said() {
        assert!(matches!(pieces("{{ x")[0], Piece::Tag(true, _, _, false)));
        assert!(matches!(pieces("{# x")[0], Piece::Comment(_, false)));
        assert_eq!(kinds("{{ 'x }}").first(), Some(&TokenKind::Other));
    }
}
