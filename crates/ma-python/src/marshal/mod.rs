//! CPython's marshal format and the bytecode in it: what a marshalled function imports, names and calls, found without
//! running it.
//!
//! Keras `Lambda` layers, `.pyc` files and pickles made by dill or cloudpickle carry Python functions as marshalled code
//! objects. [`parse`] reads the format into plain data, [`summarise`] follows the instructions far enough to say
//! `os.system('…')`.
//!
//! ```
//! use ma_python::marshal::{MarshalLimits, parse, summarise};
//!
//! let parsed = parse(b"\xe9\x2a\x00\x00\x00", &MarshalLimits::default());
//! assert!(parsed.is_clean() && summarise(&parsed, None).calls.is_empty());
//! ```

mod instruction;
mod judge;
mod layout;
mod machine;
mod model;
mod opcode;
mod pyc;
mod read;
pub mod rules;
mod scanner;
mod step;
mod summary;
#[cfg(test)]
mod tests;

pub use judge::{Finding, Reason, judge};
pub use model::{Anomaly, AnomalyKind, CodeLayout, CodeObject, Node, NodeId, Object, Parsed};
pub use pyc::{PycHeader, pyc_header};
pub use read::MarshalLimits;
pub use scanner::Marshal;
pub use summary::{CodeCall, CodeSummary, summarise};

/// A constant of a code object, for [`CodeSummary::from_parts`].
pub type Const = crate::value::Value;

/// A version of Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PyVersion {
    /// 2 or 3.
    pub major: u8,
    /// The number after the dot.
    pub minor: u8,
}

impl PyVersion {
    /// `major.minor`.
    #[must_use]
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }

    /// The layout of this version's code objects.
    #[must_use]
    pub const fn layout(self) -> CodeLayout {
        match (self.major, self.minor) {
            (0..=2, _) => CodeLayout::Python2,
            (3, 0..=7) => CodeLayout::Python30,
            (3, 8..=10) => CodeLayout::Python38,
            _ => CodeLayout::Python311,
        }
    }
}

impl std::fmt::Display for PyVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Reads one marshalled value from the start of `bytes`; the layout of code objects is found by trying.
///
/// Never fails: a broken stream gives what could be read and an anomaly. Linear in the input (four times over where the
/// stream is broken and holds code).
#[must_use]
pub fn parse(bytes: &[u8], limits: &MarshalLimits) -> Parsed {
    let layouts = [
        CodeLayout::Python311,
        CodeLayout::Python38,
        CodeLayout::Python30,
        CodeLayout::Python2,
    ];
    let mut best: Option<Parsed> = None;
    for layout in layouts {
        let parsed = read::Reader::new(bytes, limits, layout).run();
        if parsed.is_clean() || parsed.layout.is_none() {
            return parsed;
        }
        if best
            .as_ref()
            .is_none_or(|best| parsed.consumed > best.consumed)
        {
            best = Some(parsed);
        }
    }
    best.unwrap_or_default()
}

/// Reads one marshalled value written by a known version; falls back to trying where that does not fit.
#[must_use]
pub fn parse_version(bytes: &[u8], version: PyVersion, limits: &MarshalLimits) -> Parsed {
    let parsed = read::Reader::new(bytes, limits, version.layout()).run();
    if parsed.is_clean() {
        parsed
    } else {
        parse(bytes, limits)
    }
}
