//! What is an issue in a TensorFlow.js model: the one list.

mod broken;
mod duplicate_key;
mod embedded;
mod missing_weights;
mod operator;
mod script;
mod weights_path;
mod weights_size;

use ma_core::{Issue, Rule};

use super::model::{Anomaly, Model};

pub use broken::TFJS_BROKEN;
pub use duplicate_key::TFJS_DUPLICATE_KEY;
pub use embedded::TFJS_EMBEDDED_CODE;
pub use missing_weights::TFJS_MISSING_WEIGHTS;
pub use operator::TFJS_OPERATOR;
pub use script::TFJS_SCRIPT;
pub use weights_path::TFJS_WEIGHTS_PATH;
pub use weights_size::TFJS_WEIGHTS_SIZE;

/// All rules about TensorFlow.js models.
pub static RULES: &[&Rule] = &[
    &TFJS_OPERATOR,
    &TFJS_WEIGHTS_PATH,
    &TFJS_WEIGHTS_SIZE,
    &TFJS_EMBEDDED_CODE,
    &TFJS_SCRIPT,
    &TFJS_DUPLICATE_KEY,
    &TFJS_BROKEN,
    &TFJS_MISSING_WEIGHTS,
];

/// Those about files with weights.
pub(super) static SHARD_RULES: &[&Rule] = &[&TFJS_WEIGHTS_SIZE];

/// All issues of one model.
#[must_use]
pub fn check(model: &Model) -> Vec<Issue> {
    let mut issues: Vec<Issue> = model.anomalies.iter().filter_map(one).collect();
    issues.extend(model.embedded.iter().map(embedded::issue));
    issues
}

/// The issue that an anomaly is.
#[must_use]
pub fn one(anomaly: &Anomaly) -> Option<Issue> {
    let checks: [fn(&Anomaly) -> Option<Issue>; 7] = [
        operator::check,
        weights_path::check,
        weights_size::check,
        script::check,
        duplicate_key::check,
        broken::check,
        missing_weights::check,
    ];
    checks.iter().find_map(|check| check(anomaly))
}
