//! A tensor is larger or smaller than its dimensions say.

use ma_core::{Issue, declare_rule};

use super::{Context, short};
use crate::model::AnomalyKind;

declare_rule! {
    /// ## What it finds
    /// A tensor with more or fewer bytes, numbers or strings than its dimensions and its type need, 4-bit and 2-bit numbers counted as they are packed; or one with its numbers in several places at once.
    ///
    /// ## Why it matters
    /// A native reader that trusts the dimensions reads or writes beyond the end of its memory. Of several places, one reader takes the first and another the last: a check can see other weights than the ones that run.
    ///
    /// ## What it leaves alone
    /// Tensors of any size that fit, empty ones, and those whose numbers are in another file.
    ///
    /// ## What to do
    /// Fetch the model again; if the sizes stay, do not load it.
    pub static TENSOR_SIZE = {
        code: "ONX008", name: "onnx-tensor-size", severity: Warning,
        title: "A tensor is larger or smaller than its dimensions say",
        references: [Cwe(125), Cwe(787), Spec("https://github.com/onnx/onnx/pull/8109")],
    }
}

/// One issue for each such tensor.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    cx.anomalies(&TENSOR_SIZE, |kind| match kind {
        AnomalyKind::Size {
            tensor,
            shape,
            needed,
            present,
            unit,
        } => Some(format!(
            "tensor `{}` of shape {shape} needs {needed} {unit} and has {present}",
            short(tensor)
        )),
        AnomalyKind::SeveralPayloads { tensor, places } => Some(format!(
            "tensor `{}` has numbers in several places: {}",
            short(tensor),
            places.join(", ")
        )),
        _ => None,
    })
}
