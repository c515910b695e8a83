//! The FlatBuffer is not one.

use ma_core::{Issue, declare_rule};

use crate::tflite::model::{Anomaly, AnomalyKind, Model};

declare_rule! {
    /// ## What it finds
    /// Tables, lists and texts of the model that do not lie inside the file, or whose layout can't be.
    ///
    /// ## Why it matters
    /// The interpreter follows such offsets into memory that is not the model's, unless it was told to
    /// check the whole file first. At best it crashes.
    ///
    /// ## What it leaves alone
    /// Fields of newer versions of the format.
    ///
    /// ## What to do
    /// Fetch the file again; do not load it when it stays the same.
    pub static TFLITE_BROKEN = {
        code: "LIT001", name: "tflite-broken", severity: Warning,
        title: "The model is damaged",
        references: [Cwe(125), Spec("https://flatbuffers.dev/internals/")],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly, _: &Model) -> Option<Issue> {
    match &anomaly.kind {
        AnomalyKind::Broken(what) => Some(
            Issue::new(&TFLITE_BROKEN, format!("{}: {what}", anomaly.place))
                .at(anomaly.range.clone())
                .route(anomaly.place.to_string()),
        ),
        AnomalyKind::BeyondFile { what, offset, size } => Some(
            Issue::new(
                &TFLITE_BROKEN,
                format!(
                    "{}: {size} bytes of {what} should begin at byte {offset}, beyond the end of the file",
                    anomaly.place
                ),
            )
            .at(anomaly.range.clone())
            .route(anomaly.place.to_string()),
        ),
        _ => None,
    }
}
