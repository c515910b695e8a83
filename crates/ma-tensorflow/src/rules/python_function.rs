//! Python functions in a graph.

use ma_core::{Evidence, Issue, declare_rule};

use super::about;
use crate::graph::uses::Use;
use crate::graph::value::Values;
use crate::ops::Role;

declare_rule! {
    /// ## What it finds
    /// `PyFunc`, `EagerPyFunc` or `PyFuncStateless`: a node that calls a Python function which the running process has registered under a token.
    ///
    /// ## Why it matters
    /// The function itself is not in the file, so such a model fails on another machine, unless a program that comes with it registers the token. It then runs any Python.
    ///
    /// ## What it leaves alone
    /// Functions of the graph itself.
    ///
    /// ## What to do
    /// Read the program that comes with the model before you run it, or ask for an export without `tf.py_function`.
    pub static PYTHON_FUNCTION = {
        code: "TFG005", name: "tensorflow-python-function", severity: Warning,
        title: "The graph calls a Python function",
        references: [Cwe(94), Spec("https://www.tensorflow.org/api_docs/python/tf/py_function")],
    }
}

/// Fires on every such node.
pub(crate) fn check(used: &Use) -> Option<Issue> {
    if !matches!(
        used.operator.name,
        "PyFunc" | "EagerPyFunc" | "PyFuncStateless"
    ) {
        return None;
    }
    let token = used
        .given(Role::Token)
        .map_or_else(String::new, Values::shown);
    let (operator, place, when) = (used.operator.name, used.place(), used.when.words());
    let message =
        format!("{operator} calls the Python function registered as {token} {when} ({place})");
    Some(
        about(Issue::new(&PYTHON_FUNCTION, message), used)
            .evidence(Evidence::code("call", used.call())),
    )
}
