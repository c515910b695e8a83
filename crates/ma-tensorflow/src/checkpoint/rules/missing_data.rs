//! Data files that are not there.

use ma_core::{Issue, declare_rule};

use crate::checkpoint::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// An index whose data files do not lie beside it.
    ///
    /// ## Why it matters
    /// The checkpoint can not be restored as it is, and its weights were not looked at.
    ///
    /// ## What it leaves alone
    /// Checkpoints of the first version, which hold their data themselves.
    ///
    /// ## What to do
    /// Fetch all files of the checkpoint.
    pub static CHECKPOINT_MISSING_DATA = {
        code: "TFC007", name: "checkpoint-missing-data", severity: Info,
        title: "A data file of the checkpoint is missing",
        references: [],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Missing(file, more) = &anomaly.kind else {
        return None;
    };
    let file = ma_core::text::shorten(file, 200);
    let issue = Issue::new(
        &CHECKPOINT_MISSING_DATA,
        match more {
            0 => format!("The data file `{file}` is missing"),
            more => format!("The data file `{file}` and {more} more are missing"),
        },
    );
    Some(issue.at(anomaly.range.clone()))
}
