//! Constant data of the wrong size.

use ma_core::{Issue, Severity, declare_rule};

use crate::tflite::model::{Anomaly, AnomalyKind, Model};

declare_rule! {
    /// ## What it finds
    /// Constant tensors whose data is smaller than their type and shape need. Larger data is
    /// information: the rest of it belongs to nothing.
    ///
    /// ## Why it matters
    /// Operators read as many elements as the shape says. What lies behind the data is memory of the
    /// program.
    ///
    /// ## What it leaves alone
    /// Tensors of strings and sparse tensors, which have rules of their own, and tensors without data.
    ///
    /// ## What to do
    /// Do not load it. No converter writes such a file.
    pub static TFLITE_DATA_SIZE = {
        code: "LIT005", name: "tflite-data-size", severity: Warning,
        title: "Constant data is not as large as its tensor",
        references: [Cwe(125)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly, _: &Model) -> Option<Issue> {
    let AnomalyKind::BufferSize { need, have } = &anomaly.kind else {
        return None;
    };
    let severity = if have < need {
        Severity::Warning
    } else {
        Severity::Info
    };
    let message = format!("{} needs {need} bytes and has {have}", anomaly.place);
    Some(
        Issue::new(&TFLITE_DATA_SIZE, message)
            .severity(severity)
            .at(anomaly.range.clone())
            .route(anomaly.place.to_string()),
    )
}
