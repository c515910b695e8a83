//! Pickles, programs and archives that lie in attributes and datasets.
//!
//! PyTables (and so pandas) stores what HDF5 has no type for as a pickle: in a text attribute, which it
//! unpickles when it reads one that ends in a full stop, and in variable-length arrays of bytes that are
//! marked `PSEUDOATOM = object`. Only the beginnings of attributes and of datasets of bytes are looked
//! at; wider numbers are weights.

use std::ops::Range;

use ma_core::{Blob, Budget, ScanError};
use ma_wire::Content;

use crate::model::{AttrValue, Attribute, Class, Dataset, File, Object};
use crate::parse;
use crate::pickle_text;

/// Bytes that tell what something is.
const HEAD: u64 = 4096;
/// Beginnings that are read in one file.
const MAX_LOOKS: usize = 20_000;
/// Elements of a variable-length dataset that are looked at.
const MAX_ELEMENTS: u64 = 1024;
/// What is handed out of one file.
const MAX_PAYLOADS: usize = 4096;

/// Something that is more than numbers and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The way to it: `/table@title`, `/objects[3]`.
    pub route: String,
    /// Where it lies.
    pub range: Range<u64>,
    /// What it looks like.
    pub content: Content,
}

/// What was found, and what was not looked at.
#[derive(Debug, Default)]
pub struct Payloads {
    /// What was found.
    pub found: Vec<Payload>,
    /// Why something was not looked at: sentences.
    pub unread: Vec<String>,
}

/// Looks for payloads.
///
/// # Errors
/// When the bytes can't be read, or the budget is used up.
pub fn look(blob: &Blob, budget: &Budget, file: &File) -> Result<Payloads, ScanError> {
    let mut looks = Looks {
        blob,
        budget,
        tables: is_pytables(file),
        left: MAX_LOOKS,
        all: Payloads::default(),
    };
    for object in &file.objects {
        for attribute in &object.attributes {
            looks.attribute(object, attribute)?;
        }
        if let Some(dataset) = &object.dataset {
            looks.dataset(file, object, dataset)?;
        }
    }
    if looks.left == 0 {
        let text = format!("only {MAX_LOOKS} values were looked at for pickles and programs");
        looks.all.unread.push(text);
    }
    if looks.all.found.len() >= MAX_PAYLOADS {
        let text = format!("only the first {MAX_PAYLOADS} pickles and programs were handed on");
        looks.all.unread.push(text);
    }
    Ok(looks.all)
}

/// Whether PyTables or pandas wrote the file.
fn is_pytables(file: &File) -> bool {
    file.objects.first().is_some_and(|root| {
        root.attribute("PYTABLES_FORMAT_VERSION").is_some() || root.attribute("CLASS").is_some()
    })
}

struct Looks<'a> {
    blob: &'a Blob,
    budget: &'a Budget,
    tables: bool,
    left: usize,
    all: Payloads,
}

impl Looks<'_> {
    /// The first bytes of a range.
    fn head(&mut self, range: &Range<u64>) -> Result<Vec<u8>, ScanError> {
        if self.left == 0 || range.start >= range.end || range.end > self.blob.len() {
            return Ok(Vec::new());
        }
        self.left = self.left.saturating_sub(1);
        self.budget.charge_steps(1)?;
        let end = range.end.min(range.start.saturating_add(HEAD));
        self.blob.read(range.start..end, self.budget)
    }

    fn note(&mut self, route: String, range: Range<u64>, content: Content) {
        if self.all.found.len() < MAX_PAYLOADS {
            self.all.found.push(Payload {
                route,
                range,
                content,
            });
        }
    }

    fn attribute(&mut self, object: &Object, attribute: &Attribute) -> Result<(), ScanError> {
        let class = attribute.dtype.as_ref().map(|t| &t.class);
        let (range, text) = match (&attribute.value, class) {
            (AttrValue::Text(text), _) => {
                let Some(range) = attribute.text_ranges.first() else {
                    return Ok(());
                };
                (range.clone(), Some(text))
            }
            (AttrValue::Bytes(bytes), Some(class)) if bytes.len() > 8 && is_bytes(class, 1) => {
                (attribute.data.clone(), None)
            }
            _ => return Ok(()),
        };
        // Most texts need no second look.
        let plain = |t: &String| {
            let first = t.as_bytes().first().copied().unwrap_or(b'{');
            !t.ends_with('.') && (first.is_ascii_alphanumeric() || b"{[<\" ".contains(&first))
        };
        if text
            .is_some_and(|t| t.len() < 3 || (plain(t) && !t.starts_with("MZ") && !t.contains('\n')))
        {
            return Ok(());
        }
        let head = self.head(&range)?;
        let mut content = Content::of(&head);
        if content == Content::Other {
            let whole = range.end.saturating_sub(range.start) == head.len() as u64;
            if pickle_text::looks_so(&head, whole, self.tables) {
                content = Content::Pickle;
            }
        }
        if content.is_active() {
            let route = format!("{}@{}", object.path, attribute.name);
            self.note(crate::rules::short(&route), range, content);
        }
        Ok(())
    }

    fn dataset(
        &mut self,
        file: &File,
        object: &Object,
        dataset: &Dataset,
    ) -> Result<(), ScanError> {
        let Some(dtype) = &dataset.dtype else {
            return Ok(());
        };
        let marked = object
            .attribute("PSEUDOATOM")
            .is_some_and(|a| a.value.as_text() == Some("object"));
        match &dtype.class {
            Class::Vlen(base) if base.size == 1 || marked => {
                self.sequences(file, object, dataset, marked)
            }
            Class::VlenString { .. } => self.sequences(file, object, dataset, false),
            class if is_bytes(class, dtype.size) && dataset.filters.is_empty() => {
                self.bytes(object, dataset)
            }
            _ => Ok(()),
        }
    }

    /// A dataset of bytes: its beginning.
    fn bytes(&mut self, object: &Object, dataset: &Dataset) -> Result<(), ScanError> {
        let Some(range) = dataset.data.first().cloned() else {
            return Ok(());
        };
        if range.end.saturating_sub(range.start) < 8 {
            return Ok(());
        }
        let head = self.head(&range)?;
        let content = Content::of(&head);
        if content.is_active() {
            let route = crate::rules::short(&object.path);
            if dataset.data.len() > 1 {
                self.all.unread.push(format!(
                    "of `{route}`, which holds {content} in pieces, the first piece was handed on"
                ));
            }
            self.note(route, range, content);
        }
        Ok(())
    }

    /// A dataset of sequences: the beginnings of its first elements.
    fn sequences(
        &mut self,
        file: &File,
        object: &Object,
        dataset: &Dataset,
        marked: bool,
    ) -> Result<(), ScanError> {
        let path = crate::rules::short(&object.path);
        let known = dataset.filters.iter().all(|f| matches!(f.id, 1..=3));
        if self.left == 0 || (!known && !marked) {
            return Ok(());
        }
        let elements = parse::sequences(self.blob, self.budget, file, dataset, MAX_ELEMENTS)?;
        if let (true, Some(why)) = (marked, elements.broken) {
            self.all.unread.push(format!(
                "`{path}` holds pickles, and not all were looked at: {why}"
            ));
        }
        for (i, range) in elements.found.iter().enumerate() {
            let head = self.head(range)?;
            let mut content = Content::of(&head);
            let whole = range.end.saturating_sub(range.start) == head.len() as u64;
            if content == Content::Other && marked && pickle_text::looks_so(&head, whole, true) {
                content = Content::Pickle;
            }
            if content.is_active() || (marked && content != Content::Zeros && !head.is_empty()) {
                // Whatever is marked so is unpickled.
                let content = if marked { Content::Pickle } else { content };
                self.note(format!("{path}[{i}]"), range.clone(), content);
            }
        }
        if marked && dataset.elements().is_some_and(|n| n > MAX_ELEMENTS) {
            self.all.unread.push(format!(
                "`{path}` holds pickles, of which the first {MAX_ELEMENTS} were looked at"
            ));
        }
        Ok(())
    }
}

/// Whether elements of this class are bytes to somebody, and not numbers.
fn is_bytes(class: &Class, size: u32) -> bool {
    match class {
        Class::Integer { .. } | Class::Bitfield => size == 1,
        Class::Opaque { .. } | Class::FixedString { .. } => true,
        Class::Array { base, .. } => base.size == 1,
        _ => false,
    }
}
