//! What a Python expression is known to be without running it: constants, dotted names of importable things, and
//! results of calls that were not worked out.
//!
//! Both readers of code, of source ([`crate::source`]) and of bytecode ([`crate::marshal`]), follow values with this
//! one type, so that `__import__('o' + 's').system` comes out as `os.system` in both. Everything here is bounded: text
//! and byte strings by [`MAX_TEXT`], sequences by [`MAX_ITEMS`], nesting by [`MAX_DEPTH`]; what would be larger is
//! [`Value::Unknown`].

mod builtin;
mod call;
mod codec;
mod format;
mod method;
mod operator;

pub use builtin::is_builtin;
pub use call::call;
pub use format::{call_text, str_format, to_text};
pub use method::attribute;
pub use operator::{Operator, binary, slice, subscript};

/// Longest text or byte string that is worked out, in bytes.
pub const MAX_TEXT: usize = 1 << 20;
/// Most items of a list, tuple or mapping that are kept.
pub const MAX_ITEMS: usize = 4096;
/// Deepest nesting of values in values.
pub const MAX_DEPTH: usize = 12;
/// Most origins that a [`Value::Made`] remembers.
pub const MAX_ORIGINS: usize = 8;

/// What is known about a value.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Unknown,
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// A floating point number.
    Float(f64),
    /// A text.
    Str(String),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A list, tuple or set of values that are known one by one.
    List(Vec<Value>),
    /// A mapping.
    Dict(Vec<(Value, Value)>),
    /// Something importable under this dotted name: a module, or what lies in one (`os`, `os.system`,
    /// `builtins.eval`).
    Name(String),
    /// A method of a value that is itself known, not yet called: `'-'.join`.
    Method {
        /// The value the method belongs to.
        of: Box<Value>,
        /// The method's name.
        name: String,
    },
    /// A callable with some of its arguments given already: `functools.partial(os.system, 'x')`.
    Partial {
        /// What is called.
        callee: Box<Value>,
        /// The arguments given.
        args: Vec<Value>,
    },
    /// `operator.attrgetter(name)`.
    Getter(String),
    /// A namespace as a mapping (`globals()`, `vars(os)`, `os.__dict__`): of a module, or of who knows what.
    Namespace(Option<String>),
    /// What came out of calls that were not worked out, outermost call first: `requests.get(..).text` is
    /// `["requests.get"]`.
    Made(Vec<String>),
    /// A function, lambda or class of the code being read, by number.
    Local(u32),
    /// One of several, depending on what ran before.
    OneOf(Vec<Value>),
}

impl Value {
    /// A text.
    pub fn str(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.len() > MAX_TEXT {
            Self::Unknown
        } else {
            Self::Str(text)
        }
    }

    /// A byte string.
    #[must_use]
    pub fn bytes(bytes: Vec<u8>) -> Self {
        if bytes.len() > MAX_TEXT {
            Self::Unknown
        } else {
            Self::Bytes(bytes)
        }
    }

    /// A list; `Unknown` if it is too long or too deep.
    #[must_use]
    pub fn list(items: Vec<Self>) -> Self {
        if items.len() > MAX_ITEMS
            || weight_of(&items) > MAX_TEXT
            || items.iter().any(|item| item.depth() >= MAX_DEPTH)
        {
            return Self::Unknown;
        }
        Self::List(items)
    }

    /// A mapping; `Unknown` if it is too long or too deep.
    #[must_use]
    pub fn dict(items: Vec<(Self, Self)>) -> Self {
        let value = Self::Dict(items);
        let fits = matches!(&value, Self::Dict(items) if items.len() <= MAX_ITEMS);
        if fits && value.depth() <= MAX_DEPTH && value.weight() <= MAX_TEXT {
            value
        } else {
            Self::Unknown
        }
    }

    /// A callable with its first arguments given; `Unknown` if it is too deep.
    #[must_use]
    pub fn partial(callee: Self, args: Vec<Self>) -> Self {
        let value = Self::Partial {
            callee: Box::new(callee),
            args,
        };
        if value.depth() <= MAX_DEPTH && value.weight() <= MAX_TEXT {
            value
        } else {
            Self::Unknown
        }
    }

    /// One of several values, without repetition and at most four; names and local functions win over the rest.
    #[must_use]
    pub fn one_of(values: Vec<Self>) -> Self {
        let mut kept: Vec<Self> = Vec::new();
        for value in values {
            let parts = if let Self::OneOf(parts) = value {
                parts
            } else {
                vec![value]
            };
            for part in parts {
                if part.depth() < MAX_DEPTH && !kept.contains(&part) {
                    kept.push(part);
                }
            }
        }
        kept.sort_by_key(|value| !matches!(value, Self::Name(_) | Self::Local(_)));
        kept.truncate(4);
        if kept.len() == 1 {
            kept.pop().unwrap_or_default()
        } else {
            Self::OneOf(kept)
        }
    }

    /// The result of a call to `callee` that was not worked out; it remembers what went into it.
    #[must_use]
    pub fn made(callee: &str, args: &[Self]) -> Self {
        let mut origins = vec![callee.to_owned()];
        for arg in args {
            arg.collect_origins(&mut origins);
        }
        origins.truncate(MAX_ORIGINS);
        Self::Made(origins)
    }

    /// Every alternative this value may be: itself, or the members of a [`Value::OneOf`].
    pub fn alternatives(&self) -> impl Iterator<Item = &Self> {
        match self {
            Self::OneOf(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        }
        .iter()
    }

    /// The text of a `Str`.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Str(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The text of a `Str`, or of `Bytes` that are UTF-8.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The dotted name, if it is one.
    #[must_use]
    pub fn as_name(&self) -> Option<&str> {
        if let Self::Name(name) = self {
            Some(name)
        } else {
            None
        }
    }

    /// The integer.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            Self::Bool(bool) => Some(i64::from(*bool)),
            _ => None,
        }
    }

    /// Whether it is a constant through and through.
    #[must_use]
    pub fn is_const(&self) -> bool {
        match self {
            Self::None
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Str(_)
            | Self::Bytes(_) => true,
            Self::List(items) => items.iter().all(Self::is_const),
            Self::Dict(items) => items
                .iter()
                .all(|(key, value)| key.is_const() && value.is_const()),
            _ => false,
        }
    }

    /// The calls this value came out of, outermost first, of its parts too.
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        let mut origins = Vec::new();
        self.collect_origins(&mut origins);
        origins
    }

    fn collect_origins(&self, into: &mut Vec<String>) {
        if into.len() >= MAX_ORIGINS {
            return;
        }
        match self {
            Self::Made(origins) => {
                for origin in origins {
                    if !into.contains(origin) {
                        into.push(origin.clone());
                    }
                }
            }
            // The environment as a whole; one variable of it is the result of a call or an index.
            Self::Name(name) if name == "os.environ" => into.push(name.clone()),
            Self::List(items) | Self::OneOf(items) => {
                items.iter().for_each(|item| item.collect_origins(into))
            }
            Self::Dict(items) => items
                .iter()
                .for_each(|(_, value)| value.collect_origins(into)),
            Self::Method { of, .. } => of.collect_origins(into),
            _ => {}
        }
    }

    /// Bytes of text and items in this value, about: what a copy of it costs.
    #[must_use]
    pub fn weight(&self) -> usize {
        match self {
            Self::Str(text) | Self::Name(text) | Self::Getter(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::List(items) | Self::OneOf(items) => weight_of(items),
            Self::Dict(items) => items.iter().fold(0, |sum, (key, value)| {
                sum.saturating_add(key.weight())
                    .saturating_add(value.weight())
                    .saturating_add(64)
            }),
            Self::Method { of, name } => of.weight().saturating_add(name.len()),
            Self::Partial { callee, args } => callee.weight().saturating_add(weight_of(args)),
            _ => 0,
        }
    }

    /// The value without long texts and long lists, for showing.
    #[must_use]
    pub fn shortened(&self) -> Self {
        const TEXT: usize = 4096;
        const ITEMS: usize = 64;
        match self {
            Self::Str(text) if text.len() > TEXT => Self::Str(text.chars().take(TEXT).collect()),
            Self::Bytes(bytes) if bytes.len() > TEXT => {
                Self::Bytes(bytes.get(..TEXT).unwrap_or_default().to_vec())
            }
            Self::List(items) => {
                Self::List(items.iter().take(ITEMS).map(Self::shortened).collect())
            }
            Self::OneOf(items) => Self::OneOf(items.iter().map(Self::shortened).collect()),
            Self::Dict(items) => {
                let items = items.iter().take(ITEMS);
                Self::Dict(
                    items
                        .map(|(key, value)| (key.shortened(), value.shortened()))
                        .collect(),
                )
            }
            Self::Method { .. } | Self::Partial { .. } if self.weight() > TEXT => Self::Unknown,
            other => other.clone(),
        }
    }

    /// How deep values nest in this one.
    fn depth(&self) -> usize {
        match self {
            Self::List(items) | Self::OneOf(items) => items
                .iter()
                .map(Self::depth)
                .max()
                .unwrap_or(0)
                .saturating_add(1),
            Self::Dict(items) => items
                .iter()
                .map(|(key, value)| key.depth().max(value.depth()))
                .max()
                .unwrap_or(0)
                .saturating_add(1),
            Self::Method { of, .. } => of.depth().saturating_add(1),
            Self::Partial { callee, args } => args
                .iter()
                .map(Self::depth)
                .max()
                .unwrap_or(0)
                .max(callee.depth())
                .saturating_add(1),
            _ => 0,
        }
    }
}

fn weight_of(items: &[Value]) -> usize {
    items.iter().fold(0, |sum, item| {
        sum.saturating_add(item.weight()).saturating_add(32)
    })
}

/// Writes the value the way Python would, shortened to about 80 characters; unknown parts are `…`.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        format::write_value(self, &mut out);
        f.write_str(&out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_prefers_names_and_flattens() {
        let value = Value::one_of(vec![
            Value::Unknown,
            Value::OneOf(vec![Value::Int(1), Value::Name("os.system".into())]),
            Value::Int(1),
        ]);
        assert_eq!(
            value.alternatives().next(),
            Some(&Value::Name("os.system".into()))
        );
        assert_eq!(value.alternatives().count(), 3);
    }

    #[test]
    fn too_deep_is_unknown() {
        let mut value = Value::Int(1);
        for _ in 0..100 {
            value = Value::list(vec![value]);
        }
        assert!(value.depth() <= MAX_DEPTH);
    }

    #[test]
    fn made_remembers_what_went_in() {
        let inner = Value::made("base64.b64decode", &[Value::Unknown]);
        let outer = Value::made("zlib.decompress", &[inner]);
        assert_eq!(outer.origins(), ["zlib.decompress", "base64.b64decode"]);
    }
}
