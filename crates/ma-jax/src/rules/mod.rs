//! What is an issue in a Flax checkpoint and in the metadata of Orbax and zarr: the one list.

pub(crate) mod array_size;
pub(crate) mod array_type;
pub(crate) mod duplicate_key;
pub(crate) mod embedded;
pub(crate) mod extension;
pub(crate) mod malformed;
pub(crate) mod nesting;
pub(crate) mod odd_key;
pub(crate) mod parameter_path;
pub(crate) mod store_elsewhere;
pub(crate) mod trailing;
pub(crate) mod zarr_codec;
pub(crate) mod zarr_pickle;
pub(crate) mod zarr_shape;

use ma_core::{Issue, Rule};

use crate::flax::model::Anomaly;

/// The rules about Flax checkpoints.
pub static FLAX_RULES: &[&Rule] = &[
    &array_size::ARRAY_SIZE,
    &array_type::ARRAY_TYPE,
    &extension::EXTENSION,
    &malformed::MALFORMED,
    &nesting::NESTING,
    &duplicate_key::DUPLICATE_KEY,
    &odd_key::ODD_KEY,
    &trailing::TRAILING,
    &embedded::EMBEDDED,
];

/// The rules about metadata of Orbax and zarr.
pub static METADATA_RULES: &[&Rule] = &[
    &store_elsewhere::STORE_ELSEWHERE,
    &parameter_path::PARAMETER_PATH,
    &zarr_pickle::ZARR_PICKLE,
    &zarr_codec::ZARR_CODEC,
    &zarr_shape::ZARR_SHAPE,
];

/// The issue that an anomaly of a checkpoint is.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let checks: [fn(&Anomaly) -> Option<Issue>; 7] = [
        array_size::check,
        array_type::check,
        extension::check,
        malformed::check,
        nesting::check,
        duplicate_key::check,
        odd_key::check,
    ];
    checks.iter().find_map(|check| check(anomaly))
}
