//! The rules, one file each, and the lists of them.

pub mod duplicate_keys;
pub mod header_length;
pub mod header_malformed;
pub mod header_not_literal;
pub mod npz_foreign_member;
pub mod object_array;
pub mod shape_overflow;
pub mod size_mismatch;
pub mod trailing_data;
pub mod unusual_dtype;

use ma_core::{Issue, Rule};

use crate::model::Npy;

/// All rules of this crate.
pub static RULES: &[&Rule] = &[
    &object_array::OBJECT_ARRAY,
    &header_not_literal::HEADER_NOT_LITERAL,
    &shape_overflow::SHAPE_OVERFLOW,
    &size_mismatch::SIZE_MISMATCH,
    &header_length::HEADER_LENGTH,
    &duplicate_keys::DUPLICATE_KEYS,
    &trailing_data::TRAILING_DATA,
    &unusual_dtype::UNUSUAL_DTYPE,
    &header_malformed::HEADER_MALFORMED,
    &npz_foreign_member::NPZ_FOREIGN_MEMBER,
];

/// The rules about single npy files.
pub(crate) static NPY_RULES: &[&Rule] = &[
    &object_array::OBJECT_ARRAY,
    &header_not_literal::HEADER_NOT_LITERAL,
    &shape_overflow::SHAPE_OVERFLOW,
    &size_mismatch::SIZE_MISMATCH,
    &header_length::HEADER_LENGTH,
    &duplicate_keys::DUPLICATE_KEYS,
    &trailing_data::TRAILING_DATA,
    &unusual_dtype::UNUSUAL_DTYPE,
    &header_malformed::HEADER_MALFORMED,
];

/// The rules about npz archives.
pub(crate) static NPZ_RULES: &[&Rule] = &[&npz_foreign_member::NPZ_FOREIGN_MEMBER];

/// All issues of one npy file.
#[must_use]
pub fn check(npy: &Npy) -> Vec<Issue> {
    let checks: [fn(&Npy) -> Option<Issue>; 9] = [
        object_array::check,
        header_not_literal::check,
        shape_overflow::check,
        size_mismatch::check,
        header_length::check,
        duplicate_keys::check,
        trailing_data::check,
        unusual_dtype::check,
        header_malformed::check,
    ];
    checks.iter().filter_map(|check| check(npy)).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::scanner::Npy;
    use ma_core::Severity;

    /// The severity with which `rule` fires on a file, if it does.
    pub(crate) fn fired(rule: &str, file: &[u8]) -> Option<Severity> {
        ma_testkit::run::scan(&Npy, "x.npy", file)
            .issues
            .iter()
            .find(|i| i.rule.name == rule)
            .map(|i| i.severity)
    }
}
