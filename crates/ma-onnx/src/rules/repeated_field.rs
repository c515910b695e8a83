//! A part of the model is written twice.

use ma_core::{Issue, declare_rule};

use super::Context;
use crate::model::AnomalyKind;

declare_rule! {
    /// ## What it finds
    /// A part that the format has once and the file has several times: the graph, the version, the operator of a node, the tensor or graph of an attribute, the name of a function.
    ///
    /// ## Why it matters
    /// Some readers merge the pieces, some take the first, some the last: the model that was checked need not be the one that runs.
    ///
    /// ## What it leaves alone
    /// Lists, which may have any number of entries.
    ///
    /// ## What to do
    /// Load and save the model with the ONNX library, and scan what comes out. Ask why it was written that way.
    pub static REPEATED_FIELD = {
        code: "ONX019", name: "onnx-repeated-field", severity: Warning,
        title: "A part of the model is written twice",
        references: [Cwe(436), Spec("https://protobuf.dev/programming-guides/encoding/#last-one-wins")],
    }
}

/// One issue for each such part.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    cx.anomalies(&REPEATED_FIELD, |kind| match kind {
        AnomalyKind::Repeated(what) => Some(format!("the {what} is written several times")),
        _ => None,
    })
}
