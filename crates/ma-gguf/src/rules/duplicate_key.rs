//! Keys given twice.

use ma_core::{Evidence, Issue, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};

declare_rule! {
    /// ## What it finds
    /// Two keys of the same name.
    /// ## Why it matters
    /// Readers differ in which of the two they take, so the model behaves differently from how it was
    /// reviewed: one chat template or stop token is seen, another one is used. llama.cpp refuses the
    /// file.
    /// ## What it leaves alone
    /// Nothing: no writer produces this. Both values of a repeated chat template are looked at.
    /// ## What to do
    /// Convert the model again from its source.
    pub static DUPLICATE_KEY = {
        code: "GUF009", name: "gguf-duplicate-key", severity: Warning,
        title: "A key is given twice",
        references: [Cwe(436), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each repetition.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let AnomalyKind::DuplicateKey { same, first } = &a.kind else {
            return None;
        };
        let values = if *same {
            "the same value"
        } else {
            "different values"
        };
        let message = format!("The key is given twice, with {values}");
        let at = format!("byte {first}");
        Some(about(&DUPLICATE_KEY, a, message).evidence(Evidence::fact("given first at", at)))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{WARNING, fired};

    #[test]
    fn fires_on_equal_keys() {
        let with = |key| {
            let file = File::new().kv(kv_u32("a.b", 1)).kv(kv_u32("a.c", 1));
            fired("gguf-duplicate-key", &file.kv(kv_u32(key, 1)).build())
        };
        assert_eq!(with("a.b"), WARNING);
        assert_eq!(with("a.d"), None);
    }
}
