//! A small tokenizer for Python: names, dots, brackets, operators; strings and comments in one piece.
//!
//! It serves two ends. Before parsing it bounds how deep the text can nest, because a parser of recursive descent, and
//! the dropping of its tree, use the stack for every level. And where the text is no valid Python 3, it still finds
//! calls of dangerous dotted names.

use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Name,
    Number,
    String,
    Comment,
    Newline,
    Open,
    Close,
    Dot,
    Comma,
    Operator,
}

/// A token and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
}

/// Tokens of a text, one after the other; never fails, never looks back.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text
            .as_bytes()
            .get(self.at.checked_add(ahead)?)
            .copied()
    }

    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&keep) {
            self.at = self.at.saturating_add(1);
        }
    }

    /// Past a string whose quote is at the current place; `raw` or not, a backslash keeps a quote from ending it.
    fn skip_string(&mut self) {
        let Some(quote) = self.peek(0) else { return };
        let long = self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        self.at = self.at.saturating_add(if long { 3 } else { 1 });
        while let Some(byte) = self.peek(0) {
            let step = match byte {
                b'\\' => 2,
                b'\n' if !long => return,
                _ if byte == quote && !long => {
                    self.at = self.at.saturating_add(1);
                    return;
                }
                _ if byte == quote
                    && self.peek(1) == Some(quote)
                    && self.peek(2) == Some(quote) =>
                {
                    self.at = self.at.saturating_add(3);
                    return;
                }
                _ => 1,
            };
            self.at = self.at.saturating_add(step);
        }
        self.at = self.at.min(self.text.len());
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            match self.peek(0)? {
                b' ' | b'\t' | b'\r' | 0x0c => self.at = self.at.saturating_add(1),
                b'\\' if matches!(self.peek(1), Some(b'\n' | b'\r')) => {
                    self.at = self.at.saturating_add(2)
                }
                _ => break,
            }
        }
        let start = self.at;
        let byte = self.peek(0)?;
        let kind = match byte {
            b'\'' | b'"' => {
                self.skip_string();
                TokenKind::String
            }
            b'#' => {
                self.skip_while(|byte| byte != b'\n');
                TokenKind::Comment
            }
            b'0'..=b'9' => {
                self.skip_while(|byte| {
                    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'
                });
                TokenKind::Number
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => {
                self.skip_while(|byte| {
                    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
                });
                let prefix = self.at.saturating_sub(start) <= 2
                    && matches!(self.peek(0), Some(b'\'' | b'"'));
                if prefix {
                    self.skip_string();
                    TokenKind::String
                } else {
                    TokenKind::Name
                }
            }
            _ => {
                self.at = self.at.saturating_add(1);
                match byte {
                    b'\n' => TokenKind::Newline,
                    b'(' | b'[' | b'{' => TokenKind::Open,
                    b')' | b']' | b'}' => TokenKind::Close,
                    b'.' => TokenKind::Dot,
                    b',' => TokenKind::Comma,
                    _ => TokenKind::Operator,
                }
            }
        };
        self.at = self.at.min(self.text.len());
        Some(Token {
            kind,
            range: start..self.at,
        })
    }
}

/// An upper bound of how deep the text nests: brackets, operators and attribute chains between two commas of the same
/// bracket, indentation, and whatever f-strings hold.
pub(super) fn nesting(text: &str) -> usize {
    let mut deepest = 0usize;
    let mut current = 0usize;
    let mut open: Vec<usize> = Vec::new();
    let mut line_start = 0usize;
    let mut indentation = 0usize;
    for token in Tokens::new(text) {
        match token.kind {
            TokenKind::Open => {
                open.push(current);
                current = current.saturating_add(1);
            }
            // The bracket is an operand now: what follows (a call, an index) is one level around it.
            TokenKind::Close => current = open.pop().unwrap_or(0).saturating_add(1),
            TokenKind::Comma => current = open.last().map_or(0, |base| base.saturating_add(1)),
            TokenKind::Newline if open.is_empty() => {
                current = 0;
                line_start = token.range.end;
                continue;
            }
            TokenKind::Newline | TokenKind::Comment | TokenKind::Number => {}
            TokenKind::Operator
                if open.is_empty() && text.get(token.range.clone()) == Some(";") =>
            {
                current = 0
            }
            TokenKind::Dot | TokenKind::Operator => current = current.saturating_add(1),
            TokenKind::Name => {
                let word = text.get(token.range.clone()).unwrap_or_default();
                if matches!(
                    word,
                    "not"
                        | "lambda"
                        | "await"
                        | "if"
                        | "else"
                        | "and"
                        | "or"
                        | "in"
                        | "is"
                        | "yield"
                        | "from"
                ) {
                    current = current.saturating_add(1);
                }
            }
            TokenKind::String => {
                let literal = text.get(token.range.clone()).unwrap_or_default();
                deepest = deepest.max(current.saturating_add(in_format_string(literal)));
            }
        }
        if open.is_empty() && line_start < token.range.start {
            indentation = token.range.start.saturating_sub(line_start).min(4096);
            line_start = usize::MAX;
        }
        deepest = deepest.max(
            current
                .saturating_add(open.len())
                .saturating_add(indentation),
        );
    }
    deepest
}

/// Operators and brackets within the braces of an f-string: all of them may nest.
fn in_format_string(literal: &str) -> usize {
    let quote = literal.find(['\'', '"']).unwrap_or(0);
    let prefix = literal.get(..quote).unwrap_or_default();
    if !prefix.contains(['f', 'F', 't', 'T']) {
        return 0;
    }
    let (mut depth, mut count) = (0usize, 0usize);
    for byte in literal.bytes() {
        match byte {
            b'{' => {
                depth = depth.saturating_add(1);
                count = count.saturating_add(1);
            }
            b'}' => depth = depth.saturating_sub(1),
            _ if depth > 0 && byte.is_ascii_punctuation() && byte != b',' => {
                count = count.saturating_add(1)
            }
            _ => {}
        }
    }
    count
}

/// A dotted name followed by an opening bracket, as it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenCall {
    pub(super) callee: String,
    pub(super) range: Range<usize>,
}

/// Dotted names that are called, by tokens alone; `from x import y as z` and `import x as y` are followed, and Python
/// 2's `exec "…"` counts as a call.
pub(super) fn calls(text: &str) -> Vec<TokenCall> {
    let tokens: Vec<Token> = Tokens::new(text)
        .filter(|token| token.kind != TokenKind::Comment)
        .take(2_000_000)
        .collect();
    let word = |index: usize| {
        tokens
            .get(index)
            .and_then(|token| text.get(token.range.clone()))
            .unwrap_or_default()
    };
    let kind = |index: usize| tokens.get(index).map(|token| token.kind);
    let aliases = aliases(&tokens, text);
    let mut found = Vec::new();
    let mut index = 0usize;
    while let Some(token) = tokens.get(index) {
        let start = index;
        index = index.saturating_add(1);
        if token.kind != TokenKind::Name
            || (start > 0 && kind(start.wrapping_sub(1)) == Some(TokenKind::Dot))
        {
            continue;
        }
        let mut name = word(start).to_owned();
        while kind(index) == Some(TokenKind::Dot)
            && kind(index.saturating_add(1)) == Some(TokenKind::Name)
            && name.len() < 256
        {
            name.push('.');
            name.push_str(word(index.saturating_add(1)));
            index = index.saturating_add(2);
        }
        const KEYWORDS: &[&str] = &[
            "import", "from", "if", "while", "in", "not", "and", "or", "return", "lambda",
            "assert", "del", "yield", "elif", "with", "as", "for", "except", "raise", "else", "is",
            "print",
        ];
        if KEYWORDS.contains(&name.as_str()) {
            continue;
        }
        let called =
            word(index) == "(" || (name == "exec" && kind(index) == Some(TokenKind::String));
        let defined = start > 0 && matches!(word(start.wrapping_sub(1)), "def" | "class");
        if called && !defined {
            let (head, rest) = name
                .split_once('.')
                .map_or((name.as_str(), ""), |(head, rest)| (head, rest));
            let head = aliases
                .iter()
                .find(|(alias, _)| alias == head)
                .map_or(head, |(_, full)| full.as_str());
            let callee = if rest.is_empty() {
                head.to_owned()
            } else {
                format!("{head}.{rest}")
            };
            let end = tokens
                .get(index)
                .map_or(token.range.end, |token| token.range.end);
            found.push(TokenCall {
                callee,
                range: token.range.start..end,
            });
        }
    }
    found
}

/// A dotted name as it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DottedName {
    pub(super) name: String,
    pub(super) range: Range<usize>,
    /// An opening bracket follows.
    pub(super) called: bool,
    /// The first plain text literal before the statement ends, if it is called.
    pub(super) first_text: Option<String>,
}

/// All dotted names, in the order of the text; strings and comments do not count.
pub(super) fn dotted(text: &str) -> Vec<DottedName> {
    let tokens: Vec<Token> = Tokens::new(text)
        .filter(|token| token.kind != TokenKind::Comment)
        .take(2_000_000)
        .collect();
    let word = |index: usize| {
        tokens
            .get(index)
            .and_then(|token| text.get(token.range.clone()))
            .unwrap_or_default()
    };
    let kind = |index: usize| tokens.get(index).map(|token| token.kind);
    let mut names = Vec::new();
    let mut index = 0usize;
    while let Some(token) = tokens.get(index) {
        index = index.saturating_add(1);
        if token.kind != TokenKind::Name || kind(index) != Some(TokenKind::Dot) {
            continue;
        }
        let mut name = text.get(token.range.clone()).unwrap_or_default().to_owned();
        let mut end = token.range.end;
        while kind(index) == Some(TokenKind::Dot)
            && kind(index.saturating_add(1)) == Some(TokenKind::Name)
            && name.len() < 1024
        {
            name.push('.');
            name.push_str(word(index.saturating_add(1)));
            index = index.saturating_add(2);
            end = tokens
                .get(index.saturating_sub(1))
                .map_or(end, |token| token.range.end);
        }
        let called = word(index) == "(";
        let first_text = (index..index.saturating_add(64))
            .take_while(|at| called && kind(*at).is_some_and(|kind| kind != TokenKind::Newline))
            .find(|at| kind(*at) == Some(TokenKind::String))
            .map(|at| {
                word(at)
                    .trim_matches(['"', '\''])
                    .chars()
                    .take(200)
                    .collect()
            });
        names.push(DottedName {
            name,
            range: token.range.start..end,
            called,
            first_text,
        });
    }
    names
}

/// What imports call things: alias and full name.
fn aliases(tokens: &[Token], text: &str) -> Vec<(String, String)> {
    let word = |index: usize| {
        tokens
            .get(index)
            .and_then(|token| text.get(token.range.clone()))
            .unwrap_or_default()
    };
    let mut aliases = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let keyword = text.get(token.range.clone()).unwrap_or_default();
        if token.kind != TokenKind::Name
            || !matches!(keyword, "import" | "from")
            || aliases.len() > 4096
        {
            continue;
        }
        let mut at = index.saturating_add(1);
        let dotted = |at: &mut usize| {
            let mut name = String::new();
            while tokens
                .get(*at)
                .is_some_and(|token| matches!(token.kind, TokenKind::Name | TokenKind::Dot))
                && !matches!(word(*at), "import" | "as")
                && name.len() < 256
            {
                name.push_str(word(*at));
                *at = at.saturating_add(1);
            }
            name
        };
        let module = dotted(&mut at);
        if keyword == "import" {
            if word(at) == "as" {
                aliases.push((word(at.saturating_add(1)).to_owned(), module));
            }
            continue;
        }
        if word(at) != "import" {
            continue;
        }
        at = at.saturating_add(1);
        for _ in 0..256 {
            if word(at) == "(" || word(at) == "," {
                at = at.saturating_add(1);
            }
            let name = dotted(&mut at);
            if name.is_empty() {
                break;
            }
            let mut alias = name.clone();
            if word(at) == "as" {
                alias = word(at.saturating_add(1)).to_owned();
                at = at.saturating_add(2);
            }
            aliases.push((alias, format!("{module}.{name}")));
            if word(at) != "," {
                break;
            }
        }
    }
    aliases
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        calls(text).into_iter().map(|call| call.callee).collect()
    }

    #[test]
    fn calls_by_tokens() {
        let text = "import os as o\nfrom subprocess import (call as c, run)\nprint 'x'\no.system('echo pwned')\nc('x'); run ('y')\nexec 'z'\n";
        assert_eq!(
            names(text),
            ["os.system", "subprocess.call", "subprocess.run", "exec"]
        );
        assert_eq!(
            names("def system(x): '''os.system(1)''' # eval(2)\n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn nesting_bounds() {
        assert!(nesting(&format!("x = {}1", "-".repeat(500))) >= 500);
        assert!(nesting(&format!("x = {}", "(".repeat(500))) >= 500);
        assert!(nesting(&format!("a{}", ".b".repeat(500))) >= 500);
        assert!(nesting(&format!("f'{{{}1}}'", "-".repeat(500))) >= 500);
        assert!(nesting(&format!("x = [{}]", "-1, ".repeat(5000))) < 20);
        assert!(nesting(&format!("a{}", "()".repeat(500))) >= 500);
        assert!(nesting(&"x = 1 + 2\n".repeat(5000)) < 20);
    }

    #[test]
    fn strings_end_where_python_ends_them() {
        let kinds: Vec<TokenKind> = Tokens::new("r'\\'' b\"x\" '''a'b''' 'open\nx")
            .map(|token| token.kind)
            .collect();
        use TokenKind::{Name, Newline, String};
        assert_eq!(kinds, [String, String, String, String, Newline, Name]);
    }
}
