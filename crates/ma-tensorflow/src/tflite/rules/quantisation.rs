//! Quantisation that does not fit.

use ma_core::{Issue, declare_rule};

use crate::tflite::model::{Anomaly, AnomalyKind, Model};

declare_rule! {
    /// ## What it finds
    /// Quantised tensors with other numbers of scales than of zero points or of slices along their axis,
    /// an axis that the tensor does not have, or scales that are negative or no numbers.
    ///
    /// ## Why it matters
    /// Operators read one scale for each slice: where there are fewer, they read memory of the program.
    /// Scales that are no numbers make results meaningless.
    ///
    /// ## What it leaves alone
    /// A single scale for a whole tensor. Minimum and maximum, which are for people.
    ///
    /// ## What to do
    /// Do not load it. No converter writes such a file.
    pub static TFLITE_QUANTISATION = {
        code: "LIT008", name: "tflite-quantization", severity: Warning,
        title: "Quantisation parameters do not fit their tensor",
        references: [Cwe(125), Cwe(1285)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly, _: &Model) -> Option<Issue> {
    let AnomalyKind::Quantisation(what) = &anomaly.kind else {
        return None;
    };
    Some(
        Issue::new(&TFLITE_QUANTISATION, format!("{}: {what}", anomaly.place))
            .at(anomaly.range.clone())
            .route(anomaly.place.to_string()),
    )
}
