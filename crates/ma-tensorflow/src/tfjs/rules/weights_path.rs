//! Weights that lie elsewhere.

use ma_core::{Issue, declare_rule};

use crate::tfjs::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Paths of files with weights that are absolute, lead upwards (`..`), or name another machine.
    ///
    /// ## Why it matters
    /// The loader reads whatever the path names: a file of the machine that serves or loads the model, or
    /// weights from a server that can change them at any time.
    ///
    /// ## What it leaves alone
    /// Paths beside the model.
    ///
    /// ## What to do
    /// Correct the path, and keep the weights beside the model.
    pub static TFJS_WEIGHTS_PATH = {
        code: "TFJ002", name: "tfjs-weights-path", severity: Warning,
        title: "Weights are fetched from another place",
        references: [Cwe(22), Cwe(73)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Path { path, reach } = &anomaly.kind else {
        return None;
    };
    let shown = ma_core::text::shorten(path, 200);
    let message = format!("Weights are read from `{shown}`, a file {}", reach.words());
    let issue = Issue::new(&TFJS_WEIGHTS_PATH, message);
    Some(
        issue
            .at(anomaly.range.clone())
            .route(anomaly.route.as_str()),
    )
}
