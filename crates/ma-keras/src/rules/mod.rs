//! What is an issue in a Keras model: one file a rule, and the one list.

mod acting_function;
mod archive_ambiguous;
mod asset_path;
mod bypass_shape;
mod container_mismatch;
mod custom_object;
mod duplicate_key;
mod external_model;
mod foreign_member;
mod get_file;
mod lambda;
mod member_size;
mod module_outside;
mod renamed_builtin;
mod safe_mode_switch;
mod shard_path;
mod tensorflow_function;
mod torch_module;
mod vocabulary_file;
mod yaml_object;

use ma_core::{Evidence, Issue, Rule, Severity};

use crate::model::{Config, Place};

pub use acting_function::ACTING_FUNCTION;
pub use archive_ambiguous::ARCHIVE_AMBIGUOUS;
pub use asset_path::ASSET_PATH;
pub use bypass_shape::BYPASS_SHAPE;
pub use container_mismatch::CONTAINER_MISMATCH;
pub use custom_object::CUSTOM_OBJECT;
pub use duplicate_key::DUPLICATE_KEY;
pub use external_model::EXTERNAL_MODEL;
pub use foreign_member::FOREIGN_MEMBER;
pub use get_file::GET_FILE;
pub use lambda::LAMBDA;
pub use member_size::MEMBER_SIZE;
pub use module_outside::MODULE_OUTSIDE;
pub use renamed_builtin::RENAMED_BUILTIN;
pub use safe_mode_switch::SAFE_MODE_SWITCH;
pub use shard_path::SHARD_PATH;
pub use tensorflow_function::TENSORFLOW_FUNCTION;
pub use torch_module::TORCH_MODULE;
pub use vocabulary_file::VOCABULARY_FILE;
pub use yaml_object::YAML_OBJECT;

pub(crate) use {
    archive_ambiguous::check as archive_ambiguous, asset_path::check as asset_path,
    container_mismatch::check as container_mismatch, foreign_member::check as foreign_member,
    member_size::check as member_size, shard_path::check as shard_path,
    yaml_object::check as yaml_object,
};

/// All rules of this crate.
pub static RULES: &[&Rule] = &[
    &LAMBDA,
    &MODULE_OUTSIDE,
    &GET_FILE,
    &SAFE_MODE_SWITCH,
    &ACTING_FUNCTION,
    &TORCH_MODULE,
    &EXTERNAL_MODEL,
    &VOCABULARY_FILE,
    &TENSORFLOW_FUNCTION,
    &BYPASS_SHAPE,
    &RENAMED_BUILTIN,
    &CUSTOM_OBJECT,
    &DUPLICATE_KEY,
    &YAML_OBJECT,
    &ARCHIVE_AMBIGUOUS,
    &CONTAINER_MISMATCH,
    &FOREIGN_MEMBER,
    &ASSET_PATH,
    &MEMBER_SIZE,
    &SHARD_PATH,
];

/// All issues of one configuration.
#[must_use]
pub fn check(config: &Config) -> Vec<Issue> {
    let mut issues = lambda::check(config);
    issues.extend(module_outside::check(config));
    issues.extend(get_file::check(config));
    issues.extend(safe_mode_switch::check(config));
    issues.extend(acting_function::check(config));
    issues.extend(torch_module::check(config));
    issues.extend(external_model::check(config));
    issues.extend(vocabulary_file::check(config));
    issues.extend(tensorflow_function::check(config));
    issues.extend(bypass_shape::check(config));
    issues.extend(renamed_builtin::check(config));
    issues.extend(custom_object::check(config));
    issues.extend(asset_path::check_names(config));
    let worst: Vec<std::ops::Range<u64>> = issues
        .iter()
        .filter(|issue| issue.severity == Severity::Critical)
        .filter_map(|issue| issue.location.range.clone())
        .collect();
    issues.extend(duplicate_key::check(config, &worst));
    issues
}

/// An issue at a place of a configuration.
fn at(rule: &'static Rule, place: &Place, message: impl Into<String>) -> Issue {
    let issue = Issue::new(rule, message)
        .at(place.range.clone())
        .route(place.route.clone());
    match &place.layer {
        Some(layer) => issue.evidence(Evidence::fact("layer", layer.clone())),
        None => issue,
    }
}

/// The layer, to put into a sentence.
fn of_layer(place: &Place) -> String {
    place
        .layer
        .as_ref()
        .map_or_else(String::new, |name| format!(" of layer `{name}`"))
}

/// Says how often the same occurs elsewhere.
fn repeated(issue: Issue, repeats: u64) -> Issue {
    match repeats {
        0 => issue,
        n => issue.evidence(Evidence::fact("also", format!("{n} more times"))),
    }
}

/// A text for a message.
fn shown(text: &str) -> std::borrow::Cow<'_, str> {
    ma_core::text::shorten(text, 160)
}

#[cfg(test)]
pub(crate) mod tests {
    use ma_core::{Blob, Budget, Severity};

    /// The severity with which `rule` fires on the configuration of one layer.
    pub(crate) fn fired(rule: &str, layer: &str) -> Option<Severity> {
        let text = format!(
            r#"{{"module": "keras", "class_name": "Sequential", "config": {{"name": "s", "layers": [{layer}]}}}}"#
        );
        fired_in(rule, &text)
    }

    /// The severity with which `rule` fires on a configuration.
    pub(crate) fn fired_in(rule: &str, text: &str) -> Option<Severity> {
        let blob = Blob::from_vec(text.as_bytes().to_vec());
        let config = crate::parse(&blob, &Budget::default()).unwrap();
        let issues = super::check(&config);
        let found = issues.iter().filter(|issue| issue.rule.name == rule);
        found.map(|issue| issue.severity).max()
    }
}
