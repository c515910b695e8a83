//! Objects that are restored by code of the program.

use ma_core::{Issue, declare_rule};

use crate::checkpoint::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Objects of a checkpoint that name a registered saver.
    ///
    /// ## Why it matters
    /// Such an object is restored by a function that a library registers under that name. The checkpoint
    /// can not bring it; without the library it can not be restored.
    ///
    /// ## What it leaves alone
    /// Objects that TensorFlow restores itself.
    ///
    /// ## What to do
    /// Find out which library registers the saver.
    pub static CHECKPOINT_CUSTOM_SAVER = {
        code: "TFC009", name: "checkpoint-custom-saver", severity: Info,
        title: "Needs a saver that the program registers",
        references: [Cwe(829)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Saver(name) = &anomaly.kind else {
        return None;
    };
    let shown = ma_core::text::shorten(name, 120);
    let issue = Issue::new(
        &CHECKPOINT_CUSTOM_SAVER,
        format!("An object is restored by the registered saver `{shown}`"),
    );
    Some(issue.at(anomaly.range.clone()).subject(name.as_str()))
}
