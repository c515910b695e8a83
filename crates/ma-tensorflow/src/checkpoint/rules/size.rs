//! Sizes that do not follow from type and shape.

use ma_core::{Issue, declare_rule};

use crate::checkpoint::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Tensors whose size is not what type and shape need, with negative dimensions, or with more elements
    /// than can be counted.
    ///
    /// ## Why it matters
    /// Memory is set aside by the shape and filled by the size. Where they differ, programs crash or take
    /// more memory than there is.
    ///
    /// ## What it leaves alone
    /// Types without a fixed size; tensors that are cut into slices.
    ///
    /// ## What to do
    /// Fetch the checkpoint again; no program writes such an entry.
    pub static CHECKPOINT_SIZE = {
        code: "TFC003", name: "checkpoint-size-mismatch", severity: Warning,
        title: "A tensor is not as large as its shape",
        references: [Cwe(131), Cwe(190)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Size { need, have } = &anomaly.kind else {
        return None;
    };
    let name = super::shown(anomaly);
    let message = match need {
        Some(need) => format!("{name} needs {need} bytes and has {have}"),
        None => format!("{name} has a shape whose elements can not be counted"),
    };
    let issue = Issue::new(&CHECKPOINT_SIZE, message);
    Some(issue.at(anomaly.range.clone()).route(anomaly.name.as_str()))
}
