//! The dimensions of a tensor are negative or overflow.

use ma_core::{Issue, declare_rule};

use super::{Context, short};
use crate::model::AnomalyKind;

declare_rule! {
    /// ## What it finds
    /// A tensor with a negative dimension, or with dimensions whose product in bytes does not fit 63 bits.
    ///
    /// ## Why it matters
    /// The product wraps around in readers that multiply in 64 bits: they reserve little memory and then fill a lot of it.
    ///
    /// ## What it leaves alone
    /// Large tensors that are possible, empty tensors, and unknown dimensions of inputs and outputs.
    ///
    /// ## What to do
    /// Do not load the model.
    pub static TENSOR_SHAPE = {
        code: "ONX009", name: "onnx-tensor-shape", severity: Warning,
        title: "The dimensions of a tensor are negative or overflow",
        references: [Cwe(190), Cwe(787)],
    }
}

/// One issue for each such tensor.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    cx.anomalies(&TENSOR_SHAPE, |kind| match kind {
        AnomalyKind::Negative { tensor, shape } => Some(format!(
            "tensor `{}` has a negative dimension: {shape}",
            short(tensor)
        )),
        AnomalyKind::Overflow { tensor, shape } => Some(format!(
            "the bytes that tensor `{}` of shape {shape} needs can't be counted in 63 bits",
            short(tensor)
        )),
        _ => None,
    })
}
