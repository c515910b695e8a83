//! The rules, one file each, and the list of them.

pub mod export_code;
pub mod legacy_layout;
pub mod native_code;
pub mod needs_unsafe_load;
pub mod odd_record;
pub mod package_source;
pub mod sb3_pickle;
pub mod script_global;
pub mod serve_handler;
pub mod serve_manifest;
pub mod serve_requirements;
pub mod serve_yaml_tag;
pub mod setitem_target;
pub mod several_pickles;
pub mod storage_aliased;
pub mod storage_missing;
pub mod storage_size;
pub mod unreferenced_record;
pub mod weights_only_bypass;

use ma_core::Rule;

/// All rules of this crate.
pub static RULES: &[&Rule] = &[
    &needs_unsafe_load::NEEDS_UNSAFE_LOAD,
    &weights_only_bypass::WEIGHTS_ONLY_BYPASS,
    &storage_missing::STORAGE_MISSING,
    &storage_size::STORAGE_SIZE,
    &storage_aliased::STORAGE_ALIASED,
    &unreferenced_record::UNREFERENCED_RECORD,
    &several_pickles::SEVERAL_PICKLES,
    &odd_record::ODD_RECORD,
    &legacy_layout::LEGACY_MAGIC_RULE,
    &legacy_layout::LEGACY_STORAGES,
    &script_global::SCRIPT_GLOBAL,
    &package_source::PACKAGE_SOURCE,
    &native_code::NATIVE_CODE,
    &export_code::EXPORT_TARGET,
    &export_code::EXPORT_EXPRESSION,
    &serve_manifest::SERVE_PATH,
    &serve_manifest::SERVE_MANIFEST,
    &serve_handler::SERVE_HANDLER,
    &serve_requirements::SERVE_REQUIREMENTS,
    &serve_yaml_tag::SERVE_YAML_TAG,
    &sb3_pickle::SB3_PICKLE,
    &setitem_target::SETITEM_TARGET,
];
