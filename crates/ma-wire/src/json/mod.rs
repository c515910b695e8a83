//! JSON as the loaders read it.
//!
//! [`Reader`] hands out events over any length of text in constant memory; [`Document`] is a tree of
//! them for configuration. Both keep what a plain parser loses: where everything lies, and keys that
//! occur twice (RFC 8259 leaves their meaning open: Python and serde keep the last, others the first).
//! What Python's reader takes is taken: `NaN` and `Infinity`, lone surrogates, a byte order mark; such
//! liberties are noted. Nesting is limited ([`MAX_DEPTH`]), and nothing recurses.

mod document;
mod reader;

pub use document::{Document, Duplicate, Member, Node, NodeKind, parse, parse_bytes, parse_within};
pub use reader::{Event, Liberties, Reader};

/// Arrays and objects inside each other; Python's reader gives up at about a thousand.
pub const MAX_DEPTH: usize = 1000;
