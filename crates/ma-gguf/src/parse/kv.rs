//! The keys and values.

use ma_core::{RegionKind, cursor::WINDOW};

use super::reader::{Stop, hash};
use super::{Parser, SIGNED_END};
use crate::model::{AnomalyKind, Array, Kv, Strings, Template, Text, Value};
use crate::types::{ARRAY, BOOL, STRING, is_value_type, value_size};

/// Keys with values that are kept.
const KEPT_KEYS: usize = 16_384;
/// Keys that are compared with each other.
const COMPARED_KEYS: usize = 1 << 18;
/// Bytes of a key that are read; longer ones are refused by the specification.
pub(crate) const LONGEST_KEY: u64 = 65_535;
/// Bytes of a text that are kept.
const KEPT_TEXT: usize = 1024;
/// Tokens that are compared with each other.
const COMPARED_TOKENS: usize = 1 << 21;
/// Texts of a list that are walked in one turn.
const TURN: u64 = 4096;
/// Entries of a list of templates that are handed out.
const KEPT_ENTRIES: usize = 256;
/// Templates that are handed out.
const KEPT_TEMPLATES: usize = 4096;
/// Lists within lists that are followed.
const DEEPEST: usize = 16;
/// Bytes of a list of truth values that are looked at.
const LOOKED_BOOLS: u64 = 1 << 20;
/// Elements from which on a list of texts is a vocabulary.
const VOCABULARY: u64 = 1024;
/// Bytes of a value that are compared when a key is given twice.
const COMPARED_VALUE: u64 = 1 << 16;

/// A key for the comparison of keys.
struct Record {
    hash: u64,
    key: std::ops::Range<u64>,
    value: std::ops::Range<u64>,
}

/// Whether the values of a key are chat templates.
fn is_template_key(key: &str) -> bool {
    key.contains("chat_template")
}

/// Whether a text under that key holds a vocabulary.
fn is_vocabulary_key(key: &str) -> bool {
    key == "tokenizer.huggingface.json" || key == "tokenizer.rwkv.world"
}

impl Parser<'_> {
    /// All keys.
    pub(super) fn kvs(&mut self) -> Result<(), Stop> {
        let mut records = Vec::new();
        let result = self.each_key(&mut records);
        self.repeated_keys(records)?;
        result
    }

    fn each_key(&mut self, records: &mut Vec<Record>) -> Result<(), Stop> {
        while self.out.kvs_read < self.out.kv_count {
            self.reader.tick()?;
            self.one_key(records)?;
            self.out.kvs_read = self.out.kvs_read.saturating_add(1);
        }
        Ok(())
    }

    fn one_key(&mut self, records: &mut Vec<Record>) -> Result<(), Stop> {
        let start = self.reader.position();
        let Some(len) = self.reader.size()? else {
            return Err(self.cut("a key", start));
        };
        if !self.fits("bytes of a key", len, 1, start, "") {
            return Err(Stop::Broken);
        }
        let at = self.reader.position();
        let bytes = self
            .reader
            .take(len, usize::try_from(LONGEST_KEY).unwrap_or(0))?;
        let key_range = at..at.saturating_add(len);
        let key = String::from_utf8_lossy(&bytes).into_owned();
        self.check_key(&bytes, len, key_range.clone());
        let Some(kind) = self.reader.u32()? else {
            return Err(self.cut("the type of a value", start));
        };
        let value_start = self.reader.position();
        if !is_value_type(kind) {
            let range = value_start.saturating_sub(4)..value_start;
            self.note(AnomalyKind::UnknownValueType(kind), range, shown(&key));
            return Err(Stop::Broken);
        }
        let value = self.value(kind, &key)?;
        let value_range = self.reader.since(value_start);
        if records.len() < COMPARED_KEYS {
            records.push(Record {
                hash: hash(&bytes),
                key: key_range,
                value: value_start.saturating_sub(4)..value_range.end,
            });
        } else if records.len() == COMPARED_KEYS && self.out.kvs_read == COMPARED_KEYS as u64 {
            let detail = format!("keys after the first {COMPARED_KEYS} were not compared");
            self.unread(true, detail, value_range.clone());
        }
        let kv = Kv {
            range: start..value_range.end,
            key,
            kind,
            value,
            value_range,
        };
        self.describe(&kv);
        self.keep(kv);
        Ok(())
    }

    fn keep(&mut self, kv: Kv) {
        let kept = self.out.kvs.len();
        // What loaders act on can't be pushed out by many keys before it.
        let known = kv.key.starts_with("tokenizer.") || kv.key.starts_with("general.");
        if kept < KEPT_KEYS || (known && kept < KEPT_KEYS.saturating_mul(2)) {
            self.out.kvs.push(kv);
        } else if kept == KEPT_KEYS && self.out.kvs_read == KEPT_KEYS as u64 || known {
            let detail = format!("the values of keys after the first {KEPT_KEYS} were not judged");
            if !self.out.unread.iter().any(|u| u.detail == detail) {
                self.unread(true, detail, kv.range);
            }
        }
    }

    fn check_key(&mut self, bytes: &[u8], len: u64, range: std::ops::Range<u64>) {
        let (what, harmless) = if len == 0 {
            ("is empty", false)
        } else if len > LONGEST_KEY {
            ("is longer than 65,535 bytes", false)
        } else if bytes.iter().any(|b| *b < 0x20 || *b == 0x7f) {
            ("holds control characters", false)
        } else if std::str::from_utf8(bytes).is_err() {
            ("is not UTF-8", false)
        } else if !bytes.is_ascii() {
            ("holds characters beyond ASCII", true)
        } else {
            return;
        };
        let of = "key";
        let route = shown(&String::from_utf8_lossy(bytes));
        let kind = AnomalyKind::BadName { of, what, harmless };
        self.note(kind, range, route);
    }

    fn value(&mut self, kind: u32, key: &str) -> Result<Value, Stop> {
        let start = self.reader.position();
        if kind == STRING {
            let Some(len) = self.reader.size()? else {
                return Err(self.cut("the length of a text", start));
            };
            if !self.fits("bytes of a text", len, 1, start, &shown(key)) {
                return Err(Stop::Broken);
            }
            return Ok(Value::Str(self.text(len)?));
        }
        if kind == ARRAY {
            return Ok(Value::Array(self.array(key)?));
        }
        let value = self.scalar(kind)?;
        let Some(value) = value else {
            return Err(self.cut("a value", start));
        };
        if let Value::Bool(byte @ 2..) = value {
            let kind = AnomalyKind::BadBool { byte, count: 1 };
            self.note(kind, self.reader.since(start), shown(key));
        }
        Ok(value)
    }

    fn scalar(&mut self, kind: u32) -> Result<Option<Value>, Stop> {
        let r = &mut self.reader;
        // Numbers are widened from their own width, so that a sign is kept.
        Ok(match kind {
            0 => r.u8()?.map(|n| Value::Uint(n.into())),
            1 => r.u8()?.map(|n| Value::Int(n.cast_signed().into())),
            2 => r.u16()?.map(|n| Value::Uint(n.into())),
            3 => r.u16()?.map(|n| Value::Int(n.cast_signed().into())),
            4 => r.u32()?.map(|n| Value::Uint(n.into())),
            5 => r.u32()?.map(|n| Value::Int(n.cast_signed().into())),
            6 => r.u32()?.map(|n| Value::Float(f32::from_bits(n).into())),
            BOOL => r.u8()?.map(Value::Bool),
            10 => r.u64()?.map(Value::Uint),
            11 => r.u64()?.map(|n| Value::Int(n.cast_signed())),
            _ => r.u64()?.map(|n| Value::Float(f64::from_bits(n))),
        })
    }

    /// The next `len` bytes, which are there, as a text.
    fn text(&mut self, len: u64) -> Result<Text, Stop> {
        let at = self.reader.position();
        let bytes = self.reader.take(len, KEPT_TEXT)?;
        Ok(Text {
            range: at..at.saturating_add(len),
            start: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }

    fn array(&mut self, key: &str) -> Result<Array, Stop> {
        let start = self.reader.position();
        let (elem, len) = self.array_head(start)?;
        let mut array = Array {
            elem,
            len,
            depth: 1,
            strings: None,
        };
        let mut lists = vec![(elem, len)];
        while let Some((elem, left)) = lists.pop() {
            self.reader.tick()?;
            if elem != ARRAY {
                self.list(elem, left, key, start, &mut array)?;
                continue;
            }
            let each = self.reader.width().saturating_add(4);
            if !self.fits("lists in a list", left, each, start, &shown(key)) {
                return Err(Stop::Broken);
            }
            let Some(left) = left.checked_sub(1) else {
                continue;
            };
            lists.push((elem, left));
            let inner = self.array_head(start)?;
            array.elem = inner.0;
            let depth = lists.len().saturating_add(1);
            array.depth = array.depth.max(u32::try_from(depth).unwrap_or(u32::MAX));
            if depth > DEEPEST {
                let detail = format!("lists deeper than {DEEPEST} are not followed");
                self.unread(true, detail, self.reader.since(start));
                self.nested(start, array.depth, key);
                return Err(Stop::Broken);
            }
            lists.push(inner);
        }
        if array.depth > 1 {
            self.nested(start, array.depth, key);
        }
        Ok(array)
    }

    fn nested(&mut self, start: u64, depth: u32, key: &str) {
        let range = self.reader.since(start);
        self.note(AnomalyKind::NestedArray { depth }, range, shown(key));
    }

    fn array_head(&mut self, start: u64) -> Result<(u32, u64), Stop> {
        let (Some(elem), Some(len)) = (self.reader.u32()?, self.reader.size()?) else {
            return Err(self.cut("a list", start));
        };
        if !is_value_type(elem) {
            let range = self.reader.since(start);
            self.note(AnomalyKind::UnknownValueType(elem), range, "");
            return Err(Stop::Broken);
        }
        Ok((elem, len))
    }

    /// The elements of one list that holds no lists.
    fn list(
        &mut self,
        elem: u32,
        len: u64,
        key: &str,
        start: u64,
        array: &mut Array,
    ) -> Result<(), Stop> {
        let route = shown(key);
        if elem == STRING {
            let each = self.reader.width();
            if !self.fits("texts in a list", len, each, start, &route) {
                return Err(Stop::Broken);
            }
            let strings = array.strings.get_or_insert_with(Strings::default);
            return self.strings(len, key, strings);
        }
        let size = value_size(elem).unwrap_or(1);
        if !self.fits("elements of a list", len, size, start, &route) {
            return Err(Stop::Broken);
        }
        let total = len.saturating_mul(size);
        if elem == BOOL {
            self.bools(len, &route)?;
        } else {
            self.reader.cursor.skip(total);
        }
        Ok(())
    }

    fn bools(&mut self, len: u64, route: &str) -> Result<(), Stop> {
        let start = self.reader.position();
        let end = start.saturating_add(len);
        let looked = len.min(LOOKED_BOOLS);
        let mut bad = (0u8, 0u64);
        let mut left = looked;
        while left > 0 {
            let part = left.min(WINDOW as u64);
            let bytes = self.reader.take(part, WINDOW)?;
            for byte in bytes.iter().filter(|b| **b > 1) {
                bad = (
                    if bad.1 == 0 { *byte } else { bad.0 },
                    bad.1.saturating_add(1),
                );
            }
            left = left.saturating_sub(part);
        }
        self.reader.cursor.seek(end);
        if looked < len {
            let detail = "only the first MiB of a list of truth values was looked at";
            self.unread(true, detail, start..end);
        }
        if bad.1 > 0 {
            let (byte, count) = bad;
            self.note(AnomalyKind::BadBool { byte, count }, start..end, route);
        }
        Ok(())
    }

    /// Walks `len` texts.
    fn strings(&mut self, len: u64, key: &str, out: &mut Strings) -> Result<(), Stop> {
        let compare = key == "tokenizer.ggml.tokens";
        let keep = if is_template_key(key) {
            KEPT_ENTRIES
        } else {
            0
        };
        let mut hashes: Vec<u64> = Vec::new();
        let mut left = len;
        while left > 0 {
            self.reader.tick()?;
            if out.first.len() < keep {
                self.one_text(key, |start, text, _| {
                    out.see(start, text.range.end.saturating_sub(text.range.start));
                    out.first.push(text);
                })?;
                left = left.saturating_sub(1);
                continue;
            }
            let mut see = |start: u64, len: u64, bytes: &[u8]| {
                out.see(start, len);
                if compare && hashes.len() < COMPARED_TOKENS {
                    hashes.push(hash(bytes));
                }
            };
            let walked = self.reader.texts(left.min(TURN), |start, bytes| {
                see(start, bytes.len() as u64, bytes);
            });
            self.reader.budget().charge_steps(walked)?;
            left = left.saturating_sub(walked);
            if walked == 0 {
                self.one_text(key, |start, text, bytes| {
                    see(
                        start,
                        text.range.end.saturating_sub(text.range.start),
                        bytes,
                    );
                })?;
                left = left.saturating_sub(1);
            }
        }
        if keep > 0 && len > keep as u64 {
            let detail = format!("templates after the first {keep} of a list were not handed out");
            self.unread(true, detail, self.reader.since(out.longest_at));
        }
        if compare && len > COMPARED_TOKENS as u64 {
            let detail = format!("tokens after the first {COMPARED_TOKENS} were not compared");
            self.unread(true, detail, self.reader.since(out.longest_at));
        }
        hashes.sort_unstable();
        let repeats = hashes.windows(2).filter(|w| w.first() == w.last()).count();
        out.repeated = out.repeated.saturating_add(repeats as u64);
        Ok(())
    }

    /// One text of a list, wherever it lies, with its first bytes.
    fn one_text(&mut self, key: &str, each: impl FnOnce(u64, Text, &[u8])) -> Result<(), Stop> {
        let start = self.reader.position();
        let Some(len) = self.reader.size()? else {
            return Err(self.cut("a list of texts", start));
        };
        if len > self.reader.remaining() {
            self.fits("bytes of a text in a list", len, 1, start, &shown(key));
            return Err(Stop::Broken);
        }
        let at = self.reader.position();
        let bytes = self.reader.take(len, WINDOW)?;
        let kept = bytes.get(..KEPT_TEXT.min(bytes.len())).unwrap_or(&[]);
        let text = Text {
            range: at..at.saturating_add(len),
            start: String::from_utf8_lossy(kept).into_owned(),
        };
        each(start, text, &bytes);
        Ok(())
    }

    /// What the parts of a key and its value are to detectors, and the templates in it.
    fn describe(&mut self, kv: &Kv) {
        let head = kv.range.start..kv.value_range.start;
        self.segment(head, RegionKind::Metadata, &shown(&kv.key));
        let kind = match &kv.value {
            Value::Str(text) if is_template_key(&kv.key) => {
                self.template(kv.key.clone(), text);
                return;
            }
            Value::Str(_) if is_vocabulary_key(&kv.key) => RegionKind::Vocabulary,
            Value::Array(array) => {
                let texts = array.strings.as_ref();
                if let Some(strings) = texts.filter(|_| is_template_key(&kv.key)) {
                    for (i, text) in strings.first.iter().enumerate() {
                        // Short entries without a brace are names of templates.
                        if text.start.len() > 64 || text.start.contains('{') {
                            self.template(format!("{}[{i}]", kv.key), text);
                        }
                    }
                    RegionKind::Metadata
                } else if texts.is_some() {
                    let words = kv.key.starts_with("tokenizer.") || array.len >= VOCABULARY;
                    if words {
                        RegionKind::Vocabulary
                    } else {
                        RegionKind::Metadata
                    }
                } else {
                    RegionKind::Weights
                }
            }
            _ => RegionKind::Metadata,
        };
        self.segment(kv.value_range.clone(), kind, &shown(&kv.key));
    }

    fn template(&mut self, mut name: String, text: &Text) {
        if text.range.is_empty() {
            return;
        }
        if self.out.templates.len() >= KEPT_TEMPLATES {
            let detail = format!("templates after the first {KEPT_TEMPLATES} were not handed out");
            if !self.out.unread.iter().any(|u| u.detail == detail) {
                self.unread(true, detail, text.range.clone());
            }
            return;
        }
        name = shown(&name);
        let again = self.out.templates.iter().filter(|t| t.name == name);
        let again = again.count();
        if again > 0 {
            name = format!("{name} ({})", again.saturating_add(1));
        }
        let range = text.range.clone();
        self.out.templates.push(Template { name, range });
    }

    /// Keys that are given more than once.
    fn repeated_keys(&mut self, mut records: Vec<Record>) -> Result<(), Stop> {
        records.sort_by_key(|r| (r.hash, r.key.start));
        let mut found = Vec::new();
        for pair in records.windows(2) {
            let [a, b] = pair else { continue };
            if a.hash != b.hash || found.len() > super::KEPT_ANOMALIES {
                continue;
            }
            let key = self.bytes(&a.key, LONGEST_KEY)?;
            if key != self.bytes(&b.key, LONGEST_KEY)? {
                continue;
            }
            let lengths = |r: &Record| r.value.end.saturating_sub(r.value.start);
            let same = lengths(a) == lengths(b)
                && lengths(a) <= COMPARED_VALUE
                && self.bytes(&a.value, COMPARED_VALUE)? == self.bytes(&b.value, COMPARED_VALUE)?;
            let name = shown(&String::from_utf8_lossy(&key));
            let first = a.key.start;
            found.push((
                AnomalyKind::DuplicateKey { same, first },
                b.key.clone(),
                name,
            ));
        }
        found.sort_by_key(|(_, range, _)| range.start);
        for (kind, range, name) in found {
            self.note(kind, range, name);
        }
        Ok(())
    }

    /// At most the first `most` bytes of a range.
    pub(super) fn bytes(&self, range: &std::ops::Range<u64>, most: u64) -> Result<Vec<u8>, Stop> {
        let end = range.end.min(range.start.saturating_add(most));
        let end = end.min(self.blob.len());
        let start = range.start.min(end);
        Ok(self.blob.read(start..end, self.reader.budget())?)
    }
}

/// A name as a route: cut, as found.
pub(crate) fn shown(name: &str) -> String {
    ma_core::text::shorten(name, 120).into_owned()
}

/// Whether a declared number can't be held by signed 64-bit arithmetic.
pub(super) fn overflows(n: u128) -> bool {
    n >= SIGNED_END
}
