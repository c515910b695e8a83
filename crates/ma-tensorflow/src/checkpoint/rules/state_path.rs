//! Paths that lead elsewhere.

use ma_core::{Issue, declare_rule};

use crate::checkpoint::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Paths in a `checkpoint` file that are absolute, lead upwards (`..`), or name another machine.
    ///
    /// ## Why it matters
    /// `tf.train.latest_checkpoint` follows the path: what is restored is not what lies in this folder but
    /// some other file, or one fetched over the network.
    ///
    /// ## What it leaves alone
    /// Names beside the file, which is what TensorFlow writes there.
    ///
    /// ## What to do
    /// Restore by the name of the checkpoint itself, or correct the path.
    pub static CHECKPOINT_STATE_PATH = {
        code: "TFC006", name: "checkpoint-state-path", severity: Warning,
        title: "Names a checkpoint in another place",
        references: [Cwe(22), Cwe(73)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::StatePath { path, reach } = &anomaly.kind else {
        return None;
    };
    let path = ma_core::text::shorten(path, 200);
    let which = if anomaly.name == "model_checkpoint_path" {
        "The latest checkpoint"
    } else {
        "An earlier checkpoint"
    };
    let message = format!("{which} is `{path}`, a file {reach}");
    let issue = Issue::new(&CHECKPOINT_STATE_PATH, message);
    Some(issue.at(anomaly.range.clone()).route(anomaly.name.as_str()))
}
