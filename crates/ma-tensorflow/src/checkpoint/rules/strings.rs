//! Tensors of strings whose lengths lie.

use ma_core::{Issue, declare_rule};

use crate::checkpoint::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Tensors of strings whose lengths do not add up to their size.
    ///
    /// ## Why it matters
    /// Restoring fails at best; the rest of the bytes belongs to no string.
    ///
    /// ## What it leaves alone
    /// Empty strings. Of tensors with more than 65,536 strings the lengths are not added up.
    ///
    /// ## What to do
    /// Fetch the checkpoint again.
    pub static CHECKPOINT_STRINGS = {
        code: "TFC008", name: "checkpoint-string-tensor", severity: Warning,
        title: "A tensor of strings is damaged",
        references: [Cwe(125)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Strings(what) = &anomaly.kind else {
        return None;
    };
    let message = format!("{}: {what}", super::shown(anomaly));
    let issue = Issue::new(&CHECKPOINT_STRINGS, message);
    Some(issue.at(anomaly.range.clone()).route(anomaly.name.as_str()))
}
