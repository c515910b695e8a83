//! Calls Python code.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Context, short};
use crate::model::Notable;

/// Attributes that name code.
const NAMES: [&str; 6] = [
    "module",
    "class_name",
    "compute",
    "func_name",
    "name",
    "onnx_op",
];

/// Packages whose functions frameworks put into such nodes themselves.
const ORDINARY: [&str; 5] = ["torch.", "apex.", "deepspeed.", "megatron.", "onnxruntime."];

declare_rule! {
    /// ## What it finds
    /// A node that runs Python: `PyOp` with the module, class and method that it names, `PythonOp` and `PythonOpGrad` with a function of PyTorch's autograd, and the Python operators of onnxruntime-extensions. Where the code is named and belongs to PyTorch, DeepSpeed, Apex or Megatron, or nothing is named, it is a Warning.
    ///
    /// ## Why it matters
    /// A runtime that was built with such operators imports the module that the file names and calls it, with the rights of the user.
    ///
    /// ## What it leaves alone
    /// Operators that merely have Python in their name and are defined as functions in the file.
    ///
    /// ## What to do
    /// Do not load the model with a runtime that has Python operators. Ask its author for an export without them.
    pub static PYTHON_OPERATOR = {
        code: "ONX013", name: "onnx-python-operator", severity: Critical,
        title: "Calls Python code",
        references: [Cwe(94), Spec("https://onnxruntime.ai/docs/reference/operators/custom-python-operator.html")],
    }
}

/// One issue for each such node.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let nodes = cx.notable().filter(|n| n.operator.starts_with("Py"));
    nodes.map(one).collect()
}

fn one(node: &Notable) -> Issue {
    let named: Vec<(&str, &str)> = NAMES
        .iter()
        .filter_map(|name| node.text(name).map(|text| (*name, text)))
        .collect();
    let code: Vec<&str> = named.iter().map(|(_, text)| *text).collect();
    let code = code.join(".");
    let ordinary = code.is_empty()
        || (node.operator != "PyOp" && ORDINARY.iter().any(|p| code.starts_with(p)));
    let message = if code.is_empty() {
        format!(
            "a node runs Python code through the operator `{}`",
            node.operator
        )
    } else {
        format!(
            "a node runs the Python code `{}` through the operator `{}`",
            short(&code),
            node.operator
        )
    };
    let severity = if ordinary {
        Severity::Warning
    } else {
        Severity::Critical
    };
    let mut issue = Issue::new(&PYTHON_OPERATOR, message)
        .severity(severity)
        .at(node.range.clone())
        .route(node.route.clone());
    for (name, text) in named {
        issue = issue.evidence(Evidence::code(name, short(text)));
    }
    issue
}
