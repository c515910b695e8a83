//! An index that leads from safetensors to pickles.

use ma_core::artifact::extension;
use ma_core::{Evidence, Issue, declare_rule};

use crate::model::IndexFile;

declare_rule! {
    /// ## What it finds
    /// An index of safetensors shards that names a file of another format, such as `.bin` or `.pt`.
    /// ## Why it matters
    /// Loaders choose how to read a shard by its name. A file that is no safetensors is read as a pickle,
    /// which can run code, by somebody who chose safetensors because it can't.
    /// ## What it leaves alone
    /// Indexes of PyTorch checkpoints, which name `.bin` files and say so in their own name.
    /// ## What to do
    /// Look at what was found in that file before you load the model.
    pub static INDEX_TYPE = {
        code: "SAF013", name: "safetensors-index-type", severity: Warning,
        title: "The index leads to a file that is no safetensors",
        references: [Cwe(843), Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// The issue, when the index is one of safetensors and the file is none. `index` is the index's name.
pub(crate) fn check(file: &IndexFile, index: &str) -> Option<Issue> {
    let of_safetensors = index.to_ascii_lowercase().contains("safetensors");
    if !of_safetensors || extension(&file.name) == "safetensors" {
        return None;
    }
    Some(
        Issue::new(
            &INDEX_TYPE,
            "The index of safetensors names a shard of another format",
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
    fn fires_on_another_format_only() {
        let file = |name: &str| IndexFile {
            name: name.to_owned(),
            range: 0..1,
            tensor: "a".to_owned(),
            tensors: 1,
        };
        let index = "model.safetensors.index.json";
        assert!(check(&file("x.safetensors"), index).is_none());
        assert!(check(&file("x.bin"), index).is_some());
        assert!(check(&file("x"), index).is_some());
        assert!(check(&file("x.bin"), "pytorch_model.bin.index.json").is_none());
    }
}
