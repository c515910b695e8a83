//! What the reading of a template found out; the rules judge it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

use super::ast::ExprId;

/// A name that leads out of the data, or could.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access {
    /// The whole access.
    pub(crate) expr: ExprId,
    /// The name, after folding.
    pub(crate) name: String,
    /// Whether the name was put together, and does not stand there as it is.
    pub(crate) built: bool,
}

/// What a comparison with unknown text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// What somebody says in the conversation.
    Words,
    /// The date.
    Date,
}

/// A comparison that makes a template do something else when somebody says a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trigger {
    pub(crate) expr: ExprId,
    pub(crate) subject: Subject,
    pub(crate) constant: String,
}

/// Text that the template writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Emission {
    pub(crate) range: Range<u32>,
    pub(crate) text: String,
    /// The comparison that it depends on.
    pub(crate) trigger: Option<u32>,
}

/// What keeps a renderer busy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heavy {
    pub(crate) range: Range<u32>,
    pub(crate) what: String,
}

/// Somebody's words replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rewrite {
    pub(crate) expr: ExprId,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Attributes and subscripts with a dangerous name.
    pub(crate) escapes: Vec<Access>,
    /// Attributes and subscripts whose name is put together from pieces that may spell one.
    pub(crate) dynamic: Vec<Access>,
    /// Things of the engine or of a web framework that are reached for.
    pub(crate) hosts: Vec<Access>,
    /// Calls of functions that run or open something.
    pub(crate) calls: Vec<Access>,
    /// Dangerous names that were put together, wherever they go.
    pub(crate) spelled: Vec<Access>,
    pub(crate) heavy: Vec<Heavy>,
    pub(crate) triggers: Vec<Trigger>,
    pub(crate) emissions: Vec<Emission>,
    pub(crate) rewrites: Vec<Rewrite>,
    /// Variables that are read and set nowhere, with the first place.
    pub(crate) unbound: BTreeMap<String, ExprId>,
    /// The names that subscripts and `attr` were given.
    pub(crate) keys: HashMap<ExprId, Vec<Rc<str>>>,
    /// What was reported already.
    pub(crate) seen: BTreeSet<(&'static str, ExprId, String)>,
    /// How many of each kind.
    pub(crate) counts: BTreeMap<&'static str, usize>,
    /// How often a text was noted.
    pub(crate) written: BTreeMap<(u32, Option<u32>), u8>,
    /// Why some of it was not evaluated.
    pub(crate) limit: Option<&'static str>,
}
