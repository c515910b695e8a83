//! Numbers made to overflow.

use ma_core::{Issue, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};

declare_rule! {
    /// ## What it finds
    /// Counts, lengths, dimensions or tensor sizes that do not fit into 63 bits, alone, multiplied, or
    /// added up: a tensor of 2⁴⁰ × 2⁴⁰ elements, a text of 2⁶² bytes, tensors whose padded sizes add up
    /// to more than 2⁶³.
    /// ## Why it matters
    /// No real model is that large: such numbers are there to make a loader compute a small size and
    /// then read or write far beyond it. Several versions of llama.cpp and Ollama had exactly this
    /// hole, and memory that is overwritten on load can mean that code of the attacker runs.
    /// ## What it leaves alone
    /// Files of any real size. Numbers that are merely larger than the file are `gguf-beyond-file` or
    /// `gguf-tensor-outside-file`.
    /// ## What to do
    /// Do not load the file. A broken transfer does not produce such numbers.
    pub static SIZE_OVERFLOW = {
        code: "GUF001", name: "gguf-size-overflow", severity: Critical,
        title: "Sizes that overflow the arithmetic of loaders",
        references: [Cwe(190), Cwe(122), Cve("CVE-2026-33298"), Cve("CVE-2026-27940"), Cve("CVE-2025-53630"), Cve("CVE-2024-21802"), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let AnomalyKind::Overflow { what } = &a.kind else {
            return None;
        };
        let message = format!("Overflows 63-bit arithmetic: {what}");
        Some(about(&SIZE_OVERFLOW, a, message))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{CRITICAL, fired};

    const RULE: &str = "gguf-size-overflow";

    #[test]
    fn fires_on_products_and_sums() {
        let file = File::new().tensor("a", &[1 << 40, 1 << 40], 0, 0).build();
        assert_eq!(fired(RULE, &file), CRITICAL);
        let file = File::new().tensor("a", &[u64::MAX], 0, 0).build();
        assert_eq!(fired(RULE, &file), CRITICAL);
        let file = File::new()
            .tensor("a", &[1 << 61], 24, 32)
            .tensor("b", &[1 << 62], 24, 32)
            .tensor("c", &[1 << 62], 24, 32)
            .build();
        assert_eq!(fired(RULE, &file), CRITICAL);
        let file = File::new()
            .tensor("a", &[0, 1 << 62, 1 << 62], 0, 0)
            .build();
        assert_eq!(fired(RULE, &file), CRITICAL);
        assert_eq!(
            fired(RULE, &File::plain().kv_count(1 << 60).build()),
            CRITICAL
        );
        assert_eq!(fired(RULE, &File::plain().build()), None);
    }
}
