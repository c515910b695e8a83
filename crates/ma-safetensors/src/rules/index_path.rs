//! Shards that an index looks for elsewhere.

use ma_core::{Evidence, Issue, declare_rule};

use crate::model::IndexFile;

declare_rule! {
    /// ## What it finds
    /// An index of shards that names a file by an absolute path, with `..`, by a URL, with a backslash or
    /// with control characters in it.
    /// ## Why it matters
    /// Loaders put the name behind the folder of the model and open what comes out: a file elsewhere on
    /// your disk, which is not a part of this model, is read as its weights. Programs that copy or upload a
    /// model take such a file along.
    /// ## What it leaves alone
    /// Plain names and folders below the model.
    /// ## What to do
    /// Do not load, copy or publish this model before the index is mended.
    pub static INDEX_PATH = {
        code: "SAF012", name: "safetensors-index-path", severity: Warning,
        title: "The index names a file outside the model's folder",
        references: [Cwe(22), Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// What is wrong with the name of a shard.
pub(crate) fn escapes(name: &str) -> Option<&'static str> {
    if name.contains("://") || name.starts_with("file:") || name.starts_with("data:") {
        Some("a URL")
    } else if name.starts_with(['/', '\\', '~']) || name.get(1..2) == Some(":") {
        Some("an absolute path")
    } else if name.split(['/', '\\']).any(|part| part == "..") {
        Some("a path that leads upward")
    } else if name.chars().any(char::is_control) {
        Some("a name with control characters")
    } else if name.contains('\\') {
        Some("a name with a backslash, which is a folder on Windows")
    } else {
        None
    }
}

/// The issue, when the name is no plain one.
pub(crate) fn check(file: &IndexFile) -> Option<Issue> {
    let what = escapes(&file.name)?;
    Some(
        Issue::new(
            &INDEX_PATH,
            format!("The index looks for a shard at {what}"),
        )
        .at(file.range.clone())
        .route(format!("weight_map.{}", file.tensor))
        .evidence(Evidence::text("file", file.name.as_str()))
        .evidence(Evidence::fact("tensors in it", file.tensors.to_string())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_on_everything_but_plain_names() {
        for good in [
            "model-00001-of-00002.safetensors",
            "sub/x.safetensors",
            "a..b.safetensors",
        ] {
            assert_eq!(escapes(good), None, "{good}");
        }
        for bad in [
            "../x.safetensors",
            "/x",
            "C:\\x",
            "C:x",
            "sub/../../x",
            "https://h/x",
            "~/x",
            "a\\b",
            "a\nb",
            "file:x",
        ] {
            assert!(escapes(bad).is_some(), "{bad}");
        }
    }
}
