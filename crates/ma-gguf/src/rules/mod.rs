//! The rules, one file each, and the lists of them.

pub mod alignment;
pub mod beyond_file;
pub mod duplicate_key;
pub mod duplicate_tensor;
pub mod key_type;
pub mod legacy_format;
pub mod legacy_malformed;
pub mod llamafile;
pub mod llamafile_arguments;
pub mod llamafile_member;
pub mod llamafile_shell;
pub mod metadata_url;
pub mod names;
pub mod no_content;
pub mod nonzero_padding;
pub mod size_overflow;
pub mod split;
pub mod tensor_layout;
pub mod tensor_outside;
pub mod tensor_overlap;
pub mod tensor_shape;
pub mod tensor_type;
pub mod tokenizer;
pub mod trailing_data;
pub mod value_encoding;
pub mod version;

use ma_core::{Artifact, Issue, Rule, Severity};

use crate::legacy::Old;
use crate::model::{Anomaly, Gguf};

/// The rules about GGUF files.
pub static GGUF_RULES: &[&Rule] = &[
    &size_overflow::SIZE_OVERFLOW,
    &beyond_file::BEYOND_FILE,
    &tensor_outside::TENSOR_OUTSIDE,
    &tensor_overlap::TENSOR_OVERLAP,
    &tensor_layout::TENSOR_LAYOUT,
    &tensor_shape::TENSOR_SHAPE,
    &tensor_type::TENSOR_TYPE,
    &alignment::ALIGNMENT,
    &duplicate_key::DUPLICATE_KEY,
    &duplicate_tensor::DUPLICATE_TENSOR,
    &names::NAMES,
    &value_encoding::VALUE_ENCODING,
    &key_type::KEY_TYPE,
    &tokenizer::TOKENIZER,
    &trailing_data::TRAILING_DATA,
    &nonzero_padding::NONZERO_PADDING,
    &metadata_url::METADATA_URL,
    &split::SPLIT,
    &version::VERSION,
    &no_content::NO_CONTENT,
];

/// The rules about files of the time before GGUF.
pub static GGML_RULES: &[&Rule] = &[
    &legacy_format::LEGACY_FORMAT,
    &legacy_malformed::LEGACY_MALFORMED,
];

/// The rules about llamafiles.
pub static LLAMAFILE_RULES: &[&Rule] = &[
    &llamafile::LLAMAFILE,
    &llamafile_arguments::LLAMAFILE_ARGUMENTS,
    &llamafile_member::LLAMAFILE_MEMBER,
    &llamafile_shell::LLAMAFILE_SHELL,
];

/// All issues of a GGUF file.
#[must_use]
pub fn check(gguf: &Gguf, artifact: &Artifact) -> Vec<Issue> {
    let checks: [fn(&Gguf) -> Vec<Issue>; 18] = [
        size_overflow::check,
        beyond_file::check,
        tensor_overlap::check,
        tensor_layout::check,
        tensor_shape::check,
        tensor_type::check,
        alignment::check,
        duplicate_key::check,
        duplicate_tensor::check,
        names::check,
        value_encoding::check,
        key_type::check,
        tokenizer::check,
        trailing_data::check,
        nonzero_padding::check,
        metadata_url::check,
        version::check,
        no_content::check,
    ];
    let mut issues: Vec<Issue> = checks.iter().flat_map(|check| check(gguf)).collect();
    issues.extend(tensor_outside::check(gguf, artifact.blob.len()));
    issues.extend(split::check(gguf, artifact));
    issues
}

/// All issues of an old file.
#[must_use]
pub fn check_old(old: &Old) -> Vec<Issue> {
    let issues = [legacy_format::check(old), legacy_malformed::check(old)];
    issues.into_iter().flatten().collect()
}

/// An issue at an anomaly.
fn about(rule: &'static Rule, anomaly: &Anomaly, message: impl Into<String>) -> Issue {
    Issue::new(rule, message)
        .at(anomaly.range.clone())
        .route(anomaly.route.clone())
}

/// A number of bytes in words.
fn count(bytes: u64) -> String {
    if bytes == 1 {
        "1 byte".to_owned()
    } else {
        format!("{bytes} bytes")
    }
}

/// How bad it is that content of that name lies where nothing should be.
fn severity_of(name: &str) -> Severity {
    if name.contains("program") {
        Severity::Critical
    } else {
        Severity::Warning
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use ma_core::Severity;

    pub(crate) const CRITICAL: Option<Severity> = Some(Severity::Critical);
    pub(crate) const WARNING: Option<Severity> = Some(Severity::Warning);
    pub(crate) const INFO: Option<Severity> = Some(Severity::Info);

    /// The severity with which `rule` fires on a GGUF file, if it does.
    pub(crate) fn fired(rule: &str, file: &[u8]) -> Option<Severity> {
        fired_as(rule, "model.gguf", file)
    }

    /// The same under another name.
    pub(crate) fn fired_as(rule: &str, name: &str, file: &[u8]) -> Option<Severity> {
        let found = ma_testkit::run::scan(&crate::Gguf, name, file);
        let issues = found.issues.iter();
        issues
            .filter(|i| i.rule.name == rule)
            .map(|i| i.severity)
            .max()
    }
}
