//! A text that is no JSON.

use ma_core::{Issue, declare_rule};

use crate::tfjs::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A `model.json` that is no JSON from some place on.
    ///
    /// ## Why it matters
    /// It was cut or changed. A lenient reader takes what stands before.
    ///
    /// ## What it leaves alone
    /// Odd spacing.
    ///
    /// ## What to do
    /// Fetch it again.
    pub static TFJS_BROKEN = {
        code: "TFJ007", name: "tfjs-broken", severity: Warning,
        title: "The model is damaged",
        references: [],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Broken(what) = &anomaly.kind else {
        return None;
    };
    let issue = Issue::new(&TFJS_BROKEN, format!("No JSON from here on: {what}"));
    Some(issue.at(anomaly.range.clone()))
}
