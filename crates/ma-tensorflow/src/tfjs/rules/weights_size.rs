//! Weights of the wrong size.

use ma_core::{Issue, Severity, declare_rule};
use ma_wire::content::Content;

use crate::tfjs::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Files that are not as large as the weights in them together, weights with a shape that can not be,
    /// and bytes of a file that belong to no weight. An unknown type is information.
    ///
    /// ## Why it matters
    /// The model does not load, or loads other numbers than its author wrote. Bytes that no weight takes
    /// are a place to hide something.
    ///
    /// ## What it leaves alone
    /// Weights that are texts, whose length stands in the file.
    ///
    /// ## What to do
    /// Fetch the model again, with all of its files.
    pub static TFJS_WEIGHTS_SIZE = {
        code: "TFJ003", name: "tfjs-weights-size", severity: Warning,
        title: "Weights and their files do not fit",
        references: [Cwe(131)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let (severity, message) = match &anomaly.kind {
        AnomalyKind::Size { need, have } => (
            Severity::Warning,
            format!("The weights take {need} bytes, their files have {have}"),
        ),
        AnomalyKind::Shape { name, shape } => {
            let name = ma_core::text::shorten(name, 120);
            (
                Severity::Warning,
                format!("`{name}` has the shape {shape:?}"),
            )
        }
        AnomalyKind::Dtype(dtype) => {
            let dtype = ma_core::text::shorten(dtype, 60);
            (
                Severity::Info,
                format!("`{dtype}` is no type of TensorFlow.js"),
            )
        }
        AnomalyKind::Unclaimed(content) => {
            let len = anomaly.range.end.saturating_sub(anomaly.range.start);
            let severity = match content {
                Content::Program(_) | Content::Portable => Severity::Critical,
                _ => Severity::Warning,
            };
            (
                severity,
                format!("{len} bytes belong to no weight: {content}"),
            )
        }
        _ => return None,
    };
    let issue = Issue::new(&TFJS_WEIGHTS_SIZE, message).severity(severity);
    Some(
        issue
            .at(anomaly.range.clone())
            .route(anomaly.route.as_str()),
    )
}
