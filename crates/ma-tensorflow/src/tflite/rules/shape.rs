//! Shapes that can't be.

use ma_core::{Issue, declare_rule};

use crate::tflite::model::{Anomaly, AnomalyKind, Model};

declare_rule! {
    /// ## What it finds
    /// Tensors with a negative dimension, and with so many elements that their size can't be counted in
    /// 64 bits.
    ///
    /// ## Why it matters
    /// The interpreter multiplies dimensions to know how much memory a tensor takes. A product that
    /// overflows is a small number, and the operators then write far beyond it.
    ///
    /// ## What it leaves alone
    /// -1 in `shape_signature`, which is where a dimension may be left open.
    ///
    /// ## What to do
    /// Do not load it. No converter writes such a file.
    pub static TFLITE_SHAPE = {
        code: "LIT004", name: "tflite-shape-overflow", severity: Warning,
        title: "A tensor has an impossible shape",
        references: [Cwe(190), Cve("CVE-2021-29601")],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly, _: &Model) -> Option<Issue> {
    let AnomalyKind::Shape { shape, negative } = &anomaly.kind else {
        return None;
    };
    let what = if *negative {
        "a negative dimension"
    } else {
        "more elements than can be counted"
    };
    Some(
        Issue::new(&TFLITE_SHAPE, format!("{} has {what}", anomaly.place))
            .at(anomaly.range.clone())
            .route(anomaly.place.to_string())
            .evidence(ma_core::Evidence::fact("shape", format!("{shape:?}"))),
    )
}
