//! Parameters that are divided by, and are zero.

use ma_core::{Issue, declare_rule};

use crate::tflite::model::{Anomaly, AnomalyKind, Model};
use crate::tflite::schema;

declare_rule! {
    /// ## What it finds
    /// Strides, dilations, filter and block sizes and counts that are zero or negative.
    ///
    /// ## Why it matters
    /// The operators divide by them or count with them: the program that runs the model crashes.
    ///
    /// ## What it leaves alone
    /// Parameters that may be zero.
    ///
    /// ## What to do
    /// Do not load it. No converter writes such a file.
    pub static TFLITE_ZERO_DIVISION = {
        code: "LIT009", name: "tflite-zero-division", severity: Warning,
        title: "An operator divides by zero",
        references: [Cwe(369), Cve("CVE-2021-29585"), Cve("CVE-2021-29586"), Cve("CVE-2021-29587")],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly, _: &Model) -> Option<Issue> {
    let AnomalyKind::Zero {
        operator,
        field,
        value,
    } = &anomaly.kind
    else {
        return None;
    };
    let name = schema::operator_name(*operator).unwrap_or_default();
    let message = format!("{} ({name}) has {field} = {value}", anomaly.place);
    Some(
        Issue::new(&TFLITE_ZERO_DIVISION, message)
            .at(anomaly.range.clone())
            .route(anomaly.place.to_string()),
    )
}
