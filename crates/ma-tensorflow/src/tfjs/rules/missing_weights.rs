//! Files with weights that are not there.

use ma_core::{Issue, declare_rule};

use crate::tfjs::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Files of the manifest that do not lie beside `model.json`.
    ///
    /// ## Why it matters
    /// The model does not load as it is, and its weights were not looked at.
    ///
    /// ## What it leaves alone
    /// Paths that lead elsewhere, which are reported as such.
    ///
    /// ## What to do
    /// Fetch all files of the model.
    pub static TFJS_MISSING_WEIGHTS = {
        code: "TFJ008", name: "tfjs-missing-weights", severity: Info,
        title: "A file with weights is missing",
        references: [],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Missing(file, more) = &anomaly.kind else {
        return None;
    };
    let file = ma_core::text::shorten(file, 200);
    let message = match more {
        0 => format!("`{file}` is missing"),
        more => format!("`{file}` and {more} more are missing"),
    };
    let issue = Issue::new(&TFJS_MISSING_WEIGHTS, message);
    Some(
        issue
            .at(anomaly.range.clone())
            .route(anomaly.route.as_str()),
    )
}
