//! Bytes that belong to nothing.

use ma_core::{Issue, Severity, declare_rule};
use ma_wire::content::Content;

use crate::tflite::model::{Anomaly, AnomalyKind, Model};

declare_rule! {
    /// ## What it finds
    /// Bytes behind the model, or between its parts, that nothing in it leads to. Critical for a program,
    /// information where they look like nothing.
    ///
    /// ## Why it matters
    /// The interpreter never reads them, so they are no part of the model; another program may read
    /// exactly these.
    ///
    /// ## What it leaves alone
    /// Zeros, the few bytes of alignment between parts, and the zip with labels that a model with
    /// metadata has at its end.
    ///
    /// ## What to do
    /// Look at the bytes; they were scanned as a part of their own.
    pub static TFLITE_UNCLAIMED_DATA = {
        code: "LIT013", name: "tflite-unclaimed-data", severity: Warning,
        title: "Holds bytes that are no part of the model",
        references: [Cwe(646)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly, model: &Model) -> Option<Issue> {
    let AnomalyKind::Unclaimed { content, trailing } = &anomaly.kind else {
        return None;
    };
    let zip = *content == Content::Archive("zip") && *trailing;
    if zip && has_metadata(model) {
        return None;
    }
    let severity = match content {
        Content::Program(_) | Content::Portable => Severity::Critical,
        Content::Zeros | Content::Known(_) | Content::Other => Severity::Info,
        _ => Severity::Warning,
    };
    let len = anomaly.range.end.saturating_sub(anomaly.range.start);
    let place = if *trailing {
        "follow the model"
    } else {
        "lie between its parts"
    };
    Some(
        Issue::new(
            &TFLITE_UNCLAIMED_DATA,
            format!("{len} bytes that nothing leads to {place}: {content}"),
        )
        .severity(severity)
        .at(anomaly.range.clone()),
    )
}

/// Whether the model says that files are attached to it.
fn has_metadata(model: &Model) -> bool {
    model.metadata.iter().any(|m| m.name == "TFLITE_METADATA")
}
