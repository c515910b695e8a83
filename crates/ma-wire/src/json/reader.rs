//! A pull parser: one event a call, over a buffered cursor, in constant memory.

use std::ops::Range;

use ma_core::{Blob, Budget, Cursor};

use super::MAX_DEPTH;
use crate::fault::Fault;

/// Digits of a number that are kept; Python refuses integers of more than 4,300.
const MAX_NUMBER: usize = 4300;

/// One step of a JSON text. Texts are borrowed until the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'r> {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// The key of a member; its value follows.
    Key(&'r str),
    /// A string.
    String(&'r str),
    /// A number as written (`NaN`, `Infinity` and `-Infinity` included).
    Number(&'r str),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
}

/// What some readers take and the standard does not allow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Liberties {
    /// A byte order mark before the text.
    pub byte_order_mark: bool,
    /// `NaN` or `Infinity`.
    pub not_finite: bool,
    /// Bytes that are no UTF-8, or half of a surrogate pair; read as U+FFFD.
    pub not_unicode: bool,
    /// Control characters inside a string.
    pub control_characters: bool,
    /// A string or number of which only the beginning was kept.
    pub cut: bool,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    /// The text itself has not begun.
    Start,
    /// A value.
    Value,
    /// A value, or the end of an array that has none.
    ValueOrEnd,
    /// A key, or the end of an object that has none.
    KeyOrEnd,
    /// A comma, or the end of what is open.
    More,
    /// Nothing: the value is complete.
    Nothing,
}

/// Reads one JSON value.
pub struct Reader<'b> {
    cursor: Cursor<'b>,
    /// `{` and `[` that are open.
    open: Vec<u8>,
    want: Want,
    text: Vec<u8>,
    shown: String,
    max_text: usize,
    span: Range<u64>,
    liberties: Liberties,
}

/// What was read, before its text is borrowed.
enum Step {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Key,
    String,
    Number,
    Bool(bool),
    Null,
}

impl<'b> Reader<'b> {
    /// Reads the text in `blob`; the whole of it is one value with white space around it.
    #[must_use]
    pub fn new(blob: &Blob, budget: &'b Budget) -> Self {
        let max = budget.limits().max_alloc;
        Self {
            cursor: blob.cursor(budget),
            open: Vec::new(),
            want: Want::Start,
            text: Vec::new(),
            shown: String::new(),
            max_text: usize::try_from(max).unwrap_or(usize::MAX),
            span: 0..0,
            liberties: Liberties::default(),
        }
    }

    /// Keeps at most `max` bytes of each string; [`Reader::span`] tells how long it is.
    #[must_use]
    pub fn with_max_text(mut self, max: usize) -> Self {
        self.max_text = max;
        self
    }

    /// Where the last event lies (quotes included).
    #[must_use]
    pub fn span(&self) -> Range<u64> {
        self.span.clone()
    }

    /// Arrays and objects that are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Offset of the next byte.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.cursor.position()
    }

    /// What the text takes that the standard does not allow, so far.
    #[must_use]
    pub fn liberties(&self) -> Liberties {
        self.liberties
    }

    /// The next event; `None` when the value is complete and nothing but white space follows.
    ///
    /// # Errors
    /// [`Fault::Broken`] where the text is no JSON, also when something follows the value.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Event<'_>>, Fault> {
        let Some(step) = self.step()? else {
            return Ok(None);
        };
        // The span of a key is the key alone, and that is noted where its colon is read.
        if !matches!(step, Step::Key) {
            self.span.end = self.cursor.position();
        }
        if matches!(step, Step::Key | Step::String | Step::Number) {
            self.show();
        }
        Ok(Some(match step {
            Step::ObjectStart => Event::ObjectStart,
            Step::ObjectEnd => Event::ObjectEnd,
            Step::ArrayStart => Event::ArrayStart,
            Step::ArrayEnd => Event::ArrayEnd,
            Step::Key => Event::Key(&self.shown),
            Step::String => Event::String(&self.shown),
            Step::Number => Event::Number(&self.shown),
            Step::Bool(value) => Event::Bool(value),
            Step::Null => Event::Null,
        }))
    }

    fn show(&mut self) {
        self.shown.clear();
        match std::str::from_utf8(&self.text) {
            Ok(text) => self.shown.push_str(text),
            Err(_) => {
                self.liberties.not_unicode = true;
                self.shown.push_str(&String::from_utf8_lossy(&self.text));
            }
        }
    }

    fn step(&mut self) -> Result<Option<Step>, Fault> {
        if self.want == Want::Start {
            if self.cursor.fill(3)? >= 3 && self.cursor.buffered().starts_with(b"\xef\xbb\xbf") {
                self.liberties.byte_order_mark = true;
                self.cursor.consume(3);
            }
            self.want = Want::Value;
        }
        let Some(mut byte) = self.solid()? else {
            return match self.want {
                Want::Nothing => Ok(None),
                _ => Err(self.broken("the text ends before its value does")),
            };
        };
        let mut after_comma = false;
        if self.want == Want::More && byte == b',' {
            self.cursor.consume(1);
            after_comma = true;
            self.want = match self.open.last() {
                Some(b'{') => Want::KeyOrEnd,
                _ => Want::Value,
            };
            byte = self
                .solid()?
                .ok_or_else(|| self.broken("the text ends before its value does"))?;
        }
        self.span.start = self.cursor.position();
        match (self.want, byte) {
            (Want::Nothing, _) => Err(self.broken("something follows the value")),
            (Want::KeyOrEnd, b'}') if !after_comma => Ok(Some(self.close(Step::ObjectEnd))),
            (Want::KeyOrEnd, b'"') => self.key().map(Some),
            (Want::KeyOrEnd, _) => Err(self.broken("a key is missing")),
            (Want::ValueOrEnd, b']') => Ok(Some(self.close(Step::ArrayEnd))),
            (Want::More, b'}') if self.open.last() == Some(&b'{') => {
                Ok(Some(self.close(Step::ObjectEnd)))
            }
            (Want::More, b']') if self.open.last() == Some(&b'[') => {
                Ok(Some(self.close(Step::ArrayEnd)))
            }
            (Want::More, _) => Err(self.broken("a comma is missing")),
            _ => self.value(byte).map(Some),
        }
    }

    fn close(&mut self, step: Step) -> Step {
        self.cursor.consume(1);
        self.open.pop();
        self.settle();
        step
    }

    /// A value is complete.
    fn settle(&mut self) {
        self.want = if self.open.is_empty() {
            Want::Nothing
        } else {
            Want::More
        };
    }

    fn key(&mut self) -> Result<Step, Fault> {
        self.string()?;
        let end = self.cursor.position();
        if self.solid()? != Some(b':') {
            return Err(self.broken("a colon is missing"));
        }
        self.cursor.consume(1);
        self.want = Want::Value;
        self.span.end = end;
        Ok(Step::Key)
    }

    fn value(&mut self, byte: u8) -> Result<Step, Fault> {
        let step = match byte {
            b'{' | b'[' => {
                if self.open.len() >= MAX_DEPTH {
                    return Err(self.broken("nested too deeply"));
                }
                self.cursor.consume(1);
                self.open.push(byte);
                if byte == b'{' {
                    self.want = Want::KeyOrEnd;
                    return Ok(Step::ObjectStart);
                }
                self.want = Want::ValueOrEnd;
                return Ok(Step::ArrayStart);
            }
            b'"' => {
                self.string()?;
                Step::String
            }
            b't' => self.word(b"true", Step::Bool(true))?,
            b'f' => self.word(b"false", Step::Bool(false))?,
            b'n' => self.word(b"null", Step::Null)?,
            b'-' | b'0'..=b'9' | b'N' | b'I' => self.number()?,
            _ => return Err(self.broken("no value can begin so")),
        };
        self.settle();
        Ok(step)
    }

    fn word(&mut self, word: &[u8], step: Step) -> Result<Step, Fault> {
        self.cursor.fill(word.len())?;
        if !self.cursor.buffered().starts_with(word) {
            return Err(self.broken("no value can begin so"));
        }
        self.cursor.consume(word.len());
        Ok(step)
    }

    fn number(&mut self) -> Result<Step, Fault> {
        self.text.clear();
        loop {
            if self.cursor.buffered().is_empty() && self.cursor.fill(1)? == 0 {
                break;
            }
            let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.');
            let here = self.cursor.buffered();
            let n = here.iter().take_while(|b| part(b)).count();
            let room = MAX_NUMBER.saturating_sub(self.text.len());
            let kept = here.get(..n.min(room)).unwrap_or(&[]);
            self.text.extend_from_slice(kept);
            self.liberties.cut |= n > room;
            let all = n == here.len();
            self.cursor.consume(n);
            self.cursor.budget().charge_steps(n as u64 / 64)?;
            if !all {
                break;
            }
        }
        match self.text.as_slice() {
            b"NaN" | b"Infinity" | b"-Infinity" => self.liberties.not_finite = true,
            text if well_formed(text) || self.liberties.cut => {}
            _ => return Err(self.broken("a number that is none")),
        }
        Ok(Step::Number)
    }

    /// The string at the cursor, unescaped, into `text`.
    fn string(&mut self) -> Result<(), Fault> {
        self.cursor.consume(1);
        self.text.clear();
        loop {
            if self.cursor.buffered().is_empty() && self.cursor.fill(1)? == 0 {
                return Err(self.broken("a string without its end"));
            }
            let here = self.cursor.buffered();
            let stop = memchr::memchr2(b'"', b'\\', here);
            let n = stop.unwrap_or(here.len());
            let plain = here.get(..n).unwrap_or(&[]);
            let control = plain.iter().any(|b| *b < 0x20);
            self.liberties.control_characters |= control;
            let room = self.max_text.saturating_sub(self.text.len());
            self.text
                .extend_from_slice(plain.get(..n.min(room)).unwrap_or(plain));
            self.liberties.cut |= n > room;
            let end = here.get(n).copied();
            self.cursor.consume(n);
            self.cursor
                .budget()
                .charge_steps((n as u64 / 64).saturating_add(1))?;
            match end {
                Some(b'"') => {
                    self.cursor.consume(1);
                    return Ok(());
                }
                Some(_) => self.escape()?,
                None => {}
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        self.cursor.consume(1);
        let byte = self.cursor.byte()?;
        let c = match byte {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.unicode()?,
            _ => return Err(self.broken("an escape that does not exist")),
        };
        if self.text.len() < self.max_text {
            let mut utf8 = [0; 4];
            self.text
                .extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
        } else {
            self.liberties.cut = true;
        }
        Ok(())
    }

    fn unicode(&mut self) -> Result<char, Fault> {
        let first = self.hex()?;
        if !(0xd800..0xe000).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let half = first < 0xdc00
            && self.cursor.fill(2)? >= 2
            && self.cursor.buffered().starts_with(b"\\u");
        if half {
            let back = self.cursor.position();
            self.cursor.consume(2);
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let high = first.saturating_sub(0xd800) << 10;
                let low = second.saturating_sub(0xdc00);
                let code = high.saturating_add(low).saturating_add(0x10000);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.cursor.seek(back);
        }
        self.liberties.not_unicode = true;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let digits = self.cursor.array::<4>()?;
        let code = digits.filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        let code = code.as_ref().and_then(|d| std::str::from_utf8(d).ok());
        code.and_then(|d| u32::from_str_radix(d, 16).ok())
            .ok_or_else(|| self.broken("an escape that does not exist"))
    }

    /// The next byte that is no white space, not consumed.
    fn solid(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            if self.cursor.buffered().is_empty() && self.cursor.fill(1)? == 0 {
                return Ok(None);
            }
            let here = self.cursor.buffered();
            let white = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
            let n = here.iter().take_while(|b| white(b)).count();
            let byte = here.get(n).copied();
            self.cursor.consume(n);
            if byte.is_some() {
                return Ok(byte);
            }
            self.cursor.budget().charge_steps(n as u64 / 64)?;
        }
    }

    fn broken(&self, what: &'static str) -> Fault {
        Fault::broken(self.cursor.position(), what)
    }
}

/// Whether `text` is a number as the standard writes it.
fn well_formed(text: &[u8]) -> bool {
    let digits = |t: &[u8]| t.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut rest = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.first() == Some(&b'0')) {
        return false;
    }
    rest = rest.get(whole..).unwrap_or(&[]);
    if let Some(fraction) = rest.strip_prefix(b".") {
        let n = digits(fraction);
        if n == 0 {
            return false;
        }
        rest = fraction.get(n..).unwrap_or(&[]);
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or(rest.strip_prefix(b"E")) {
        let sign = exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+"));
        let exponent = sign.unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &[u8]) -> (String, Option<&'static str>) {
        let budget = Budget::default();
        let blob = Blob::from_vec(text.to_vec());
        let mut reader = Reader::new(&blob, &budget);
        let mut shown = String::new();
        loop {
            match reader.next() {
                Ok(Some(event)) => {
                    let event = format!("{event:?}");
                    let span = reader.span();
                    shown.push_str(&format!("{event}@{}..{} ", span.start, span.end));
                }
                Ok(None) => return (shown, None),
                Err(Fault::Broken(broken)) => return (shown, Some(broken.what)),
                Err(Fault::Scan(e)) => panic!("{e}"),
            }
        }
    }

    #[test]
    fn events_come_with_their_places() {
        let (shown, broken) = events(b" {\"a\" : [1, true], \"b\":null} ");
        assert_eq!(broken, None);
        assert_eq!(
            shown,
            "ObjectStart@1..2 Key(\"a\")@2..5 ArrayStart@8..9 Number(\"1\")@9..10 \
             Bool(true)@12..16 ArrayEnd@16..17 Key(\"b\")@19..22 Null@23..27 ObjectEnd@27..28 "
        );
    }

    #[test]
    fn escapes_are_read() {
        let (shown, broken) = events(br#""a\u005f\n\ud83d\ude00\ud83dx""#);
        assert_eq!(broken, None);
        assert!(shown.starts_with("String(\"a_\\n😀\u{fffd}x\")"), "{shown}");
    }

    #[test]
    fn what_is_no_json_is_broken() {
        for text in [
            "",
            "{",
            "[1",
            "[1,]",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{a:1}",
            "[1 2]",
            "\"x",
            "\"\\x\"",
            "01",
            "1.",
            "-",
            "1e",
            "truE",
            "1 2",
            "{} x",
            "nan",
            "[}",
            "{]",
            "\"\\u12g4\"",
        ] {
            assert!(events(text.as_bytes()).1.is_some(), "{text}");
        }
        for text in [
            "0",
            "-0.5e+10",
            "NaN",
            "[-Infinity]",
            "[]",
            "{}",
            "\u{feff}1",
            "[[],{}]",
        ] {
            assert_eq!(events(text.as_bytes()).1, None, "{text}");
        }
    }

    #[test]
    fn depth_is_limited() {
        assert_eq!(events(&[b'['; 2000]).1, Some("nested too deeply"));
    }

    #[test]
    fn long_texts_are_cut_and_said_to_be() {
        let budget = Budget::default();
        let blob = Blob::from_vec(format!("\"{}\"", "x".repeat(1_000_000)).into_bytes());
        let mut reader = Reader::new(&blob, &budget).with_max_text(10);
        assert_eq!(reader.next().unwrap(), Some(Event::String("xxxxxxxxxx")));
        assert_eq!(reader.span(), 0..1_000_002);
        assert!(reader.liberties().cut);
    }
}
