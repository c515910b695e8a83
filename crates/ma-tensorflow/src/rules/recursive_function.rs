//! Functions that call themselves.

use ma_core::{Issue, declare_rule};

use super::short;

declare_rule! {
    /// ## What it finds
    /// A function of the library that calls itself, directly or by way of others.
    ///
    /// ## Why it matters
    /// TensorFlow expands functions into each other when it loads a graph: a circle has no end, and takes all memory or the stack.
    ///
    /// ## What it leaves alone
    /// Functions that call others, however many.
    ///
    /// ## What to do
    /// Do not load it in a service that others share.
    pub static RECURSIVE_FUNCTION = {
        code: "TFG013", name: "tensorflow-recursive-function", severity: Warning,
        title: "A function calls itself",
        references: [Cwe(674)],
    }
}

/// Fires on a function of a circle.
pub(crate) fn check(name: &str) -> Issue {
    let message = format!("The function `{}` calls itself", short(name));
    Issue::new(&RECURSIVE_FUNCTION, message)
}
