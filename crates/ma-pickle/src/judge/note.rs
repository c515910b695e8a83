//! What the judge remembers about the result of a call, by the offset of the calling opcode.

use std::rc::Rc;

use super::name::Name;
use crate::fold::Folded;

/// The result of a call, as far as it matters later.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    /// Its value, when it could be computed.
    pub(crate) folded: Option<Folded>,
    /// What it is.
    pub(crate) what: What,
}

/// What the result of a call is.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// Nothing special.
    Value,
    /// Something fetched from another object: an attribute, an item, a module.
    Reached(Option<Rc<Name>>),
    /// A callable around other callables, all judged harmless or reported already.
    Wrapper,
    /// A class that the stream made.
    Class,
    /// A range or iterator that nobody can walk to its end.
    Endless,
}
