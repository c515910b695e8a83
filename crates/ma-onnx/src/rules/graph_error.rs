//! The graph is against the rules of the format.

use ma_core::{Issue, declare_rule};

use super::{Context, short};
use crate::model::AnomalyKind;

declare_rule! {
    /// ## What it finds
    /// A value that two nodes compute, two initializers of one name, a tensor that says it is a segment of a larger one, or a model that names no set of operators.
    ///
    /// ## Why it matters
    /// The checker of ONNX refuses such a model. Runtimes that do not check differ in which of the two they take.
    ///
    /// ## What it leaves alone
    /// Models in order.
    ///
    /// ## What to do
    /// Ask for a new export.
    pub static GRAPH_ERROR = {
        code: "ONX021", name: "onnx-graph-error", severity: Info,
        title: "The graph is against the rules of the format",
        references: [Spec("https://onnx.ai/onnx/repo-docs/IR.html")],
    }
}

/// One issue for each such place.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    cx.anomalies(&GRAPH_ERROR, |kind| match kind {
        AnomalyKind::TwiceAssigned(name) => {
            Some(format!("two nodes compute the value `{}`", short(name)))
        }
        AnomalyKind::TwiceInitialized(name) => {
            Some(format!("two initializers are called `{}`", short(name)))
        }
        AnomalyKind::Segment(name) => Some(format!(
            "tensor `{}` is a segment of a larger one, which no reader supports",
            short(name)
        )),
        AnomalyKind::NoOpset => Some("the model names no set of operators".to_owned()),
        _ => None,
    })
}
