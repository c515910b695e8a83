//! What folding makes of a value: a constant, an object with a name, or a callable that waits.

#[cfg(test)]
use std::fmt::Write as _;
use std::sync::Arc;

/// Items of one folded sequence; longer ones are not folded.
pub(crate) const MAX_ITEMS: usize = 1 << 16;

/// The folded form of a value. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Folded {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A float.
    Float(f64),
    /// Text.
    Text(Arc<str>),
    /// Bytes, a bytearray, or what a `BytesIO` holds.
    Bytes(Arc<[u8]>),
    /// A tuple, list or an iterator that was unrolled.
    Seq(Arc<[Folded]>),
    /// `slice(start, stop, step)`.
    Slice(Option<i128>, Option<i128>, Option<i128>),
    /// Something that can be written as a dotted name; a module when `name` is empty.
    Thing(Arc<Thing>),
    /// A callable that holds part of its arguments.
    Waiting(Arc<Waiting>),
}

/// An object that an import (or a walk from one) yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thing {
    /// The module.
    pub(crate) module: String,
    /// The dotted name inside it; empty for the module itself.
    pub(crate) name: String,
}

/// A callable made in the stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Waiting {
    /// `functools.partial(callee, *args)`.
    Partial(Folded, Vec<Folded>),
    /// `operator.attrgetter(name)`.
    Attribute(String),
    /// `operator.itemgetter(key)`.
    Item(Folded),
    /// `operator.methodcaller(name, *args)`.
    Method(String, Vec<Folded>),
    /// The method of a constant: `'…'.join`.
    Bound(Folded, String),
}

impl Folded {
    pub(crate) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Bytes(bytes.into())
    }

    pub(crate) fn thing(module: &str, name: &str) -> Self {
        Self::Thing(Arc::new(Thing {
            module: module.to_owned(),
            name: name.to_owned(),
        }))
    }

    pub(crate) fn waiting(waiting: Waiting) -> Self {
        Self::Waiting(Arc::new(waiting))
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of bytes, or of text that holds bytes only (Python 2 strings come as either).
    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Text(text) => Some(text.as_bytes()),
            _ => None,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i128> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Bool(value) => Some(i128::from(*value)),
            _ => None,
        }
    }

    pub(crate) fn as_thing(&self) -> Option<&Thing> {
        match self {
            Self::Thing(thing) => Some(thing),
            _ => None,
        }
    }

    /// The items that iterating over it gives.
    pub(crate) fn items(&self) -> Option<Vec<Self>> {
        match self {
            Self::Seq(items) => Some(items.to_vec()),
            Self::Text(text) if text.len() <= MAX_ITEMS => {
                Some(text.chars().map(|c| Self::text(c.to_string())).collect())
            }
            Self::Bytes(bytes) if bytes.len() <= MAX_ITEMS => {
                Some(bytes.iter().map(|b| Self::Int(i128::from(*b))).collect())
            }
            _ => None,
        }
    }

    /// Size for the budget, in bytes.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Seq(items) => items.len().saturating_mul(16),
            _ => 16,
        }
    }

    /// What `str()` gives, for formatting.
    pub(crate) fn to_text(&self) -> Option<String> {
        Some(match self {
            Self::None => "None".to_owned(),
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Text(text) => text.to_string(),
            _ => return None,
        })
    }
}

impl Thing {
    /// The full dotted name.
    #[cfg(test)]
    pub(crate) fn path(&self) -> String {
        let mut path = self.module.clone();
        if !self.name.is_empty() {
            // Writing to a String can't fail.
            let _ = write!(path, ".{}", self.name);
        }
        path
    }

    /// What `getattr(self, name)` gives; names may be dotted.
    pub(crate) fn attribute(&self, name: &str) -> Self {
        // `vars(module)['x']` is `module.x`.
        let base = self
            .name
            .strip_suffix("__dict__")
            .map_or(&*self.name, |rest| rest.strip_suffix('.').unwrap_or(rest));
        let name = if base.is_empty() {
            name.to_owned()
        } else {
            format!("{base}.{name}")
        };
        Self {
            module: self.module.clone(),
            name,
        }
    }

    /// What `self[key]` gives.
    pub(crate) fn item(&self, key: &str) -> Option<Self> {
        let last = self.name.rsplit('.').next().unwrap_or_default();
        match last {
            "__dict__" | "__globals__" | "f_globals" => Some(self.attribute_of_namespace(key)),
            "__builtins__" => Some(Self {
                module: "builtins".to_owned(),
                name: key.to_owned(),
            }),
            "modules" => Some(Self {
                module: key.to_owned(),
                name: String::new(),
            }),
            _ => None,
        }
    }

    fn attribute_of_namespace(&self, key: &str) -> Self {
        match self.name.as_str() {
            "__dict__" => self.attribute(key),
            // The globals of a function are those of its module.
            _ if self.name.ends_with("__globals__") => Self {
                module: self.module.clone(),
                name: key.to_owned(),
            },
            _ => self.attribute(key),
        }
    }
}
