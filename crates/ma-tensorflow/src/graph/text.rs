//! The text form (`.pbtxt`), turned into the bytes of the same message so that one reader serves both.
//!
//! `name: value`, `name { … }` or `name < … >`, lists in `[ ]`, strings in either quotes with C escapes, several
//! in a row are one, `#` to the end of the line, `,` and `;` mean nothing.
//! <https://protobuf.dev/reference/protobuf/textformat-spec/> (of 2025).
//!
//! An anomaly is what ends the reading: what came before is kept and closed. Cost: the whole text, which is
//! held in memory, so a limit bounds it.

use super::schema::{Kind, Message, any, field, number};
use crate::savedmodel::Form;

/// Messages inside each other.
const MAX_DEPTH: usize = 96;

/// Which message a text is, judged by its first fields.
#[must_use]
pub fn form(head: &[u8]) -> Option<Form> {
    if head
        .iter()
        .any(|b| *b == 0 || (*b < 0x20 && !b.is_ascii_whitespace()))
    {
        return None;
    }
    let mut lexer = Lexer { text: head, at: 0 };
    let Token::Word(first) = lexer.next() else {
        return None;
    };
    let second = lexer.next();
    match (first, second) {
        (b"saved_model_schema_version", Token::Colon) | (b"meta_graphs", Token::Open) => {
            Some(Form::SavedModel)
        }
        (b"meta_info_def" | b"graph_def", Token::Open) => Some(Form::MetaGraph),
        (b"library", Token::Open) => Some(Form::Graph),
        // Other projects write nodes too; only TensorFlow's have an operator.
        (b"node", Token::Open) => {
            for _ in 0..24 {
                match lexer.next() {
                    Token::Word(b"op") => return Some(Form::Graph),
                    Token::Close | Token::End | Token::Bad => return None,
                    _ => {}
                }
            }
            None
        }
        _ => None,
    }
}

/// The bytes of the message that a text is, and where the text is broken.
#[must_use]
pub fn to_bytes(text: &[u8], form: Form) -> (Vec<u8>, Option<usize>) {
    let message = match form {
        Form::SavedModel => Message::SavedModel,
        Form::MetaGraph => Message::MetaGraph,
        _ => Message::Graph,
    };
    let mut writer = Writer {
        open: vec![Frame {
            message,
            field: 0,
            any: None,
            bytes: Vec::new(),
        }],
    };
    let mut lexer = Lexer { text, at: 0 };
    let broken = writer.fields(&mut lexer).err();
    while writer.open.len() > 1 {
        writer.close();
    }
    let bytes = writer.open.pop().map(|f| f.bytes).unwrap_or_default();
    (bytes, broken)
}

struct Frame {
    message: Message,
    /// The number of the field that it is in its parent; 0 when it is not kept.
    field: u32,
    /// The type of an expanded Any.
    any: Option<Vec<u8>>,
    bytes: Vec<u8>,
}

struct Writer {
    open: Vec<Frame>,
}

impl Writer {
    /// All fields; the offset of the break as an error.
    fn fields(&mut self, lexer: &mut Lexer<'_>) -> Result<(), usize> {
        loop {
            let at = lexer.at;
            match lexer.next() {
                Token::End if self.open.len() == 1 => return Ok(()),
                Token::Word(name) => self.field(lexer, name)?,
                Token::ListOpen => self.expanded(lexer)?,
                Token::Close if self.open.len() > 1 => self.close(),
                Token::Separator => {}
                _ => return Err(at),
            }
        }
    }

    fn field(&mut self, lexer: &mut Lexer<'_>, name: &[u8]) -> Result<(), usize> {
        let name = std::str::from_utf8(name).unwrap_or_default();
        let message = self.open.last().map_or(Message::Skipped, |f| f.message);
        let known = field(message, name);
        let mut listed = false;
        loop {
            let at = lexer.at;
            match lexer.next() {
                Token::Colon => {}
                Token::ListOpen => listed = true,
                Token::ListClose if listed => return Ok(()),
                Token::Separator if listed => {}
                Token::Open => {
                    let (field, message) = match known {
                        Some((number, Kind::Message(message))) => (number, message),
                        _ => (0, Message::Skipped),
                    };
                    self.begin(field, message, at)?;
                    if !listed {
                        return Ok(());
                    }
                    // A list of messages: its rest is read when they are closed, as fields of the
                    // same name would be.
                    self.rest_of_list(lexer, known)?;
                    return Ok(());
                }
                Token::Text(text) => {
                    let text = lexer.more_text(text);
                    self.text(known, &text);
                    if !listed {
                        return Ok(());
                    }
                }
                Token::Word(word) => {
                    self.word(known, word);
                    if !listed {
                        return Ok(());
                    }
                }
                _ => return Err(at),
            }
        }
    }

    /// The messages of a list behind its first opening.
    fn rest_of_list(
        &mut self,
        lexer: &mut Lexer<'_>,
        known: Option<(u32, Kind)>,
    ) -> Result<(), usize> {
        let floor = self.open.len().saturating_sub(1);
        loop {
            let at = lexer.at;
            match lexer.next() {
                Token::Word(name) if self.open.len() > floor => {
                    // Nested lists of messages are no deeper than messages may be.
                    if self.open.len() >= MAX_DEPTH {
                        return Err(at);
                    }
                    self.field(lexer, name)?;
                }
                Token::Close if self.open.len() > floor => self.close(),
                Token::Separator => {}
                Token::Open if self.open.len() == floor => {
                    let Some((number, Kind::Message(message))) = known else {
                        self.begin(0, Message::Skipped, at)?;
                        continue;
                    };
                    self.begin(number, message, at)?;
                }
                Token::ListClose if self.open.len() == floor => return Ok(()),
                _ => return Err(at),
            }
        }
    }

    /// `[type.googleapis.com/name] { … }`.
    fn expanded(&mut self, lexer: &mut Lexer<'_>) -> Result<(), usize> {
        let start = lexer.at;
        let rest = lexer.text.get(start..).unwrap_or(&[]);
        let end = rest.iter().position(|b| *b == b']').ok_or(start)?;
        let url = rest.get(..end).unwrap_or(&[]).to_vec();
        lexer.at = start.saturating_add(end).saturating_add(1);
        let mut token = lexer.next();
        if token == Token::Colon {
            token = lexer.next();
        }
        if token != Token::Open {
            return Err(lexer.at);
        }
        let message = any(&String::from_utf8_lossy(&url)).unwrap_or(Message::Skipped);
        self.begin(2, message, start)?;
        if let Some(frame) = self.open.last_mut() {
            frame.any = Some(url);
        }
        Ok(())
    }

    fn begin(&mut self, field: u32, message: Message, at: usize) -> Result<(), usize> {
        if self.open.len() >= MAX_DEPTH {
            return Err(at);
        }
        self.open.push(Frame {
            message,
            field,
            any: None,
            bytes: Vec::new(),
        });
        Ok(())
    }

    fn close(&mut self) {
        let Some(frame) = self.open.pop() else {
            return;
        };
        if let Some(parent) = self.open.last_mut()
            && frame.field > 0
        {
            if let Some(url) = frame.any {
                put_bytes(&mut parent.bytes, 1, &url);
            }
            put_bytes(&mut parent.bytes, frame.field, &frame.bytes);
        }
    }

    fn text(&mut self, known: Option<(u32, Kind)>, text: &[u8]) {
        if let (Some((number, Kind::Text)), Some(frame)) = (known, self.open.last_mut()) {
            put_bytes(&mut frame.bytes, number, text);
        }
    }

    fn word(&mut self, known: Option<(u32, Kind)>, word: &[u8]) {
        let (Some((field, kind)), Some(frame)) = (known, self.open.last_mut()) else {
            return;
        };
        let word = std::str::from_utf8(word).unwrap_or_default();
        let tag = u64::from(field) << 3;
        match kind {
            Kind::Number => {
                put_varint(&mut frame.bytes, tag);
                put_varint(&mut frame.bytes, integer(word));
            }
            Kind::Float => {
                put_varint(&mut frame.bytes, tag | 5);
                let value: f32 = word.trim_end_matches('f').parse().unwrap_or_default();
                frame.bytes.extend(value.to_le_bytes());
            }
            Kind::Double => {
                put_varint(&mut frame.bytes, tag | 1);
                let value: f64 = word.parse().unwrap_or_default();
                frame.bytes.extend(value.to_le_bytes());
            }
            Kind::Text | Kind::Message(_) => {}
        }
    }
}

fn integer(word: &str) -> u64 {
    let named = match word {
        "true" | "True" | "t" => Some(1),
        "false" | "False" | "f" => Some(0),
        _ => number(word),
    };
    let hex = word
        .strip_prefix("0x")
        .and_then(|h| i64::from_str_radix(h, 16).ok());
    let plain = word.parse::<i64>().ok();
    let large = word.parse::<u64>().ok();
    let signed = named.or(hex).or(plain).map(i64::cast_unsigned);
    signed.or(large).unwrap_or(0)
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    put_varint(out, (u64::from(field) << 3) | 2);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    /// A name or a number.
    Word(&'a [u8]),
    Text(Vec<u8>),
    Colon,
    Open,
    Close,
    ListOpen,
    ListClose,
    Separator,
    End,
    Bad,
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn blanks(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'#' {
                while self.peek().is_some_and(|b| b != b'\n') {
                    self.skip();
                }
            } else if byte.is_ascii_whitespace() {
                self.skip();
            } else {
                return;
            }
        }
    }

    fn next(&mut self) -> Token<'a> {
        self.blanks();
        let Some(byte) = self.peek() else {
            return Token::End;
        };
        if byte == b'"' || byte == b'\'' {
            return self.quoted(byte).map_or(Token::Bad, Token::Text);
        }
        let simple = match byte {
            b':' => Some(Token::Colon),
            b'{' | b'<' => Some(Token::Open),
            b'}' | b'>' => Some(Token::Close),
            b'[' => Some(Token::ListOpen),
            b']' => Some(Token::ListClose),
            b',' | b';' => Some(Token::Separator),
            _ => None,
        };
        if let Some(token) = simple {
            self.skip();
            return token;
        }
        let start = self.at;
        let word = |b: u8| b.is_ascii_alphanumeric() || b"_.-+".contains(&b);
        while self.peek().is_some_and(word) {
            self.skip();
        }
        match self.text.get(start..self.at) {
            Some(word) if !word.is_empty() => Token::Word(word),
            _ => Token::Bad,
        }
    }

    /// Strings that follow each other are one.
    fn more_text(&mut self, mut text: Vec<u8>) -> Vec<u8> {
        loop {
            self.blanks();
            match self.peek() {
                Some(quote @ (b'"' | b'\'')) => match self.quoted(quote) {
                    Some(more) => text.extend(more),
                    None => return text,
                },
                _ => return text,
            }
        }
    }

    fn quoted(&mut self, quote: u8) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        self.skip();
        loop {
            let byte = self.peek()?;
            self.skip();
            match byte {
                _ if byte == quote => return Some(out),
                b'\\' => self.escape(&mut out)?,
                _ => out.push(byte),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let byte = self.peek()?;
        self.skip();
        match byte {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'v' => out.push(11),
            b'0'..=b'7' => {
                let mut value = u32::from(byte & 7);
                for _ in 0..2 {
                    match self.peek() {
                        Some(digit @ b'0'..=b'7') => {
                            value = value.wrapping_mul(8) | u32::from(digit & 7);
                            self.skip();
                        }
                        _ => break,
                    }
                }
                out.push(value.to_le_bytes()[0]);
            }
            b'x' | b'X' => out.push(self.hex(2)?.to_le_bytes()[0]),
            b'u' => self.unicode(4, out)?,
            b'U' => self.unicode(8, out)?,
            other => out.push(other),
        }
        Some(())
    }

    fn unicode(&mut self, digits: usize, out: &mut Vec<u8>) -> Option<()> {
        let c = char::from_u32(self.hex(digits)?).unwrap_or('\u{fffd}');
        out.extend(c.to_string().into_bytes());
        Some(())
    }

    fn hex(&mut self, max: usize) -> Option<u32> {
        let mut value = None;
        for _ in 0..max {
            let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(16)) else {
                break;
            };
            value = Some(value.unwrap_or(0u32).wrapping_mul(16) | digit);
            self.skip();
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_the_same_bytes() {
        let text = br#"node { name: "a" 'b' op: "Const" attr { key: "value" value { tensor { dtype: DT_STRING
            tensor_shape { dim { size: -1 } } string_val: "\n\101\x42" # note
            unknown_field: 3 other { x: [1, 2] } int_val: [1, 2] } } } input: ["x", "y"] }
            versions { producer: 27 }"#;
        assert_eq!(form(text), Some(Form::Graph));
        let (bytes, broken) = to_bytes(text, Form::Graph);
        assert_eq!(broken, None);
        let expected = b"\x0a\x3b\x0a\x02ab\x12\x05Const\x2a\x28\x0a\x05value\x12\x1f\x42\x1d";
        assert_eq!(&bytes[..expected.len()].len(), &expected.len());
        assert!(bytes.windows(5).any(|w| w == b"\x42\x03\nAB"));
        assert!(bytes.ends_with(b"\x1a\x01x\x1a\x01y"));
    }

    #[test]
    fn lists_of_messages_and_breaks() {
        let (bytes, broken) = to_bytes(
            b"node: [{name: 'a'}, <name: 'b'>] node { name: 'c'",
            Form::Graph,
        );
        assert_eq!(
            bytes,
            b"\x0a\x03\x0a\x01a\x0a\x03\x0a\x01b\x0a\x03\x0a\x01c"
        );
        assert!(broken.is_some());
        assert_eq!(form(b"node { calculator: \"X\" }"), None);
        assert_eq!(form(b"layer { name: 'x' }"), None);
    }
}
