//! The JSON of the header, read as a stream of events.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::hash::{Hash, Hasher};
use std::ops::Range;

use ma_core::{Blob, Budget, ScanError};
use ma_wire::json::{Event, Reader};
use ma_wire::{Fault, OrBroken};

use super::{MAX_TENSORS, note};
use crate::model::{AnomalyKind, DTYPES, Metadata, Safetensors, Tensor};

/// Bytes of a name or value that are kept.
const MAX_TEXT: usize = 64 * 1024;
/// Entries of `__metadata__` that are kept.
const MAX_METADATA: usize = 10_000;
/// Dimensions of a tensor that are kept.
const MAX_RANK: usize = 64;
/// Nesting beyond which a header is no longer plain.
const MAX_NESTING: usize = 8;

struct Parser<'f, 'b> {
    reader: Reader<'b>,
    /// Where the header begins in the file.
    base: u64,
    file: &'f mut Safetensors,
    deep: bool,
}

/// Reads the header of `file` into it.
pub(super) fn read(blob: &Blob, budget: &Budget, file: &mut Safetensors) -> Result<(), ScanError> {
    let range = file.header.clone();
    let Ok(header) = blob.slice(range.clone()) else {
        return Ok(());
    };
    let mut parser = Parser {
        reader: Reader::new(&header, budget).with_max_text(MAX_TEXT),
        base: range.start,
        file,
        deep: false,
    };
    let outcome = parser.top().or_broken()?;
    let deep = parser.deep;
    let taken = parser.reader.liberties();
    let liberties = [
        (taken.byte_order_mark, "a byte order mark before the text"),
        (taken.not_finite, "a number that JSON does not have"),
        (taken.not_unicode, "text that is no Unicode"),
        (
            taken.control_characters,
            "control characters inside a string",
        ),
    ];
    for (_, what) in liberties.into_iter().filter(|(is, _)| *is) {
        note(file, AnomalyKind::Shape(what), range.clone(), "");
    }
    if let Err(mut broken) = outcome {
        broken.at = broken.at.saturating_add(range.start);
        let at = broken.at..range.end.max(broken.at);
        note(file, AnomalyKind::Json(broken), at, "");
    }
    let tensors = (file.tensors.len() as u64).saturating_add(file.not_kept);
    let bloated = [
        (deep, "values nested deeper than any header needs"),
        (tensors > 1_000_000, "more than a million tensors"),
        (
            range.end > 10 << 20 && range.end > file.len.div_euclid(10),
            "a header of more than a tenth of the file",
        ),
    ];
    for (_, what) in bloated.into_iter().filter(|(is, _)| *is) {
        note(file, AnomalyKind::Bloated(what), range.clone(), "");
    }
    Ok(())
}

/// Keys of one object, to tell those that occur twice. Texts are not kept: what hashes alike is
/// the same for all but a constructed header, and then the worst is a repeat that is none.
#[derive(Default)]
struct Keys(HashMap<u64, ()>);

impl Keys {
    fn repeats(&mut self, key: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        match self.0.entry(hasher.finish()) {
            Entry::Occupied(_) => true,
            Entry::Vacant(place) => {
                place.insert(());
                false
            }
        }
    }
}

impl Parser<'_, '_> {
    fn span(&self) -> Range<u64> {
        let span = self.reader.span();
        span.start.saturating_add(self.base)..span.end.saturating_add(self.base)
    }

    fn note(&mut self, kind: AnomalyKind, range: Range<u64>, name: &str) {
        let name = ma_core::text::shorten(name, 200).into_owned();
        note(self.file, kind, range, name);
    }

    fn top(&mut self) -> Result<(), Fault> {
        match self.reader.next()? {
            Some(Event::ObjectStart) => {}
            _ => {
                let span = self.span();
                self.note(AnomalyKind::Shape("the header is no object"), span, "");
                return Ok(());
            }
        }
        let mut keys = Keys::default();
        while let Some(name) = self.key()? {
            let at = self.span();
            if keys.repeats(&name) {
                self.note(AnomalyKind::DuplicateKey, at.clone(), &name);
            }
            if name == "__metadata__" {
                self.metadata()?;
            } else {
                if odd_name(&name) {
                    self.note(AnomalyKind::OddName, at.clone(), &name);
                }
                self.tensor(at, &name)?;
            }
        }
        // Whatever follows the object breaks the reader.
        self.reader.next()?;
        Ok(())
    }

    /// The next key of the object that is being read; `None` at its end.
    fn key(&mut self) -> Result<Option<String>, Fault> {
        Ok(match self.reader.next()? {
            Some(Event::Key(key)) => Some(key.to_owned()),
            _ => None,
        })
    }

    fn metadata(&mut self) -> Result<(), Fault> {
        if !matches!(self.reader.next()?, Some(Event::ObjectStart)) {
            let span = self.span();
            self.note(AnomalyKind::MetadataNotText, span, "__metadata__");
            return self.skip_to(1);
        }
        let mut keys = Keys::default();
        while let Some(key) = self.key()? {
            let at = self.span();
            if keys.repeats(&key) {
                self.note(AnomalyKind::DuplicateKey, at, &key);
            }
            let (value, range) = self.any()?;
            if value.is_none() {
                self.note(AnomalyKind::MetadataNotText, range.clone(), &key);
            }
            if self.file.metadata.len() < MAX_METADATA {
                self.file.metadata.push(Metadata { key, value, range });
            }
        }
        Ok(())
    }

    fn tensor(&mut self, name: Range<u64>, text: &str) -> Result<(), Fault> {
        if !matches!(self.reader.next()?, Some(Event::ObjectStart)) {
            let span = self.span();
            let what = "what should describe a tensor is no object";
            self.note(AnomalyKind::Shape(what), span, text);
            return self.skip_to(1);
        }
        let start = self.span().start;
        let mut tensor = Tensor {
            name,
            entry: start..start,
            dtype: None,
            shape: Box::default(),
            offsets: None,
        };
        let mut keys = Keys::default();
        let mut seen = [false; 3];
        while let Some(key) = self.key()? {
            let at = self.span();
            if keys.repeats(&key) {
                self.note(
                    AnomalyKind::DuplicateKey,
                    at.clone(),
                    &format!("{text}.{key}"),
                );
            }
            match key.as_str() {
                "dtype" => {
                    seen[0] = true;
                    self.dtype(&mut tensor, text)?;
                }
                "shape" => {
                    seen[1] = true;
                    let what = "a shape that is no list of whole numbers";
                    tensor.shape = self.numbers(text, what)?.into();
                }
                "data_offsets" => {
                    seen[2] = true;
                    self.offsets(&mut tensor, text)?;
                }
                _ => {
                    let (_, range) = self.any()?;
                    let whole = at.start..range.end;
                    self.note(AnomalyKind::ExtraField, whole, &format!("{text}.{key}"));
                }
            }
        }
        tensor.entry.end = self.span().end;
        if seen.contains(&false) {
            let what = "a tensor without its dtype, shape or data_offsets";
            self.note(AnomalyKind::Shape(what), tensor.entry.clone(), text);
        }
        if self.file.tensors.len() < MAX_TENSORS {
            self.file.tensors.push(tensor);
        } else {
            self.file.not_kept = self.file.not_kept.saturating_add(1);
        }
        Ok(())
    }

    fn dtype(&mut self, tensor: &mut Tensor, name: &str) -> Result<(), Fault> {
        let (text, range) = self.any()?;
        let text = text.unwrap_or_default();
        let known = DTYPES.iter().position(|(dtype, _)| *dtype == text);
        tensor.dtype = known.and_then(|i| u8::try_from(i).ok());
        if known.is_none() {
            let shown = ma_core::text::shorten(&text, 40).into_owned();
            self.note(AnomalyKind::UnknownDtype(shown), range, name);
        }
        Ok(())
    }

    fn offsets(&mut self, tensor: &mut Tensor, name: &str) -> Result<(), Fault> {
        let at = self.reader.position().saturating_add(self.base);
        let what = "data_offsets that are not two whole numbers";
        let numbers = self.numbers(name, what)?;
        match numbers.as_slice() {
            [begin, end] => tensor.offsets = Some((*begin, *end)),
            _ => {
                let range = at..self.span().end;
                self.note(AnomalyKind::Shape(what), range, name);
            }
        }
        Ok(())
    }

    /// A list of numbers; what is none is noted and left out.
    fn numbers(&mut self, name: &str, what: &'static str) -> Result<Vec<u64>, Fault> {
        let mut numbers = Vec::new();
        let outside = self.reader.depth();
        if !matches!(self.reader.next()?, Some(Event::ArrayStart)) {
            let span = self.span();
            self.note(AnomalyKind::Shape(what), span, name);
            self.skip_to(outside)?;
            return Ok(numbers);
        }
        loop {
            let number = match self.reader.next()? {
                Some(Event::ArrayEnd) => return Ok(numbers),
                Some(Event::Number(text)) => text.parse().ok(),
                _ => None,
            };
            match number {
                Some(n) if numbers.len() < MAX_RANK => numbers.push(n),
                _ => {
                    let span = self.span();
                    self.note(AnomalyKind::Shape(what), span, name);
                    return self.skip_to(outside).map(|()| numbers);
                }
            }
        }
    }

    /// Any value with its place: a text is returned, the rest is skipped.
    fn any(&mut self) -> Result<(Option<String>, Range<u64>), Fault> {
        let depth = self.reader.depth();
        let text = match self.reader.next()? {
            Some(Event::String(text)) => Some(text.to_owned()),
            _ => None,
        };
        let start = self.span().start;
        self.skip_to(depth)?;
        Ok((text, start..self.span().end))
    }

    /// Skips until no more than `depth` arrays and objects are open.
    fn skip_to(&mut self, depth: usize) -> Result<(), Fault> {
        while self.reader.depth() > depth {
            self.deep |= self.reader.depth() > MAX_NESTING;
            if self.reader.next()?.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Whether a name, used as a file name by who takes a model apart, would be more than one, or would
/// show as another.
fn odd_name(name: &str) -> bool {
    let absolute = name.starts_with(['/', '\\']) || name.get(1..3) == Some(":\\");
    let upward = name.split(['/', '\\']).any(|part| part == "..");
    absolute || upward || name.chars().any(|c| c.is_control())
}
