//! Keys that occur twice.

use ma_core::{Issue, Severity, declare_rule};

use crate::tfjs::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Keys that occur twice in one object of `model.json`. With equal values it is information.
    ///
    /// ## Why it matters
    /// Readers differ in which one they take: what a tool shows need not be what the page loads.
    ///
    /// ## What it leaves alone
    /// The same key in different objects.
    ///
    /// ## What to do
    /// Ask for a file that a converter wrote.
    pub static TFJS_DUPLICATE_KEY = {
        code: "TFJ006", name: "tfjs-duplicate-key", severity: Warning,
        title: "A key occurs twice",
        references: [Cwe(436)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Duplicate { key, differs } = &anomaly.kind else {
        return None;
    };
    let (severity, how) = if *differs {
        (Severity::Warning, "different")
    } else {
        (Severity::Info, "equal")
    };
    let shown = ma_core::text::shorten(key, 100);
    let message = format!("The key `{shown}` occurs twice, with {how} values");
    let issue = Issue::new(&TFJS_DUPLICATE_KEY, message).severity(severity);
    Some(issue.at(anomaly.range.clone()))
}
