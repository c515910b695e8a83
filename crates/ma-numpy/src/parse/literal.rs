//! Python literals, as `ast.literal_eval` takes them, without recursion and within bounds.
//!
//! ```text
//! literal  = 'None' | 'True' | 'False' | number | string+ | '(' items ')' | '[' items ']'
//!          | '{' items '}' | '{' (literal ':' literal),* '}' | ('+' | '-') literal | 'set()'
//! number   = decimal, hexadecimal, octal, binary with '_', a Python 2 'L', floats, 'j'
//! string   = [rRbBuU] one or three quotes, escapes
//! ```
//!
//! Everything else that Python would parse as an expression (a name, a call, an attribute, an
//! operator, an f-string) is [`LiteralError::NotLiteral`]: `ast.literal_eval` refuses it and
//! readers that use `eval` run it. Nesting is held to [`MAX_DEPTH`], parts to [`MAX_NODES`]; the
//! cost is linear.

use crate::model::{Literal, LiteralError};

/// Nested brackets that are read; CPython's own tokenizer stops at 200.
pub const MAX_DEPTH: usize = 200;
/// Values that are read.
pub const MAX_NODES: usize = 200_000;

/// An open bracket.
struct Frame {
    close: char,
    items: Vec<Literal>,
    /// The key of the dictionary entry whose value comes next.
    key: Option<Literal>,
    pairs: Vec<(Literal, Literal)>,
    is_dict: bool,
    comma: bool,
    at: usize,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    nodes: usize,
}

/// Reads one literal from the start of `text`; white space may follow.
///
/// # Errors
/// When it is no literal, no Python, or beyond the bounds.
pub fn parse_literal(text: &str) -> Result<Literal, LiteralError> {
    let mut reader = Reader {
        text,
        at: 0,
        nodes: 0,
    };
    let mut stack: Vec<Frame> = Vec::new();
    loop {
        reader.skip_space();
        // A value is expected here, or the end of an open bracket.
        let mut value = match reader.open_or_value(&mut stack)? {
            Some(value) => value,
            None => continue,
        };
        // A value was read: close brackets until another value is expected.
        loop {
            reader.skip_space();
            let at = reader.at;
            let Some(frame) = stack.last_mut() else {
                return match reader.peek() {
                    None => Ok(value),
                    Some(c) => Err(reader.unexpected_after_value(c, at)),
                };
            };
            match reader.peek() {
                None => return Err(syntax(at, "a bracket is not closed")),
                Some(',') => {
                    reader.bump();
                    frame.push(value, at)?;
                    frame.comma = true;
                    break;
                }
                Some(':') if frame.close == '}' && frame.key.is_none() => {
                    reader.bump();
                    frame.is_dict = true;
                    frame.key = Some(value);
                    break;
                }
                Some(c) if c == frame.close => {
                    reader.bump();
                    frame.push(value, at)?;
                    let Some(frame) = stack.pop() else { break };
                    value = frame.finish()?;
                }
                Some(c) => return Err(reader.unexpected_after_value(c, at)),
            }
        }
    }
}

fn syntax(at: usize, what: &'static str) -> LiteralError {
    LiteralError::Syntax { at, what }
}

impl Frame {
    fn open(close: char, at: usize) -> Self {
        Self {
            close,
            items: Vec::new(),
            key: None,
            pairs: Vec::new(),
            is_dict: false,
            comma: false,
            at,
        }
    }

    fn push(&mut self, value: Literal, at: usize) -> Result<(), LiteralError> {
        match self.key.take() {
            Some(key) => self.pairs.push((key, value)),
            None if self.is_dict => return Err(syntax(at, "a dictionary key has no value")),
            None => self.items.push(value),
        }
        if self.is_dict && !self.items.is_empty() {
            return Err(syntax(at, "a dictionary is mixed with a set"));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Literal, LiteralError> {
        if self.key.is_some() {
            return Err(syntax(self.at, "a dictionary key has no value"));
        }
        Ok(match self.close {
            ')' if !self.comma && self.items.len() == 1 => {
                self.items.pop().unwrap_or(Literal::None)
            }
            ')' => Literal::Tuple(self.items),
            ']' => Literal::List(self.items),
            _ if self.is_dict || self.items.is_empty() => Literal::Dict(self.pairs),
            _ => Literal::Set(self.items),
        })
    }
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at = self.at.saturating_add(c.len_utf8());
        Some(c)
    }

    /// Blanks, line ends, comments and escaped line ends.
    fn skip_space(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\n' | '\r' | '\u{c}') => {
                    self.bump();
                }
                Some('\\') if self.rest().starts_with("\\\n") => {
                    self.bump();
                    self.bump();
                }
                Some('#') => {
                    let skipped = self.rest().find('\n').unwrap_or(self.rest().len());
                    self.at = self.at.saturating_add(skipped);
                }
                _ => return,
            }
        }
    }

    fn count(&mut self) -> Result<(), LiteralError> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > MAX_NODES {
            return Err(LiteralError::TooLarge { at: self.at });
        }
        Ok(())
    }

    /// Opens a bracket (`None`), or reads a value; an empty or comma-ended bracket that closes here
    /// is a value too.
    fn open_or_value(&mut self, stack: &mut Vec<Frame>) -> Result<Option<Literal>, LiteralError> {
        self.count()?;
        let at = self.at;
        let Some(c) = self.peek() else {
            return Err(syntax(at, "the text ends where a value is expected"));
        };
        if let Some(frame) = stack.last()
            && c == frame.close
            && frame.key.is_none()
        {
            let bare_comma = frame.comma && frame.items.is_empty() && frame.pairs.is_empty();
            if bare_comma {
                return Err(syntax(at, "a comma without a value"));
            }
            self.bump();
            return match stack.pop() {
                Some(frame) => frame.finish().map(Some),
                None => Ok(None),
            };
        }
        let close = match c {
            '(' => ')',
            '[' => ']',
            '{' => '}',
            _ => return self.value(c).map(Some),
        };
        if stack.len() >= MAX_DEPTH {
            return Err(LiteralError::TooLarge { at });
        }
        self.bump();
        stack.push(Frame::open(close, at));
        Ok(None)
    }

    fn value(&mut self, c: char) -> Result<Literal, LiteralError> {
        let at = self.at;
        match c {
            '\'' | '"' => self.strings(),
            '0'..='9' => self.number(false),
            '.' if self
                .rest()
                .chars()
                .nth(1)
                .is_some_and(|c| c.is_ascii_digit()) =>
            {
                self.number(false)
            }
            '+' | '-' => {
                self.bump();
                self.skip_space();
                match self.peek() {
                    Some('0'..='9' | '.') => self.number(c == '-'),
                    Some(_) => Err(LiteralError::NotLiteral {
                        at,
                        what: format!("the operator `{c}`"),
                    }),
                    None => Err(syntax(at, "a sign without a number")),
                }
            }
            c if c == '_' || c.is_alphabetic() => self.word(),
            '~' | '*' | '`' | '@' => Err(LiteralError::NotLiteral {
                at,
                what: format!("the operator `{c}`"),
            }),
            _ => Err(syntax(at, "a character that starts no value")),
        }
    }

    fn word(&mut self) -> Result<Literal, LiteralError> {
        let at = self.at;
        let len = self
            .rest()
            .find(|c: char| c != '_' && !c.is_alphanumeric())
            .unwrap_or(self.rest().len());
        let word = self.rest().get(..len).unwrap_or("").to_owned();
        let next = self.rest().get(len..).unwrap_or("").chars().next();
        if matches!(next, Some('\'' | '"')) && word.len() <= 2 {
            return self.strings();
        }
        self.at = at.saturating_add(len);
        match word.as_str() {
            "None" => Ok(Literal::None),
            "True" => Ok(Literal::Bool(true)),
            "False" => Ok(Literal::Bool(false)),
            "set" if self.rest().starts_with("()") => {
                self.at = self.at.saturating_add(2);
                Ok(Literal::Set(Vec::new()))
            }
            _ => {
                let shown: String = word.chars().take(60).collect();
                let what = match next {
                    Some('(') => format!("a call of `{shown}`"),
                    Some('.') => format!("an attribute of `{shown}`"),
                    _ => format!("the name `{shown}`"),
                };
                Err(LiteralError::NotLiteral { at, what })
            }
        }
    }

    /// What may not follow a complete value.
    fn unexpected_after_value(&self, c: char, at: usize) -> LiteralError {
        let what = match c {
            '(' => "a call of a value".to_owned(),
            '.' => "an attribute of a value".to_owned(),
            '[' => "a subscript".to_owned(),
            '+' | '-' | '*' | '/' | '%' | '@' | '&' | '|' | '^' | '<' | '>' | '=' | '!' => {
                format!("the operator `{c}`")
            }
            c if c.is_alphabetic() || c == '_' => {
                let word: String = self
                    .rest()
                    .chars()
                    .take_while(|c| *c == '_' || c.is_alphanumeric())
                    .take(60)
                    .collect();
                format!("the word `{word}`")
            }
            _ => return syntax(at, "something else follows a value"),
        };
        LiteralError::NotLiteral { at, what }
    }

    fn number(&mut self, negative: bool) -> Result<Literal, LiteralError> {
        let at = self.at;
        let len = self
            .rest()
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(self.rest().len());
        let mut raw: String = self.rest().get(..len).unwrap_or("").to_ascii_lowercase();
        self.at = at.saturating_add(len);
        // 1e+5 and 1e-5 go on after the sign.
        if raw.ends_with('e') && !raw.starts_with("0x") && matches!(self.peek(), Some('+' | '-')) {
            self.bump();
            let more = self
                .rest()
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(self.rest().len());
            self.at = self.at.saturating_add(more);
            return Ok(Literal::Number);
        }
        raw.retain(|c| c != '_');
        let raw = raw.strip_suffix('l').unwrap_or(&raw);
        let (digits, radix) = match raw.get(..2) {
            Some("0x") => (raw.get(2..).unwrap_or(""), 16),
            Some("0o") => (raw.get(2..).unwrap_or(""), 8),
            Some("0b") => (raw.get(2..).unwrap_or(""), 2),
            _ => (raw, 10),
        };
        if !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)) {
            let value = i128::from_str_radix(digits, radix).unwrap_or(i128::MAX);
            return Ok(Literal::Int(if negative {
                value.checked_neg().unwrap_or(i128::MIN)
            } else {
                value
            }));
        }
        let float = raw.strip_suffix('j').unwrap_or(raw);
        if float.parse::<f64>().is_ok() {
            return Ok(Literal::Number);
        }
        Err(syntax(at, "a number that is none"))
    }

    /// One string, or several side by side, which Python joins.
    fn strings(&mut self) -> Result<Literal, LiteralError> {
        let mut text = String::new();
        let mut bytes: Option<Vec<u8>> = None;
        loop {
            let at = self.at;
            let mut prefix = String::new();
            while let Some(c) = self.peek().filter(char::is_ascii_alphabetic) {
                prefix.push(c.to_ascii_lowercase());
                self.bump();
            }
            let raw = prefix.contains('r');
            let is_bytes = prefix.contains('b');
            if prefix.contains(['f', 't']) {
                return Err(LiteralError::NotLiteral {
                    at,
                    what: "a formatted string".to_owned(),
                });
            }
            if !matches!(prefix.as_str(), "" | "r" | "u" | "b" | "br" | "rb") {
                return Err(syntax(at, "a string prefix that is none"));
            }
            let piece = self.string(raw, is_bytes)?;
            if is_bytes {
                bytes.get_or_insert_default().extend(
                    piece
                        .chars()
                        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')),
                );
            } else {
                text.push_str(&piece);
            }
            let before = self.at;
            self.skip_space();
            let mut ahead = self
                .rest()
                .chars()
                .take(3)
                .skip_while(char::is_ascii_alphabetic);
            if !matches!(ahead.next(), Some('\'' | '"')) {
                self.at = before;
                return Ok(bytes.map_or(Literal::Str(text), Literal::Bytes));
            }
        }
    }

    fn string(&mut self, raw: bool, is_bytes: bool) -> Result<String, LiteralError> {
        let at = self.at;
        let Some(quote) = self.bump() else {
            return Err(syntax(at, "a string is not closed"));
        };
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let long = self.text.get(at..).unwrap_or("").starts_with(&triple);
        if long {
            self.bump();
            self.bump();
        }
        let mut out = String::new();
        loop {
            if long && self.rest().starts_with(&triple) {
                self.at = self.at.saturating_add(3);
                return Ok(out);
            }
            match self.bump() {
                None => return Err(syntax(at, "a string is not closed")),
                Some('\n') if !long => return Err(syntax(at, "a string is not closed")),
                Some(c) if c == quote && !long => return Ok(out),
                Some('\\') if raw => {
                    out.push('\\');
                    out.extend(self.bump());
                }
                Some('\\') => self.escape(&mut out, is_bytes),
                Some(c) => out.push(c),
            }
        }
    }

    fn escape(&mut self, out: &mut String, is_bytes: bool) {
        let Some(c) = self.bump() else { return };
        let simple = match c {
            '\n' => return,
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '\\' | '\'' | '"' => c,
            'x' => return self.coded(out, 16, 2),
            'u' if !is_bytes => return self.coded(out, 16, 4),
            'U' if !is_bytes => return self.coded(out, 16, 8),
            '0'..='7' => {
                self.at = self.at.saturating_sub(1);
                return self.coded(out, 8, 3);
            }
            other => {
                out.push('\\');
                other
            }
        };
        out.push(simple);
    }

    fn coded(&mut self, out: &mut String, radix: u32, most: usize) {
        let digits: String = self
            .rest()
            .chars()
            .take(most)
            .take_while(|c| c.is_digit(radix))
            .collect();
        self.at = self.at.saturating_add(digits.len());
        let code = u32::from_str_radix(&digits, radix).unwrap_or(0xfffd);
        out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> Literal {
        Literal::Str(s.to_owned())
    }

    #[test]
    fn headers_of_real_writers_are_read() {
        let value = parse_literal(
            "{'descr': [('a', '<f8', (2, 3L)), (('t', 'b'), '|O')], 'fortran_order': False, 'shape': (0x3, ), }   \n",
        )
        .unwrap();
        let Literal::Dict(pairs) = value else {
            panic!()
        };
        assert_eq!(
            pairs[2],
            (text("shape"), Literal::Tuple(vec![Literal::Int(3)]))
        );
        let Literal::List(fields) = &pairs[0].1 else {
            panic!()
        };
        assert_eq!(
            fields[0],
            Literal::Tuple(vec![
                text("a"),
                text("<f8"),
                Literal::Tuple(vec![Literal::Int(2), Literal::Int(3)])
            ])
        );
    }

    #[test]
    fn every_kind_of_value_is_read() {
        for (source, want) in [
            ("()", Literal::Tuple(vec![])),
            ("(1)", Literal::Int(1)),
            ("(1,)", Literal::Tuple(vec![Literal::Int(1)])),
            (
                "[-1, +2, 1_000]",
                Literal::List(vec![Literal::Int(-1), Literal::Int(2), Literal::Int(1000)]),
            ),
            ("{}", Literal::Dict(vec![])),
            ("{1}", Literal::Set(vec![Literal::Int(1)])),
            ("set()", Literal::Set(vec![])),
            ("1.5e-3", Literal::Number),
            ("2j", Literal::Number),
            ("'a' \"b\" '''c'''", text("abc")),
            (r"'\x41\u00e4\101\q'", text("AäA\\q")),
            (r"r'\x'", text("\\x")),
            (r"b'\xff'", Literal::Bytes(vec![255])),
            ("u'x' # why\n", text("x")),
            (
                "99999999999999999999999999999999999999999",
                Literal::Int(i128::MAX),
            ),
        ] {
            assert_eq!(parse_literal(source).as_ref(), Ok(&want), "{source}");
        }
    }

    #[test]
    fn expressions_are_told_from_broken_text() {
        for source in [
            "__import__('os').system('echo')",
            "{'shape': x}",
            "[i for i in ()]",
            "(1).__class__",
            "'a' % 1",
            "f'{x}'",
            "1 if 2 else 3",
            "{**{}}",
            "-x",
            "().__class__.__bases__[0]",
            "lambda: 1",
        ] {
            assert!(
                matches!(parse_literal(source), Err(LiteralError::NotLiteral { .. })),
                "{source}: {:?}",
                parse_literal(source)
            );
        }
        for source in [
            "",
            "{",
            "{'a'",
            "'a",
            "{'a':}",
            "{1: 2, 3}",
            "(,)",
            "$",
            "1 2",
        ] {
            assert!(
                matches!(parse_literal(source), Err(LiteralError::Syntax { .. })),
                "{source}: {:?}",
                parse_literal(source)
            );
        }
        let deep = "[".repeat(100_000);
        assert!(matches!(
            parse_literal(&deep),
            Err(LiteralError::TooLarge { .. })
        ));
    }
}
