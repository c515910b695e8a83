//! Tensors that share bytes.

use ma_core::{Issue, declare_rule};

use crate::checkpoint::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Two tensors of the index that take the same bytes of a data file.
    ///
    /// ## Why it matters
    /// No program writes a checkpoint so. It hides that one tensor is another, or makes a small file look
    /// like a large model.
    ///
    /// ## What it leaves alone
    /// Tensors without elements.
    ///
    /// ## What to do
    /// Compare with a copy from the source.
    pub static CHECKPOINT_OVERLAP = {
        code: "TFC004", name: "checkpoint-overlap", severity: Warning,
        title: "Two tensors share bytes",
        references: [Cwe(1285)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Overlap { other } = &anomaly.kind else {
        return None;
    };
    let other = ma_core::text::shorten(other, 120);
    let message = format!("{} shares bytes with `{other}`", super::shown(anomaly));
    let issue = Issue::new(&CHECKPOINT_OVERLAP, message);
    Some(issue.at(anomaly.range.clone()).route(anomaly.name.as_str()))
}
