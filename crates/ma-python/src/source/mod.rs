//! Python source: what a text imports and calls, when, and how bad that is, found without running it.
//!
//! Model repositories carry Python (`modeling_*.py`, `handler.py`, `pipeline.py`), and loaders import it. [`analyse`]
//! gives the events of a text, [`judge`] grades them.
//!
//! ```
//! use ma_core::Severity;
//! use ma_python::source::{SourceLimits, analyse, judge};
//!
//! let analysis = analyse(b"__import__('o' + 's').system('echo pwned')", &SourceLimits::default());
//! let findings = judge(&analysis);
//! assert_eq!((findings[0].severity, findings[0].name.as_str()), (Severity::Critical, "os.system"));
//! ```

mod callers;
mod judge;
mod model;
mod parse;
pub mod rules;
mod scanner;
#[cfg(test)]
mod tests;
mod text;
mod tokens;
mod torchscript;
mod walk;

pub use callers::{Caller, HANDLER};
pub use judge::{Reason, SourceFinding, judge, judge_called_by};
pub use model::{Analysis, Event, EventKind, Place, SourceLimits, Unparsed, UnparsedReason};
pub use parse::analyse;
pub use scanner::{PythonSource, TorchScriptSource};
pub use torchscript::{ScriptFinding, ScriptReach, torchscript};
