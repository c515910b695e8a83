//! Files without content.

use ma_core::{Issue, declare_rule};

use crate::model::Gguf;

declare_rule! {
    /// ## What it finds
    /// No tensors in a file that does not say that it is a vocabulary or the first part of a split
    /// model, and tensors without a single key.
    /// ## Why it matters
    /// Loaders can't use such a file as a model. It may be a stub in the place of the real one.
    /// ## What it leaves alone
    /// Vocabularies (with a list of tokens), first parts of split models.
    /// ## What to do
    /// Check that you got the right file.
    pub static NO_CONTENT = {
        code: "GUF020", name: "gguf-incomplete-content", severity: Info,
        title: "A model without tensors, or without keys",
        references: [Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on one of the two.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let kind = gguf.text("general.type");
    let vocabulary = kind == Some("vocab")
        || gguf.array("tokenizer.ggml.tokens").is_some()
        || gguf.text("tokenizer.huggingface.json").is_some();
    let message = if !gguf.whole() {
        return Vec::new();
    } else if gguf.tensor_count == 0 && !vocabulary && gguf.get("split.no").is_none() {
        "The file holds no tensors"
    } else if gguf.kv_count == 0 && gguf.tensor_count > 0 {
        "The file holds tensors and no keys"
    } else {
        return Vec::new();
    };
    vec![Issue::new(&NO_CONTENT, message).at(8..gguf.header_end.max(8))]
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{INFO, fired};

    #[test]
    fn fires_on_empty_files() {
        let with = |file: File| fired("gguf-incomplete-content", &file.build());
        assert_eq!(with(File::new()), INFO);
        assert_eq!(with(File::new().tensor("a", &[8], 0, 32)), INFO);
        let words = kv("tokenizer.ggml.tokens", strs(&["a"]));
        assert_eq!(with(File::new().kv(words)), None);
        assert_eq!(with(File::plain()), None);
    }
}
