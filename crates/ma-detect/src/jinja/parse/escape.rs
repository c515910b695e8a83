//! String literals as Python resolves them: Jinja2 hands them to the `unicode-escape` codec.

use crate::jinja::ast::WILD;

/// The text of a literal without its quotes.
#[must_use]
pub(crate) fn unescape(literal: &str) -> String {
    if !literal.contains('\\') {
        return literal.to_owned();
    }
    let mut out = String::with_capacity(literal.len());
    let mut rest = literal;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        let Some(c) = rest.chars().next() else {
            out.push('\\');
            return out;
        };
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            'n' => push(&mut out, '\n', rest),
            't' => push(&mut out, '\t', rest),
            'r' => push(&mut out, '\r', rest),
            'a' => push(&mut out, '\x07', rest),
            'b' => push(&mut out, '\x08', rest),
            'f' => push(&mut out, '\x0c', rest),
            'v' => push(&mut out, '\x0b', rest),
            '\\' | '\'' | '"' => push(&mut out, c, rest),
            '\n' => rest,
            'x' => code(&mut out, rest, 2, 16),
            'u' => code(&mut out, rest, 4, 16),
            'U' => code(&mut out, rest, 8, 16),
            'N' => named(&mut out, rest),
            '0'..='7' => {
                let digits = rest.chars().take(2).take_while(|c| c.is_digit(8)).count();
                let text: String = std::iter::once(c)
                    .chain(rest.chars().take(digits))
                    .collect();
                let value = u32::from_str_radix(&text, 8).unwrap_or(0);
                out.push(char::from_u32(value).unwrap_or(WILD));
                rest.get(digits..).unwrap_or_default()
            }
            other => {
                out.push('\\');
                push(&mut out, other, rest)
            }
        };
    }
    out.push_str(rest);
    out
}

fn push<'a>(out: &mut String, c: char, rest: &'a str) -> &'a str {
    out.push(c);
    rest
}

/// A character by its number. Python refuses what is none; another engine may not.
fn code<'a>(out: &mut String, rest: &'a str, width: usize, radix: u32) -> &'a str {
    let digits = rest
        .chars()
        .take(width)
        .take_while(|c| c.is_digit(radix))
        .count();
    let value = u32::from_str_radix(rest.get(..digits).unwrap_or_default(), radix).ok();
    out.push(value.and_then(char::from_u32).unwrap_or(WILD));
    rest.get(digits..).unwrap_or_default()
}

/// `\N{LOW LINE}`: the names that dangerous words can be written with; any other is unknown.
fn named<'a>(out: &mut String, rest: &'a str) -> &'a str {
    let Some((name, after)) = rest.strip_prefix('{').and_then(|r| r.split_once('}')) else {
        out.push(WILD);
        return rest;
    };
    let upper = name.to_uppercase();
    let single = |letters: &str| {
        let mut chars = letters.chars();
        let first = chars.next();
        first.filter(|_| chars.next().is_none())
    };
    let found = match upper.as_str() {
        "LOW LINE" | "SPACING UNDERSCORE" => Some('_'),
        "FULL STOP" | "PERIOD" => Some('.'),
        "SPACE" => Some(' '),
        name => name
            .strip_prefix("LATIN SMALL LETTER ")
            .and_then(single)
            .map(|c| c.to_ascii_lowercase())
            .or_else(|| name.strip_prefix("LATIN CAPITAL LETTER ").and_then(single)),
    };
    out.push(found.unwrap_or(WILD));
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_as_python_does() {
        assert_eq!(unescape(r"\x5f\u005f\137\137"), "____");
        assert_eq!(
            unescape(r"\N{LOW LINE}\N{latin small letter c}l\'\n"),
            "_cl'\n"
        );
        assert_eq!(unescape(r"\U0000005f\q\\"), "_\\q\\");
        assert_eq!(unescape(r"\N{SNOWMAN}"), WILD.to_string());
        assert_eq!(unescape("ä\\"), "ä\\");
    }
}
