//! What is an issue in a checkpoint: the one list.

mod broken;
mod custom_saver;
mod missing_data;
mod overlap;
mod place;
mod size;
mod state_path;
mod strings;
mod unclaimed;

use ma_core::{Issue, Rule};

use super::model::Anomaly;

pub use broken::CHECKPOINT_BROKEN;
pub use custom_saver::CHECKPOINT_CUSTOM_SAVER;
pub use missing_data::CHECKPOINT_MISSING_DATA;
pub use overlap::CHECKPOINT_OVERLAP;
pub use place::CHECKPOINT_PLACE;
pub use size::CHECKPOINT_SIZE;
pub use state_path::CHECKPOINT_STATE_PATH;
pub use strings::CHECKPOINT_STRINGS;
pub use unclaimed::CHECKPOINT_UNCLAIMED_DATA;

/// All rules about checkpoints.
pub static RULES: &[&Rule] = &[
    &CHECKPOINT_BROKEN,
    &CHECKPOINT_PLACE,
    &CHECKPOINT_SIZE,
    &CHECKPOINT_OVERLAP,
    &CHECKPOINT_UNCLAIMED_DATA,
    &CHECKPOINT_STATE_PATH,
    &CHECKPOINT_MISSING_DATA,
    &CHECKPOINT_STRINGS,
    &CHECKPOINT_CUSTOM_SAVER,
];

/// Those about the index.
pub(super) static INDEX_RULES: &[&Rule] = &[
    &CHECKPOINT_BROKEN,
    &CHECKPOINT_PLACE,
    &CHECKPOINT_SIZE,
    &CHECKPOINT_OVERLAP,
    &CHECKPOINT_MISSING_DATA,
];

/// Those about data files.
pub(super) static DATA_RULES: &[&Rule] = &[
    &CHECKPOINT_UNCLAIMED_DATA,
    &CHECKPOINT_STRINGS,
    &CHECKPOINT_CUSTOM_SAVER,
];

/// Those about the file that names the latest checkpoint.
pub(super) static STATE_RULES: &[&Rule] = &[&CHECKPOINT_STATE_PATH];

/// The issue that an anomaly is.
#[must_use]
pub fn check(anomaly: &Anomaly) -> Option<Issue> {
    let checks: [fn(&Anomaly) -> Option<Issue>; 9] = [
        broken::check,
        place::check,
        size::check,
        overlap::check,
        unclaimed::check,
        state_path::check,
        missing_data::check,
        strings::check,
        custom_saver::check,
    ];
    checks.iter().find_map(|check| check(anomaly))
}

/// A tensor's name for a message.
fn shown(anomaly: &Anomaly) -> String {
    let name = ma_core::text::shorten(&anomaly.name, 120);
    format!("Tensor `{name}`")
}
