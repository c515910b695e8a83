//! Tensors over each other.

use ma_core::{Issue, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};

declare_rule! {
    /// ## What it finds
    /// A tensor that starts before the one before it ends.
    /// ## Why it matters
    /// No writer makes such files, and llama.cpp refuses them. Readers that do not check take the same
    /// bytes for two tensors: what was reviewed under one name is used under another.
    /// ## What it leaves alone
    /// Tensors that touch; tensors without elements.
    /// ## What to do
    /// Do not use the file. Convert the model again from its source.
    pub static TENSOR_OVERLAP = {
        code: "GUF004", name: "gguf-tensor-overlap", severity: Warning,
        title: "Two tensors share bytes",
        references: [Cwe(119), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let AnomalyKind::Overlap { other, bytes } = &a.kind else {
            return None;
        };
        let message = format!("The tensor shares {} with `{other}`", super::count(*bytes));
        Some(about(&TENSOR_OVERLAP, a, message))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{WARNING, fired};

    #[test]
    fn fires_on_shared_bytes() {
        let two = |at| {
            File::new()
                .tensor("a", &[256, 2], 17, 148)
                .tensor("b", &[256, 2], 17, 148)
                .at(at)
                .build()
        };
        assert_eq!(fired("gguf-tensor-overlap", &two(0)), WARNING);
        assert_eq!(fired("gguf-tensor-overlap", &two(128)), WARNING);
        assert_eq!(fired("gguf-tensor-overlap", &two(160)), None);
    }
}
