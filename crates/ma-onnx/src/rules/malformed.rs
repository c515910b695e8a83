//! The file is broken or holds something else.

use ma_core::{Issue, declare_rule};

use super::Context;
use crate::model::AnomalyKind;

declare_rule! {
    /// ## What it finds
    /// A violated encoding (a length beyond the end, a number that does not end, a wrong wire type), a field in the outermost message that no version of the format has, or graphs nested deeper than readers follow.
    ///
    /// ## Why it matters
    /// The file is cut, damaged, or something was put behind or between the parts of the model. Readers disagree about such files, and what one of them skips another may use.
    ///
    /// ## What it leaves alone
    /// Fields of newer versions inside of the graph.
    ///
    /// ## What to do
    /// Fetch the file again and compare it with its checksum.
    pub static MALFORMED = {
        code: "ONX020", name: "onnx-malformed", severity: Warning,
        title: "The file is broken or holds something else",
        references: [Cwe(20)],
    }
}

/// One issue for each break, and for each unknown field.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    cx.anomalies(&MALFORMED, |kind| match kind {
        AnomalyKind::Broken(what) => Some(format!("the encoding is broken: {what}")),
        AnomalyKind::UnknownField(number) => Some(format!(
            "no version of the format has field {number} of a model"
        )),
        AnomalyKind::TooDeep(depth) => Some(format!("graphs are nested {depth} deep")),
        _ => None,
    })
}
