//! What is an issue in a safetensors file and in an index of shards: the one list.

pub(crate) mod duplicate_key;
pub(crate) mod extra_field;
pub(crate) mod header_bloat;
pub(crate) mod header_length;
pub(crate) mod header_malformed;
pub(crate) mod index_mismatch;
pub(crate) mod index_path;
pub(crate) mod index_type;
pub(crate) mod metadata_type;
pub(crate) mod offsets;
pub(crate) mod stray;
pub(crate) mod tensor_name;
pub(crate) mod truncated;
pub(crate) mod unknown_dtype;

use ma_core::{Issue, Rule};

use crate::model::{Anomaly, Safetensors};

pub use duplicate_key::DUPLICATE_KEY;
pub use extra_field::EXTRA_FIELD;
pub use header_bloat::HEADER_BLOAT;
pub use header_length::HEADER_LENGTH;
pub use header_malformed::HEADER_MALFORMED;
pub use index_mismatch::INDEX_MISMATCH;
pub use index_path::INDEX_PATH;
pub use index_type::INDEX_TYPE;
pub use metadata_type::METADATA_TYPE;
pub use offsets::OFFSETS;
pub use stray::STRAY;
pub use tensor_name::TENSOR_NAME;
pub use truncated::TRUNCATED;
pub use unknown_dtype::UNKNOWN_DTYPE;

/// The rules about files of tensors.
pub static RULES: &[&Rule] = &[
    &HEADER_LENGTH,
    &HEADER_MALFORMED,
    &OFFSETS,
    &STRAY,
    &DUPLICATE_KEY,
    &EXTRA_FIELD,
    &UNKNOWN_DTYPE,
    &TENSOR_NAME,
    &METADATA_TYPE,
    &HEADER_BLOAT,
    &TRUNCATED,
];

/// The rules about indexes of shards.
pub static INDEX_RULES: &[&Rule] = &[&INDEX_PATH, &INDEX_TYPE, &INDEX_MISMATCH];

/// The issue that an anomaly is, when it needs nothing but the header.
pub(crate) fn check(file: &Safetensors, anomaly: &Anomaly) -> Option<Issue> {
    header_length::check(anomaly, file.declared)
        .or_else(|| truncated::check(anomaly, file.len))
        .or_else(|| header_malformed::check(anomaly))
        .or_else(|| offsets::check(anomaly))
        .or_else(|| duplicate_key::check(anomaly))
        .or_else(|| unknown_dtype::check(anomaly))
        .or_else(|| tensor_name::check(anomaly))
        .or_else(|| metadata_type::check(anomaly))
        .or_else(|| header_bloat::check(anomaly))
}

#[cfg(test)]
pub(crate) mod tests {
    use ma_core::Severity;

    use crate::Safetensors;

    /// The severity with which a rule fires on a file.
    pub(crate) fn fired(rule: &str, bytes: &[u8]) -> Option<Severity> {
        let found = ma_testkit::run::scan(&Safetensors, "x.safetensors", bytes);
        let mut issues = found.issues.iter().filter(|i| i.rule.name == rule);
        issues.next().map(|i| i.severity)
    }
}
