//! Tensors beyond the end.

use ma_core::{Issue, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};

declare_rule! {
    /// ## What it finds
    /// A tensor whose offset and size lead beyond the last byte of the file.
    /// ## Why it matters
    /// The file is cut off, or the tensor is meant to be read from memory that does not belong to it:
    /// Ollama before 0.17.1 then put parts of its own memory (other people's prompts, keys) into a
    /// model that could be uploaded.
    /// ## What it leaves alone
    /// A last tensor that is not padded.
    /// ## What to do
    /// Fetch the file again. If it stays as it is, do not load it.
    pub static TENSOR_OUTSIDE = {
        code: "GUF003", name: "gguf-tensor-outside-file", severity: Warning,
        title: "A tensor reaches beyond the end of the file",
        references: [Cwe(125), Cve("CVE-2026-7482"), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each.
#[must_use]
pub fn check(gguf: &Gguf, len: u64) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let AnomalyKind::OutsideFile { end } = &a.kind else {
            return None;
        };
        let message = format!("The tensor should reach to byte {end}; the file has {len}");
        Some(about(&TENSOR_OUTSIDE, a, message))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{WARNING, fired};

    const RULE: &str = "gguf-tensor-outside-file";

    #[test]
    fn fires_beyond_the_end_only() {
        let plain = File::plain().build();
        assert_eq!(fired(RULE, &plain[..plain.len() - 32]), WARNING);
        let far = File::new().tensor("a", &[256], 19, 64).at(1 << 40).build();
        assert_eq!(fired(RULE, &far), WARNING);
        let unknown = File::new().tensor("a", &[256], 200, 64).at(1 << 40).build();
        assert_eq!(fired(RULE, &unknown), WARNING);
        assert_eq!(fired(RULE, &File::plain().unpadded().build()), None);
    }
}
