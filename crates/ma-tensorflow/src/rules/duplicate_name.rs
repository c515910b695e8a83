//! Names that occur twice.

use ma_core::{Issue, declare_rule};

use super::short;

declare_rule! {
    /// ## What it finds
    /// Two nodes or two functions with one name, or a function that has the name of an operator of TensorFlow and so takes its place.
    ///
    /// ## Why it matters
    /// TensorFlow refuses such a file. Readers that take it differ in which of the two they take, so one sees another graph than the next; a function in the place of an operator makes a harmless list of operators lie.
    ///
    /// ## What it leaves alone
    /// The same name in different functions.
    ///
    /// ## What to do
    /// Ask for an export by TensorFlow itself, which never writes such files.
    pub static DUPLICATE_NAME = {
        code: "TFG012", name: "tensorflow-duplicate-name", severity: Warning,
        title: "Two parts of the graph have one name",
        references: [Cwe(436), Cwe(694)],
    }
}

/// Two nodes with one name.
pub(crate) fn node(name: &str, function: &str) -> Issue {
    let place = if function.is_empty() {
        "the graph".to_owned()
    } else {
        format!("the function `{}`", short(function))
    };
    let message = format!("Two nodes of {place} are called `{}`", short(name));
    Issue::new(&DUPLICATE_NAME, message)
}

/// Two functions with one name.
pub(crate) fn function(name: &str) -> Issue {
    let message = format!("Two functions are called `{}`", short(name));
    Issue::new(&DUPLICATE_NAME, message)
}

/// A function with the name of an operator.
pub(crate) fn shadow(name: &str) -> Issue {
    let message = format!(
        "A function of the graph takes the place of the operator `{}`",
        short(name)
    );
    Issue::new(&DUPLICATE_NAME, message)
}
