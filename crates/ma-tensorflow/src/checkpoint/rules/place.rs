//! Tensors where there is no data.

use ma_core::{Issue, declare_rule};

use crate::checkpoint::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Tensors in a data file that the checkpoint does not have, at negative places, or beyond the end of
    /// the data file beside the index.
    ///
    /// ## Why it matters
    /// Restoring fails at best. The file is not what its author made: somebody changed it, or its data was
    /// cut.
    ///
    /// ## What it leaves alone
    /// Data files that are not there, which is said once.
    ///
    /// ## What to do
    /// Fetch the checkpoint again, index and data.
    pub static CHECKPOINT_PLACE = {
        code: "TFC002", name: "checkpoint-out-of-range", severity: Warning,
        title: "A tensor lies outside of the data",
        references: [Cwe(125)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let what = match &anomaly.kind {
        AnomalyKind::Shard { shard, shards } => {
            format!("is in data file {shard}, of which there are {shards}")
        }
        AnomalyKind::Place => "has a place that can not be".to_owned(),
        AnomalyKind::Beyond { end, len, file } => {
            let file = ma_core::text::shorten(file, 200);
            format!("ends at byte {end} of `{file}`, which has {len}")
        }
        _ => return None,
    };
    let message = format!("{} {what}", super::shown(anomaly));
    let issue = Issue::new(&CHECKPOINT_PLACE, message);
    Some(issue.at(anomaly.range.clone()).route(anomaly.name.as_str()))
}
