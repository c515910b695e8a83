//! What is an issue in a LiteRT model: the one list.

mod broken;
mod custom_operator;
mod cycle;
mod data_size;
mod embedded;
mod external_file;
mod flex_operator;
mod index;
mod native_call;
mod quantisation;
mod shape;
mod sparsity;
mod strings;
mod unclaimed;
mod zero;

use ma_core::{Issue, Rule};

use super::model::Model;

pub(crate) use external_file::too_small;

pub use broken::TFLITE_BROKEN;
pub use custom_operator::TFLITE_CUSTOM_OPERATOR;
pub use cycle::TFLITE_CYCLE;
pub use data_size::TFLITE_DATA_SIZE;
pub use embedded::TFLITE_EMBEDDED_CODE;
pub use external_file::TFLITE_EXTERNAL_FILE;
pub use flex_operator::TFLITE_FLEX_OPERATOR;
pub use index::TFLITE_INDEX;
pub use native_call::TFLITE_NATIVE_CALL;
pub use quantisation::TFLITE_QUANTISATION;
pub use shape::TFLITE_SHAPE;
pub use sparsity::TFLITE_SPARSITY;
pub use strings::TFLITE_STRINGS;
pub use unclaimed::TFLITE_UNCLAIMED_DATA;
pub use zero::TFLITE_ZERO_DIVISION;

/// All rules about LiteRT models.
pub static RULES: &[&Rule] = &[
    &TFLITE_BROKEN,
    &TFLITE_INDEX,
    &TFLITE_CYCLE,
    &TFLITE_SHAPE,
    &TFLITE_DATA_SIZE,
    &TFLITE_STRINGS,
    &TFLITE_SPARSITY,
    &TFLITE_QUANTISATION,
    &TFLITE_ZERO_DIVISION,
    &TFLITE_CUSTOM_OPERATOR,
    &TFLITE_FLEX_OPERATOR,
    &TFLITE_EXTERNAL_FILE,
    &TFLITE_UNCLAIMED_DATA,
    &TFLITE_EMBEDDED_CODE,
    &TFLITE_NATIVE_CALL,
];

/// All issues of one model; what depends on the files beside it is not among them.
#[must_use]
pub fn check(model: &Model) -> Vec<Issue> {
    let checks: [fn(&Model) -> Vec<Issue>; 5] = [
        custom_operator::check,
        flex_operator::check,
        external_file::check,
        embedded::check,
        native_call::check,
    ];
    let mut issues: Vec<Issue> = checks.iter().flat_map(|check| check(model)).collect();
    let one: [fn(&super::model::Anomaly, &Model) -> Option<Issue>; 10] = [
        broken::check,
        index::check,
        cycle::check,
        shape::check,
        data_size::check,
        strings::check,
        sparsity::check,
        quantisation::check,
        zero::check,
        unclaimed::check,
    ];
    for anomaly in &model.anomalies {
        issues.extend(one.iter().filter_map(|check| check(anomaly, model)));
    }
    issues
}
