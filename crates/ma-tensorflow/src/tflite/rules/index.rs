//! A number that names nothing.

use ma_core::{Issue, declare_rule};

use crate::tflite::model::{Anomaly, AnomalyKind, Model};
use crate::tflite::schema;

declare_rule! {
    /// ## What it finds
    /// Numbers of tensors, buffers, operator codes, graphs and axes that do not exist in the model.
    ///
    /// ## Why it matters
    /// The interpreter takes such a number as the place to read from or write to. Outside of the list
    /// that is memory of the program: this is how models have crashed it and could do more.
    ///
    /// ## What it leaves alone
    /// -1, which stands for an input that is left out.
    ///
    /// ## What to do
    /// Do not load it. No converter writes such a file.
    pub static TFLITE_INDEX = {
        code: "LIT002", name: "tflite-index-out-of-range", severity: Warning,
        title: "The model points outside of itself",
        references: [Cwe(125), Cwe(787), Cve("CVE-2020-15211")],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly, _: &Model) -> Option<Issue> {
    let message = match &anomaly.kind {
        AnomalyKind::Index { what, index, count } => {
            format!("{} names {what} {index}; there are {count}", anomaly.place)
        }
        AnomalyKind::Axis {
            operator,
            axis,
            rank,
        } => {
            let name = schema::operator_name(*operator).unwrap_or_default();
            format!(
                "{} ({name}) works along axis {axis} of a tensor with {rank} dimensions",
                anomaly.place
            )
        }
        _ => return None,
    };
    Some(
        Issue::new(&TFLITE_INDEX, message)
            .at(anomaly.range.clone())
            .route(anomaly.place.to_string()),
    )
}
