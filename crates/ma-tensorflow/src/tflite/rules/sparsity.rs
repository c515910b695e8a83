//! Sparse tensors whose indices lie.

use ma_core::{Issue, declare_rule};

use crate::tflite::model::{Anomaly, AnomalyKind, Model};

declare_rule! {
    /// ## What it finds
    /// Sparse constant tensors whose order of dimensions, segments or indices do not fit the shape.
    ///
    /// ## Why it matters
    /// The numbers say where each stored value goes when the tensor is made dense. Outside of it, that
    /// writes into memory of the program.
    ///
    /// ## What it leaves alone
    /// Dense tensors.
    ///
    /// ## What to do
    /// Do not load it. No converter writes such a file.
    pub static TFLITE_SPARSITY = {
        code: "LIT007", name: "tflite-sparsity", severity: Warning,
        title: "A sparse tensor is damaged",
        references: [Cwe(787), Cve("CVE-2022-23560")],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly, _: &Model) -> Option<Issue> {
    let AnomalyKind::Sparsity(what) = &anomaly.kind else {
        return None;
    };
    Some(
        Issue::new(&TFLITE_SPARSITY, format!("{}: {what}", anomaly.place))
            .at(anomaly.range.clone())
            .route(anomaly.place.to_string()),
    )
}
