//! The index is not one.

use ma_core::{Issue, declare_rule};

use crate::checkpoint::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Blocks, entries and messages of an index that do not lie inside the file, keys that repeat or are
    /// out of order, and objects that refer to others that do not exist.
    ///
    /// ## Why it matters
    /// What is restored depends on who reads it: with a key that stands twice, one reader takes the first
    /// tensor and another the last.
    ///
    /// ## What it leaves alone
    /// Fields of newer versions.
    ///
    /// ## What to do
    /// Fetch the file again.
    pub static CHECKPOINT_BROKEN = {
        code: "TFC001", name: "checkpoint-broken", severity: Warning,
        title: "The index of the checkpoint is damaged",
        references: [Cwe(125)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Broken(what) = &anomaly.kind else {
        return None;
    };
    let about = if anomaly.name.is_empty() {
        String::new()
    } else {
        format!("`{}`: ", ma_core::text::shorten(&anomaly.name, 120))
    };
    let issue = Issue::new(&CHECKPOINT_BROKEN, format!("{about}{what}"));
    Some(issue.at(anomaly.range.clone()).route(anomaly.name.as_str()))
}
