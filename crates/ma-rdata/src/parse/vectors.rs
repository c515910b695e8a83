//! Vectors: numbers are skipped by range, strings are read one by one and the first are kept.

use ma_core::{Blob, ElementType};
use ma_wire::Content;

use super::items::{Task, Walk};
use super::reader::{NA, Read, Stop};
use crate::model::{AnomalyKind, Data, Encoding, NodeId, RawPart, Span, sexp};

/// The numbers that are kept of one vector, and of all.
const MAX_NUMBERS: u64 = 512;
const MAX_ALL_NUMBERS: usize = 1 << 20;
/// The strings that are kept of one vector.
const MAX_STRINGS: u64 = 64;
/// The bytes that are kept of a string in a short vector, and in others.
const MAX_STRING: usize = 8192;
const MAX_STRING_OF_MANY: usize = 128;
/// The bytes of a raw vector in the ASCII encoding that are decoded.
const MAX_DECODED: u64 = 256 * 1024;
/// The ranges and parts that are kept.
const MAX_SPANS: usize = 4096;
const MAX_PARTS: usize = 256;
/// What may lie between two ranges that become one.
const NEAR: u64 = 64;

impl Walk<'_> {
    /// A length; -1 announces one of 64 bits.
    fn length(&mut self) -> Read<i64> {
        let len = self.reader.int()?;
        if len != -1 {
            return Ok(i64::from(len));
        }
        let high = self.reader.int()?.cast_unsigned();
        let low = self.reader.int()?.cast_unsigned();
        if high > 65536 {
            return Err(Stop::Broken(AnomalyKind::BadLength(i64::from(high) << 32)));
        }
        Ok((i64::from(high) << 32).saturating_add(i64::from(low)))
    }

    pub(super) fn vector(&mut self, id: NodeId, kind: u8, depth: u32) -> Read<()> {
        let declared = self.length()?;
        let deeper = depth.saturating_add(1);
        match kind {
            sexp::VEC | sexp::EXPR => {
                let left = self.count(declared, 4)?;
                if let Some(node) = self.node_mut(id) {
                    node.data = Data::Items(left, Vec::new());
                }
                let depth = deeper;
                self.tasks.push(Task::Elements {
                    node: id,
                    left,
                    depth,
                });
                Ok(())
            }
            sexp::STR => {
                // Four bytes are `NULL`, which R refuses only after it has read the rest.
                let left = self.count(declared, 4)?;
                if let Some(node) = self.node_mut(id) {
                    node.data = Data::Strings(left, Vec::new());
                }
                let start = self.reader.cursor.position();
                self.tasks.push(Task::Strings {
                    node: id,
                    left,
                    start,
                    depth: deeper,
                });
                Ok(())
            }
            sexp::RAW => self.raw(id, declared),
            _ => self.numbers(id, kind, declared),
        }
    }

    fn numbers(&mut self, id: NodeId, kind: u8, declared: i64) -> Read<()> {
        let (width, each, element) = match kind {
            sexp::LGL => (4, 1, ElementType::Other),
            sexp::INT => (4, 1, ElementType::Int(32)),
            sexp::REAL => (8, 1, ElementType::F64),
            _ => (16, 2, ElementType::F64),
        };
        let len = self.count(declared, width)?;
        let start = self.reader.cursor.position();
        let numbers = len.saturating_mul(each);
        let kept = if self.numbers < MAX_ALL_NUMBERS && kind != sexp::CPLX {
            numbers.min(MAX_NUMBERS)
        } else {
            0
        };
        let whole = kind == sexp::LGL || kind == sexp::INT;
        let mut first = Vec::new();
        for _ in 0..kept {
            first.push(self.number(whole)?);
        }
        self.numbers = self.numbers.saturating_add(first.len());
        if self.reader.encoding == Encoding::Ascii {
            for i in kept..numbers {
                if i.is_multiple_of(256) {
                    self.reader.cursor.budget().charge_steps(256)?;
                }
                self.reader.word()?;
            }
        } else {
            let end = start.saturating_add(len.saturating_mul(width));
            if end > self.reader.cursor.blob().len() {
                return Err(Stop::Broken(AnomalyKind::Truncated("a vector")));
            }
            self.reader.cursor.seek(end);
            // In text, numbers are text, and nothing is hidden in them.
            self.span(start..end, Some(element), false, false);
        }
        if let Some(node) = self.node_mut(id) {
            node.data = Data::Numbers(len, first.into());
        }
        Ok(())
    }

    fn number(&mut self, whole: bool) -> Read<f64> {
        if whole {
            let value = self.reader.int()?;
            return Ok(if value == NA {
                f64::NAN
            } else {
                f64::from(value)
            });
        }
        self.reader.double()
    }

    fn raw(&mut self, id: NodeId, declared: i64) -> Read<()> {
        let len = self.count(declared, 1)?;
        let start = self.reader.cursor.position();
        let ascii = self.reader.encoding == Encoding::Ascii;
        let (head, end) = if ascii {
            let head = self.raw_words(len)?;
            (head, self.reader.cursor.position())
        } else {
            let end = start.saturating_add(len);
            if end > self.reader.cursor.blob().len() {
                return Err(Stop::Broken(AnomalyKind::Truncated("a raw vector")));
            }
            let window = self.reader.cursor.blob().slice(start..end);
            let head = window.map_or(Ok(Vec::new()), |w| w.head(4096));
            self.reader.cursor.seek(end);
            self.span(start..end, Some(ElementType::Int(8)), true, false);
            (head.map_err(ma_core::ScanError::Io)?, end)
        };
        let first: Vec<f64> = head
            .iter()
            .take(if self.numbers < MAX_ALL_NUMBERS {
                512
            } else {
                0
            })
            .map(|b| f64::from(*b))
            .collect();
        self.numbers = self.numbers.saturating_add(first.len());
        if let Some(node) = self.node_mut(id) {
            node.data = Data::Numbers(len, first.into());
        }
        let active = Content::of(&head).is_active() || super::recognise(&head) == Some(true);
        if len >= 16 && active && self.model.parts.len() < MAX_PARTS {
            self.model.parts.push(RawPart {
                node: id,
                range: start..end,
                decoded: ascii.then_some(head),
            });
        }
        Ok(())
    }

    /// Bytes as pairs of hexadecimal digits; the first of them.
    fn raw_words(&mut self, len: u64) -> Read<Vec<u8>> {
        let mut head = Vec::new();
        for i in 0..len {
            if i.is_multiple_of(256) {
                self.reader.cursor.budget().charge_steps(256)?;
            }
            let word = self.reader.word()?;
            let text = String::from_utf8_lossy(&word);
            let digits = text.get(..2).unwrap_or(&text);
            let Ok(byte) = u8::from_str_radix(digits, 16) else {
                return Err(Stop::Broken(AnomalyKind::BadNumber));
            };
            if i < MAX_DECODED {
                head.push(byte);
            }
        }
        if len > MAX_DECODED
            && Content::of_blob(&Blob::from_vec(head.clone())).is_ok_and(Content::is_active)
        {
            self.note(AnomalyKind::TextCut);
        }
        Ok(head)
    }

    /// Strings, until all are read or one is no string.
    pub(super) fn strings(&mut self, id: NodeId, left: u64, start: u64, depth: u32) -> Read<()> {
        let declared = match self.model.node(id).map(|n| &n.data) {
            Some(Data::Strings(declared, _)) => *declared,
            _ => left,
        };
        let many = declared > MAX_STRINGS;
        let mut left = left;
        self.current = Some(id);
        while let Some(rest) = left.checked_sub(1) {
            self.reader.cursor.budget().charge_steps(1)?;
            let at = self.reader.cursor.position();
            let flags = self.reader.int()?;
            left = rest;
            if flags.to_le_bytes()[0] != sexp::CHAR || flags & (1 << 9) != 0 {
                self.note(AnomalyKind::NotAString);
                self.tasks.push(Task::Strings {
                    node: id,
                    left,
                    start,
                    depth,
                });
                let slot = super::items::Slot {
                    parent: Some(id),
                    place: crate::model::Place::Item(0),
                    depth,
                };
                return self.item(at, flags, slot);
            }
            let seen = declared.saturating_sub(rest);
            let keep = match (seen <= MAX_STRINGS, many) {
                (false, _) => 0,
                (true, true) => MAX_STRING_OF_MANY,
                (true, false) => MAX_STRING,
            };
            let text = self.name(keep)?;
            if let (true, Some(node)) = (keep > 0, self.node_mut(id))
                && let Data::Strings(_, kept) = &mut node.data
            {
                kept.push(text);
            }
        }
        let end = self.reader.cursor.position();
        if end > start {
            self.span(start..end, None, false, many);
        }
        Ok(())
    }

    /// Notes a range of data; close ranges of the same kind become one.
    fn span(
        &mut self,
        range: std::ops::Range<u64>,
        element: Option<ElementType>,
        raw: bool,
        many: bool,
    ) {
        if range.is_empty() {
            return;
        }
        let full = self.model.spans.len() >= MAX_SPANS;
        if let Some(last) = self.model.spans.last_mut() {
            let same = last.element == element && last.raw == raw && last.many == many;
            // The bytes between two strings or two numbers are flags and lengths, which would make
            // numbers of other widths of the numbers behind them.
            let near = range.start.saturating_sub(last.range.end) <= NEAR;
            let joins = element.is_none() || last.range.end == range.start;
            if full || (same && near && joins) {
                last.range.end = range.end;
                if !same {
                    last.element = None;
                    last.raw = true;
                }
                return;
            }
        }
        self.model.spans.push(Span {
            range,
            element,
            raw,
            many,
        });
    }
}
