//! What an expression can be, as far as that is known without the conversation: up to eight
//! alternatives, text with unknown parts, and where unknown text comes from.

use std::rc::Rc;

use super::ast::{StmtId, WILD};

/// Alternatives that are kept of one value.
const MAX_ALTERNATIVES: usize = 8;
/// Longest text that is folded.
pub(crate) const MAX_TEXT: usize = 64 << 10;
/// Most elements of a list or dictionary that are kept.
pub(crate) const MAX_ITEMS: usize = 1024;
/// Lists in lists.
const MAX_DEPTH: u8 = 24;

/// Where a value that is not known comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Origin {
    /// Anywhere.
    #[default]
    Other,
    /// The date.
    Date,
    /// The whole conversation.
    Messages,
    /// One message.
    Message,
    /// What somebody said.
    Content,
}

/// One thing that a value can be.
#[derive(Debug, Clone)]
pub(crate) enum Val {
    /// Not known.
    Unknown,
    /// Text; [`WILD`] stands for parts that are not known.
    Str(Rc<str>),
    Int(i64),
    Float(f64),
    Bool(bool),
    None,
    List(Rc<Vec<Value>>),
    Dict(Rc<Vec<(Value, Value)>>),
    /// A namespace, by its number.
    Space(usize),
    /// A macro of the template.
    Macro(StmtId),
    /// A method of a value.
    Method(Rc<Value>, Rc<str>),
    /// Something that the engine provides.
    Global(Rc<str>),
}

impl PartialEq for Val {
    /// Lists in lists are the same only when they are one: a list can hold another twice, and that
    /// one another twice, so comparing all the way down would have no end.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, Self::Unknown) | (Self::None, Self::None) => true,
            (Self::Str(a), Self::Str(b)) | (Self::Global(a), Self::Global(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Space(a), Self::Space(b)) => a == b,
            (Self::Macro(a), Self::Macro(b)) => a == b,
            (Self::Method(a, x), Self::Method(b, y)) => Rc::ptr_eq(a, b) && x == y,
            (Self::Dict(a), Self::Dict(b)) => Rc::ptr_eq(a, b),
            (Self::List(a), Self::List(b)) => {
                let flat = |items: &[Value]| items.iter().all(|v| v.depth == 0);
                Rc::ptr_eq(a, b) || (flat(a) && flat(b) && a == b)
            }
            _ => false,
        }
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Value {
    /// What it can be; never empty.
    pub(crate) alts: Vec<Val>,
    /// Where it comes from, when it is not known.
    pub(crate) origin: Origin,
    /// The comparison with somebody's words that it depends on.
    pub(crate) trigger: Option<u32>,
    depth: u8,
}

impl Value {
    pub(crate) fn new(val: Val) -> Self {
        let below = match &val {
            Val::List(items) => items.iter().map(|v| v.depth).max(),
            Val::Dict(pairs) => pairs.iter().map(|(k, v)| k.depth.max(v.depth)).max(),
            Val::Method(base, _) => Some(base.depth),
            _ => None,
        };
        let depth = match &val {
            Val::List(_) | Val::Dict(_) | Val::Method(..) => below.unwrap_or(0).saturating_add(1),
            _ => 0,
        };
        let many = match &val {
            Val::List(items) => items.len() > MAX_ITEMS,
            Val::Dict(pairs) => pairs.len() > MAX_ITEMS,
            Val::Str(text) => text.len() > MAX_TEXT,
            _ => false,
        };
        let (alts, depth) = if many || depth > MAX_DEPTH {
            (vec![Val::Unknown], 0)
        } else {
            (vec![val], depth)
        };
        Self {
            alts,
            origin: Origin::Other,
            trigger: None,
            depth,
        }
    }

    pub(crate) fn unknown() -> Self {
        Self::new(Val::Unknown)
    }

    pub(crate) fn from(origin: Origin) -> Self {
        Self {
            origin,
            ..Self::unknown()
        }
    }

    pub(crate) fn text(text: impl Into<Rc<str>>) -> Self {
        Self::new(Val::Str(text.into()))
    }

    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::new(Val::List(Rc::new(items)))
    }

    pub(crate) fn dict(pairs: Vec<(Self, Self)>) -> Self {
        Self::new(Val::Dict(Rc::new(pairs)))
    }

    /// The same, depending on a comparison too.
    pub(crate) fn with_trigger(mut self, trigger: Option<u32>) -> Self {
        self.trigger = self.trigger.or(trigger);
        self
    }

    pub(crate) fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = self.origin.max(origin);
        self
    }

    /// What it costs to make it, in steps.
    pub(crate) fn weight(&self) -> u64 {
        let of = |alt: &Val| match alt {
            Val::Str(text) => text.len() / 256,
            Val::List(items) => items.len() / 8,
            Val::Dict(pairs) => pairs.len() / 8,
            _ => 0,
        };
        self.alts.iter().map(|alt| of(alt) as u64).sum()
    }

    /// The only thing it can be, when there is one and it is known.
    pub(crate) fn single(&self) -> Option<&Val> {
        match self.alts.as_slice() {
            [Val::Unknown] => None,
            [one] => Some(one),
            _ => None,
        }
    }

    /// The texts that it can be.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Rc<str>> {
        self.alts.iter().filter_map(|alt| match alt {
            Val::Str(text) => Some(text),
            _ => None,
        })
    }

    pub(crate) fn int(&self) -> Option<i64> {
        match self.single()? {
            Val::Int(n) => Some(*n),
            Val::Bool(b) => Some(i64::from(*b)),
            _ => None,
        }
    }

    /// Whether it counts as true, when that is known.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self.single()? {
            Val::Str(text) if !text.contains(WILD) => Some(!text.is_empty()),
            Val::Int(n) => Some(*n != 0),
            Val::Float(x) => Some(*x != 0.0),
            Val::Bool(b) => Some(*b),
            Val::None => Some(false),
            Val::List(items) => Some(!items.is_empty()),
            Val::Dict(pairs) => Some(!pairs.is_empty()),
            _ => None,
        }
    }

    /// This or that. When there are too many alternatives, those with an underscore stay: they are the
    /// ones that could name something dangerous.
    pub(crate) fn or(mut self, other: Self) -> Self {
        self.origin = self.origin.max(other.origin);
        self.trigger = self.trigger.or(other.trigger);
        self.depth = self.depth.max(other.depth);
        for alt in other.alts {
            if !self.alts.contains(&alt) {
                self.alts.push(alt);
            }
        }
        if self.alts.len() > MAX_ALTERNATIVES {
            let telling = |alt: &Val| matches!(alt, Val::Str(s) if s.contains('_'));
            self.alts.sort_by_key(|alt| !telling(alt));
            self.alts.truncate(MAX_ALTERNATIVES);
        }
        self
    }

    /// All combinations of two values, as far as they are kept.
    pub(crate) fn combine(&self, other: &Self, mut f: impl FnMut(&Val, &Val) -> Self) -> Self {
        let mut out: Option<Self> = None;
        for a in &self.alts {
            for b in &other.alts {
                let next = f(a, b);
                out = Some(match out {
                    Some(so_far) => so_far.or(next),
                    None => next,
                });
            }
        }
        self.inherit(out.unwrap_or_else(Self::unknown))
            .with_origin(other.origin)
            .with_trigger(other.trigger)
    }

    /// Each alternative turned into something else.
    pub(crate) fn map(&self, mut f: impl FnMut(&Val) -> Self) -> Self {
        let mut out: Option<Self> = None;
        for alt in &self.alts {
            let next = f(alt);
            out = Some(match out {
                Some(so_far) => so_far.or(next),
                None => next,
            });
        }
        self.inherit(out.unwrap_or_else(Self::unknown))
    }

    /// Each text turned into something else; what is no text is then unknown.
    pub(crate) fn map_text(&self, mut f: impl FnMut(&str) -> Self) -> Self {
        self.map(|alt| match alt {
            Val::Str(text) => f(text),
            Val::Unknown => Self::unknown(),
            other => match plain(other) {
                Some(text) => f(&text),
                None => Self::unknown(),
            },
        })
    }

    fn inherit(&self, out: Self) -> Self {
        out.with_origin(self.origin).with_trigger(self.trigger)
    }

    /// What is written when it is printed.
    pub(crate) fn printed(&self) -> String {
        let mut out = String::new();
        for (i, alt) in self.alts.iter().enumerate() {
            if i > 0 {
                out.push(WILD);
            }
            match plain(alt) {
                Some(text) => out.push_str(&text),
                None => out.push(WILD),
            }
            if out.len() > MAX_TEXT {
                break;
            }
        }
        out
    }
}

/// What `str()` gives for one thing, where that is known.
pub(crate) fn plain(val: &Val) -> Option<Rc<str>> {
    Some(match val {
        Val::Str(text) => Rc::clone(text),
        Val::Int(n) => n.to_string().into(),
        Val::Bool(true) => "True".into(),
        Val::Bool(false) => "False".into(),
        Val::None => "None".into(),
        Val::Global(name) => repr(name)?.into(),
        Val::List(items) => {
            let mut out = String::from("[");
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                match item.single() {
                    Some(Val::Str(text)) => {
                        out.push('\'');
                        out.push_str(text);
                        out.push('\'');
                    }
                    Some(Val::Int(n)) => out.push_str(&n.to_string()),
                    _ => out.push(WILD),
                }
                if out.len() > MAX_TEXT {
                    return None;
                }
            }
            out.push(']');
            out.into()
        }
        _ => return None,
    })
}

/// How the things of the engine look as text: a known source of underscores.
fn repr(global: &str) -> Option<String> {
    let fixed = match global {
        "lipsum" => "<function generate_lorem_ipsum at 0x",
        "select" => "<generator object select_or_reject at 0x",
        "map" => "<generator object sync_do_map at 0x",
        "cycler" => return Some("<class 'jinja2.utils.Cycler'>".to_owned()),
        "joiner" => return Some("<class 'jinja2.utils.Joiner'>".to_owned()),
        "namespace" => return Some("<class 'jinja2.utils.Namespace'>".to_owned()),
        "dict" => return Some("<class 'dict'>".to_owned()),
        "range" => return Some("<class 'range'>".to_owned()),
        _ => return None,
    };
    Some(format!("{fixed}{WILD}>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_are_bounded_and_the_telling_ones_stay() {
        let mut value = Value::text("a");
        for i in 0..20 {
            value = value.or(Value::text(format!("b{i}")));
        }
        value = value.or(Value::text("__class__"));
        assert_eq!(value.alts.len(), MAX_ALTERNATIVES);
        assert!(value.texts().any(|t| &**t == "__class__"));
    }

    #[test]
    fn nesting_is_bounded() {
        let mut value = Value::list(Vec::new());
        for _ in 0..1000 {
            value = Value::list(vec![value]);
        }
        assert!(value.depth <= MAX_DEPTH);
    }
}
