//! Tensors of strings whose offsets lie.

use ma_core::{Issue, declare_rule};

use crate::tflite::model::{Anomaly, AnomalyKind, Model};

declare_rule! {
    /// ## What it finds
    /// Constant tensors of strings whose count or offsets do not fit the data.
    ///
    /// ## Why it matters
    /// Operators on text go by these offsets without a further look: outside of the data they read memory
    /// of the program.
    ///
    /// ## What it leaves alone
    /// Strings that are empty.
    ///
    /// ## What to do
    /// Do not load it. No converter writes such a file.
    pub static TFLITE_STRINGS = {
        code: "LIT006", name: "tflite-string-tensor", severity: Warning,
        title: "A tensor of strings is damaged",
        references: [Cwe(125)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly, _: &Model) -> Option<Issue> {
    let AnomalyKind::Strings(what) = &anomaly.kind else {
        return None;
    };
    Some(
        Issue::new(&TFLITE_STRINGS, format!("{}: {what}", anomaly.place))
            .at(anomaly.range.clone())
            .route(anomaly.place.to_string()),
    )
}
