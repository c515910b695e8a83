//! What is known of a string: its parts, each a text or a hole that somebody or something fills.

use crate::ops::{Reach, judge_path};

/// Alternatives that are kept of one value.
pub const MAX_ALTERNATIVES: usize = 16;
/// Characters that are kept of one text.
pub const MAX_TEXT: usize = 4096;

/// Who or what fills a hole.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hole {
    /// An argument of a function that nothing in the file calls: whoever calls it.
    Argument(String),
    /// A placeholder: whoever runs the graph.
    Placeholder(String),
    /// The loader, with the path of an asset of the model.
    Asset(String),
    /// Names of files that another node lists, which is judged by itself.
    Listing,
    /// What another file says.
    Content,
    /// The checkpoint beside the graph.
    Checkpoint,
    /// A variable, queue or table: the scope and name of the node that makes it.
    Resource(u32, u64),
    /// An operator that is not followed further.
    Computed(String),
    /// The search was given up.
    TooDeep,
}

impl Hole {
    /// Whether it is whoever uses the model.
    #[must_use]
    pub fn is_caller(&self) -> bool {
        matches!(self, Self::Argument(_) | Self::Placeholder(_))
    }

    /// Shown in a reconstructed call.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Argument(name) => format!("<argument {name}>"),
            Self::Placeholder(name) => format!("<placeholder {name}>"),
            Self::Asset(name) => format!("<asset {name}>"),
            Self::Listing => "<each file listed>".to_owned(),
            Self::Content => "<what a file says>".to_owned(),
            Self::Checkpoint => "<from the checkpoint>".to_owned(),
            Self::Resource(..) => "<variable>".to_owned(),
            Self::Computed(operator) => format!("<{operator}(…)>"),
            Self::TooDeep => "<…>".to_owned(),
        }
    }
}

/// A part of a string.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// A text that is in the file.
    Text(String),
    /// Something else fills it.
    Hole(Hole),
}

/// One string that an input may have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value {
    /// Its parts in order.
    pub parts: Vec<Part>,
    /// True when it is only the default of a placeholder.
    pub default: bool,
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            parts: vec![Part::Text(text.into())],
            default: false,
        }
    }

    /// A hole.
    #[must_use]
    pub fn hole(hole: Hole) -> Self {
        Self {
            parts: vec![Part::Hole(hole)],
            default: false,
        }
    }

    /// The whole string, when all of it is in the file.
    #[must_use]
    pub fn as_text(&self) -> Option<String> {
        let texts = self.parts.iter().map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Hole(_) => None,
        });
        texts.collect()
    }

    /// The text at the start.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// The first hole.
    #[must_use]
    pub fn first_hole(&self) -> Option<&Hole> {
        self.parts.iter().find_map(|part| match part {
            Part::Hole(hole) => Some(hole),
            Part::Text(_) => None,
        })
    }

    /// What it reaches as a path, as far as its text tells; `None` when a hole comes first and what
    /// follows does not lead elsewhere.
    #[must_use]
    pub fn reach(&self) -> Option<Reach> {
        if let Some(text) = self.as_text() {
            return Some(judge_path(&text));
        }
        let prefix = self.prefix();
        if !prefix.is_empty() {
            return Some(judge_path(prefix));
        }
        let climbs = self.parts.iter().any(|part| match part {
            Part::Text(text) => judge_path(text.trim_start_matches('/')) == Reach::Traversal,
            Part::Hole(_) => false,
        });
        climbs.then_some(Reach::Traversal)
    }

    /// As in a reconstructed call: `"/etc/x"`, `"/tmp/" + <argument name>`.
    #[must_use]
    pub fn shown(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => format!("\"{}\"", ma_core::text::shorten(text, 200)),
            Part::Hole(hole) => hole.shown(),
        });
        parts.collect::<Vec<_>>().join(" + ")
    }

    pub(crate) fn append(&mut self, other: &Self) {
        for part in &other.parts {
            if let (Some(Part::Text(have)), Part::Text(more)) = (self.parts.last_mut(), part) {
                if have.len() < MAX_TEXT {
                    have.push_str(more);
                }
            } else if self.parts.len() < 64 {
                self.parts.push(part.clone());
            }
        }
        self.default |= other.default;
    }
}

/// All strings that an input may have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// The alternatives, or the elements of a vector.
    pub list: Vec<Value>,
    /// True when there are more.
    pub more: bool,
}

impl Values {
    /// One.
    #[must_use]
    pub fn one(value: Value) -> Self {
        Self {
            list: vec![value],
            more: false,
        }
    }

    /// One hole.
    #[must_use]
    pub fn hole(hole: Hole) -> Self {
        Self::one(Value::hole(hole))
    }

    /// What an operator computes that is not followed.
    #[must_use]
    pub fn computed(operator: &str) -> Self {
        Self::hole(Hole::Computed(operator.to_owned()))
    }

    pub(crate) fn add(&mut self, value: Value) {
        if self.list.contains(&value) {
            return;
        }
        if self.list.len() < MAX_ALTERNATIVES {
            self.list.push(value);
        } else {
            self.more = true;
        }
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.more |= other.more;
        for value in other.list {
            self.add(value);
        }
    }

    /// Each of these followed by each of those.
    pub(crate) fn then(&self, separator: &str, other: &Self) -> Self {
        let mut all = Self {
            list: Vec::new(),
            more: self.more || other.more,
        };
        for first in &self.list {
            for second in &other.list {
                let mut value = first.clone();
                if !separator.is_empty() {
                    value.append(&Value::text(separator));
                }
                value.append(second);
                all.add(value);
            }
        }
        all
    }

    /// Every text changed by `change`; what has holes is computed by `operator`.
    pub(crate) fn map(self, operator: &str, change: impl Fn(&str) -> Option<String>) -> Self {
        let mut all = Self {
            list: Vec::new(),
            more: self.more,
        };
        for value in self.list {
            let changed = value.as_text().and_then(|text| change(&text));
            all.add(match changed {
                Some(text) => Value {
                    default: value.default,
                    ..Value::text(text)
                },
                None if value.first_hole().is_some_and(Hole::is_caller) => value,
                None => Value::hole(Hole::Computed(operator.to_owned())),
            });
        }
        all
    }

    /// As in a reconstructed call.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut shown: Vec<String> = self.list.iter().take(3).map(Value::shown).collect();
        if self.list.len() > 3 || self.more {
            shown.push("…".to_owned());
        }
        match shown.as_slice() {
            [one] => one.clone(),
            _ => format!("[{}]", shown.join(", ")),
        }
    }
}
