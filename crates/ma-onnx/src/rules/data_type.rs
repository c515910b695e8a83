//! A tensor is of a type that does not exist.

use ma_core::{Issue, declare_rule};

use super::{Context, short};
use crate::model::AnomalyKind;

declare_rule! {
    /// ## What it finds
    /// A tensor whose type is undefined or beyond the types of the specification (1 to 28 in IR version 14).
    ///
    /// ## Why it matters
    /// Readers that use the number as an index into a table read beyond it. How many bytes such a tensor needs is anybody's guess, so its size was not checked.
    ///
    /// ## What it leaves alone
    /// All types of the specification, the 2-, 4- and 6-bit ones too.
    ///
    /// ## What to do
    /// Do not load the model with a reader that you would not trust with damaged files.
    pub static DATA_TYPE = {
        code: "ONX010", name: "onnx-data-type", severity: Warning,
        title: "A tensor is of a type that does not exist",
        references: [Cwe(129), Spec("https://github.com/onnx/onnx/blob/main/onnx/onnx.proto")],
    }
}

/// One issue for each such tensor.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    cx.anomalies(&DATA_TYPE, |kind| match kind {
        AnomalyKind::DataType { tensor, number: 0 } => {
            Some(format!("tensor `{}` has no type", short(tensor)))
        }
        AnomalyKind::DataType { tensor, number } => Some(format!(
            "tensor `{}` is of type {number}, which does not exist",
            short(tensor)
        )),
        _ => None,
    })
}
