//! A JSON text as a tree: every value with its place, members in their order with their repeats.

use std::collections::HashMap;
use std::ops::Range;

use ma_core::{Blob, Budget, LimitHit, LimitKind};

use super::reader::{Event, Liberties, Reader};
use crate::fault::{Broken, Fault};

/// Memory that a tree may take unless [`parse_within`] is told otherwise, in bytes.
const MAX_MEMORY: u64 = 192 << 20;
/// What a value costs besides its text.
const PER_VALUE: u64 = 96;

/// A parsed text. Nodes are kept in one list, so dropping a deep tree costs no stack.
#[derive(Debug, Default)]
pub struct Document {
    nodes: Vec<Data>,
    /// Where the text stopped being JSON; what came before is in the tree.
    pub broken: Option<Broken>,
    /// Keys that occur more than once in one object.
    pub duplicates: Vec<Duplicate>,
    /// What it takes that the standard does not allow.
    pub liberties: Liberties,
}

/// A key that occurs again in the same object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The key.
    pub key: String,
    /// Where it stood the time before.
    pub first: Range<u64>,
    /// Where it stands again.
    pub second: Range<u64>,
    /// Whether the two values differ.
    pub differs: bool,
}

#[derive(Debug)]
struct Data {
    range: Range<u64>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Null,
    Bool(bool),
    Number(Box<str>),
    String(Box<str>),
    Array(Vec<u32>),
    Object(Vec<Entry>),
}

#[derive(Debug)]
struct Entry {
    key: Box<str>,
    range: Range<u64>,
    node: u32,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A value in a document.
#[derive(Debug, Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document,
    data: &'d Data,
}

/// A member of an object.
#[derive(Debug, Clone)]
pub struct Member<'d> {
    /// Its key.
    pub key: &'d str,
    /// Where the key stands.
    pub key_range: Range<u64>,
    /// Its value.
    pub value: Node<'d>,
}

/// Parses a text. Broken text is a result: the tree holds what came before the break.
///
/// ```
/// use ma_core::Budget;
/// use ma_wire::json;
///
/// let document = json::parse_bytes(br#"{"a": [1, "x"], "a": 2}"#, &Budget::default()).unwrap();
/// let root = document.root().unwrap();
/// assert_eq!(root.get("a").unwrap().as_u64(), Some(2));
/// assert_eq!(document.duplicates[0].key, "a");
/// ```
///
/// # Errors
/// When the bytes can't be read, or the tree would take too much memory.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Document, Fault> {
    parse_within(blob, budget, MAX_MEMORY)
}

/// Parses bytes in memory.
///
/// # Errors
/// As [`parse`].
pub fn parse_bytes(bytes: &[u8], budget: &Budget) -> Result<Document, Fault> {
    parse(&Blob::from_vec(bytes.to_vec()), budget)
}

/// Parses a text into a tree of at most `max_memory` bytes.
///
/// # Errors
/// When the bytes can't be read, or the tree would take more.
pub fn parse_within(blob: &Blob, budget: &Budget, max_memory: u64) -> Result<Document, Fault> {
    let mut builder = Builder::default();
    let mut reader = Reader::new(blob, budget);
    loop {
        match reader.next() {
            Ok(Some(event)) => {
                let event = Owned::of(event);
                let span = reader.span();
                builder.take(event, span);
            }
            Ok(None) => break,
            Err(Fault::Broken(broken)) => {
                builder.document.broken = Some(broken);
                break;
            }
            Err(e) => return Err(e),
        }
        if builder.memory > max_memory {
            return Err(Fault::from(LimitHit {
                kind: LimitKind::Memory,
                limit: max_memory,
            }));
        }
    }
    builder.document.liberties = reader.liberties();
    // What is still open at a break counts as closed there.
    let end = reader.position();
    while let Some(open) = builder.open.pop() {
        builder.close(open, end);
    }
    Ok(builder.document)
}

/// An event with its text.
enum Owned {
    ObjectStart,
    ArrayStart,
    End,
    Key(Box<str>),
    Value(Value),
}

impl Owned {
    fn of(event: Event<'_>) -> Self {
        match event {
            Event::ObjectStart => Self::ObjectStart,
            Event::ArrayStart => Self::ArrayStart,
            Event::ObjectEnd | Event::ArrayEnd => Self::End,
            Event::Key(key) => Self::Key(key.into()),
            Event::String(text) => Self::Value(Value::String(text.into())),
            Event::Number(text) => Self::Value(Value::Number(text.into())),
            Event::Bool(value) => Self::Value(Value::Bool(value)),
            Event::Null => Self::Value(Value::Null),
        }
    }
}

#[derive(Default)]
struct Builder {
    document: Document,
    open: Vec<u32>,
    key: Option<(Box<str>, Range<u64>)>,
    memory: u64,
}

impl Builder {
    fn take(&mut self, event: Owned, span: Range<u64>) {
        match event {
            Owned::ObjectStart => self.start(Value::Object(Vec::new()), span),
            Owned::ArrayStart => self.start(Value::Array(Vec::new()), span),
            Owned::End => {
                if let Some(open) = self.open.pop() {
                    self.close(open, span.end);
                }
            }
            Owned::Key(key) => {
                self.memory = self.memory.saturating_add(key.len() as u64);
                self.key = Some((key, span));
            }
            Owned::Value(value) => {
                if let Value::String(text) | Value::Number(text) = &value {
                    self.memory = self.memory.saturating_add(text.len() as u64);
                }
                self.add(value, span);
            }
        }
    }

    fn start(&mut self, value: Value, span: Range<u64>) {
        let id = self.add(value, span);
        self.open.push(id);
    }

    fn add(&mut self, value: Value, range: Range<u64>) -> u32 {
        self.memory = self.memory.saturating_add(PER_VALUE);
        let node = u32::try_from(self.document.nodes.len()).unwrap_or(u32::MAX);
        let key = self.key.take();
        if let Some(parent) = self.open.last()
            && let Some(parent) = self.document.nodes.get_mut(*parent as usize)
        {
            match (&mut parent.value, key) {
                (Value::Object(entries), Some((key, range))) => {
                    entries.push(Entry { key, range, node });
                }
                (Value::Array(items), _) => items.push(node),
                _ => {}
            }
        }
        self.document.nodes.push(Data { range, value });
        node
    }

    fn close(&mut self, id: u32, end: u64) {
        let mut found = Vec::new();
        if let Some(data) = self.document.nodes.get_mut(id as usize) {
            data.range.end = end;
        }
        if let Some(Data {
            value: Value::Object(entries),
            ..
        }) = self.document.nodes.get(id as usize)
            && entries.len() > 1
        {
            let mut seen: HashMap<&str, &Entry> = HashMap::with_capacity(entries.len());
            for entry in entries {
                if let Some(first) = seen.insert(&entry.key, entry) {
                    found.push(Duplicate {
                        key: entry.key.to_string(),
                        first: first.range.clone(),
                        second: entry.range.clone(),
                        differs: !self.document.same(first.node, entry.node),
                    });
                }
            }
        }
        self.document.duplicates.extend(found);
    }
}

impl Document {
    /// The outermost value; `None` when the text broke before there was one.
    #[must_use]
    pub fn root(&self) -> Option<Node<'_>> {
        self.node(0)
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True without any value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn node(&self, id: u32) -> Option<Node<'_>> {
        let data = self.nodes.get(id as usize)?;
        Some(Node {
            document: self,
            data,
        })
    }

    /// Whether two values are the same; two arrays or objects are taken as different unless both are
    /// empty, which is enough to tell a harmless repeat from one that matters.
    fn same(&self, a: u32, b: u32) -> bool {
        let value = |id: u32| self.nodes.get(id as usize).map(|d| &d.value);
        match (value(a), value(b)) {
            (Some(Value::Null), Some(Value::Null)) => true,
            (Some(Value::Bool(a)), Some(Value::Bool(b))) => a == b,
            (Some(Value::Number(a)), Some(Value::Number(b)))
            | (Some(Value::String(a)), Some(Value::String(b))) => a == b,
            (Some(Value::Array(a)), Some(Value::Array(b))) => a.is_empty() && b.is_empty(),
            (Some(Value::Object(a)), Some(Value::Object(b))) => a.is_empty() && b.is_empty(),
            _ => false,
        }
    }
}

impl<'d> Node<'d> {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> NodeKind {
        match self.data.value {
            Value::Null => NodeKind::Null,
            Value::Bool(_) => NodeKind::Bool,
            Value::Number(_) => NodeKind::Number,
            Value::String(_) => NodeKind::String,
            Value::Array(_) => NodeKind::Array,
            Value::Object(_) => NodeKind::Object,
        }
    }

    /// Where it stands (quotes and brackets included).
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.data.range.clone()
    }

    /// The member of that key; the last one when it repeats, as Python takes it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Node<'d>> {
        let Value::Object(entries) = &self.data.value else {
            return None;
        };
        let entry = entries.iter().rev().find(|e| &*e.key == key)?;
        self.document.node(entry.node)
    }

    /// The members in their order, repeats included; none unless it is an object.
    pub fn members(&self) -> impl Iterator<Item = Member<'d>> + use<'d> {
        let document = self.document;
        let entries: &'d [Entry] = match &self.data.value {
            Value::Object(entries) => entries,
            _ => &[],
        };
        entries.iter().filter_map(move |entry| {
            Some(Member {
                key: &entry.key,
                key_range: entry.range.clone(),
                value: document.node(entry.node)?,
            })
        })
    }

    /// The items of an array; none unless it is one.
    pub fn items(&self) -> impl Iterator<Item = Node<'d>> + use<'d> {
        let document = self.document;
        let items: &'d [u32] = match &self.data.value {
            Value::Array(items) => items,
            _ => &[],
        };
        items.iter().filter_map(move |id| document.node(*id))
    }

    /// Number of items or members.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.data.value {
            Value::Array(items) => items.len(),
            Value::Object(entries) => entries.len(),
            _ => 0,
        }
    }

    /// True when it has no items or members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&'d str> {
        match &self.data.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// A number as written.
    #[must_use]
    pub fn number_text(&self) -> Option<&'d str> {
        match &self.data.value {
            Value::Number(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.number_text()?.parse().ok()
    }

    /// A whole number that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.number_text()?.parse().ok()
    }

    /// A number.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.number_text()?.parse().ok()
    }

    /// A boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.data.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.data.value, Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_keeps_order_places_and_repeats() {
        let text = br#"{"b": [1, {"c": null}], "a": "x", "b": true, "e": {"k": 1, "k": 1}}"#;
        let document = parse_bytes(text, &Budget::default()).unwrap();
        let root = document.root().unwrap();
        let keys: Vec<&str> = root.members().map(|m| m.key).collect();
        assert_eq!(keys, ["b", "a", "b", "e"]);
        assert_eq!(root.get("b").unwrap().as_bool(), Some(true));
        let first = root.members().next().unwrap().value;
        assert_eq!(first.range(), 6..22);
        assert_eq!(first.items().next().unwrap().as_i64(), Some(1));
        let inner = first.items().nth(1).unwrap();
        assert!(inner.get("c").unwrap().is_null());
        let differs: Vec<bool> = document.duplicates.iter().map(|d| d.differs).collect();
        assert_eq!(differs, [false, true]);
        assert_eq!(document.duplicates[1].second, 34..37);
    }

    #[test]
    fn a_break_keeps_what_came_before() {
        let document = parse_bytes(br#"{"a": [1, 2, x"#, &Budget::default()).unwrap();
        assert_eq!(document.broken.unwrap().at, 13);
        let a = document.root().unwrap().get("a").unwrap();
        assert_eq!((a.len(), a.range()), (2, 6..13));
    }

    #[test]
    fn memory_is_limited() {
        let text = format!("[{}0]", "0,".repeat(10_000));
        let blob = Blob::from_vec(text.into_bytes());
        let result = parse_within(&blob, &Budget::default(), 100_000);
        assert!(matches!(result, Err(Fault::Scan(_))));
    }
}
