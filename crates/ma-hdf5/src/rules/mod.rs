//! What is an issue in an HDF5 file: the one list.

pub mod checksum;
pub mod duplicate_link;
pub mod embedded_file;
pub mod external_link;
pub mod external_storage;
pub mod filter_plugin;
pub mod hidden_text;
pub mod invalid_structure;
pub mod link_cycle;
pub mod pickled_value;
pub mod shape_bomb;
pub mod soft_link;
pub mod trailing_data;
pub mod truncated;
pub mod user_block;
pub mod virtual_source;

use ma_core::{Issue, Rule};

use crate::model::{Anomaly, File};
use crate::payload::Payload;
use crate::stray::Stray;

/// All rules of this crate.
pub static RULES: &[&Rule] = &[
    &external_link::EXTERNAL_LINK,
    &soft_link::SOFT_LINK,
    &external_storage::EXTERNAL_STORAGE,
    &virtual_source::VIRTUAL_SOURCE,
    &filter_plugin::FILTER_PLUGIN,
    &shape_bomb::SHAPE_BOMB,
    &truncated::TRUNCATED,
    &trailing_data::TRAILING_DATA,
    &user_block::USER_BLOCK,
    &invalid_structure::INVALID_STRUCTURE,
    &checksum::CHECKSUM,
    &link_cycle::LINK_CYCLE,
    &duplicate_link::DUPLICATE_LINK,
    &hidden_text::HIDDEN_TEXT,
    &pickled_value::PICKLED_VALUE,
    &embedded_file::EMBEDDED_FILE,
];

/// Everything that a rule may look at.
#[derive(Debug)]
pub struct Found<'a> {
    /// The file.
    pub file: &'a File,
    /// What is wrong with it.
    pub anomalies: &'a [Anomaly],
    /// Bytes of the file itself.
    pub len: u64,
    /// It was written by Keras, or is loaded as if it were.
    pub keras: bool,
    /// Bytes before and behind what the format uses.
    pub stray: &'a [Stray],
    /// Pickles, programs and archives in attributes and datasets.
    pub payloads: &'a [Payload],
}

/// Issues of one rule of one file that are made.
pub(crate) const MAX_ISSUES: usize = 200;

/// All issues of one file.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    let checks: [fn(&Found<'_>) -> Vec<Issue>; 16] = [
        external_link::check,
        soft_link::check,
        external_storage::check,
        virtual_source::check,
        filter_plugin::check,
        shape_bomb::check,
        truncated::check,
        trailing_data::check,
        user_block::check,
        invalid_structure::check,
        checksum::check,
        link_cycle::check,
        duplicate_link::check,
        hidden_text::check,
        pickled_value::check,
        embedded_file::check,
    ];
    checks.iter().flat_map(|check| check(found)).collect()
}

/// A name or path of the file, short enough for a sentence.
pub(crate) fn short(text: &str) -> String {
    ma_core::text::shorten(text, 120).into_owned()
}

/// The path of a link.
pub(crate) fn below(parent: &str, name: &str) -> String {
    if parent == "/" {
        short(&format!("/{name}"))
    } else {
        short(&format!("{parent}/{name}"))
    }
}

/// A sentence about an object, or about the file where `object` is empty.
pub(crate) fn about(object: &str, detail: &str) -> String {
    if !object.is_empty() {
        return format!("`{}`: {detail}", short(object));
    }
    let mut chars = detail.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// The issues of all anomalies of one kind.
pub(crate) fn of_kind(
    found: &Found<'_>,
    kind: crate::model::AnomalyKind,
    rule: &'static Rule,
) -> Vec<Issue> {
    let anomalies = found.anomalies.iter().filter(|a| a.kind == kind);
    anomalies
        .take(MAX_ISSUES)
        .map(|anomaly| {
            let message = about(&anomaly.object, &anomaly.detail);
            let issue = Issue::new(rule, message).route(short(&anomaly.object));
            match &anomaly.range {
                Some(range) => issue.at(range.clone()),
                None => issue,
            }
        })
        .collect()
}
