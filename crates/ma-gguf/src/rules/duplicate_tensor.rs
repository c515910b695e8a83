//! Tensors given twice.

use ma_core::{Evidence, Issue, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};

declare_rule! {
    /// ## What it finds
    /// A tensor name that is given again.
    /// ## Why it matters
    /// Readers differ in which of the two they take: the weights that were reviewed need not be those
    /// that are used. llama.cpp refuses the file.
    /// ## What it leaves alone
    /// Nothing: no writer produces this.
    /// ## What to do
    /// Convert the model again from its source.
    pub static DUPLICATE_TENSOR = {
        code: "GUF010", name: "gguf-duplicate-tensor", severity: Warning,
        title: "Two tensors have the same name",
        references: [Cwe(436), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each repetition.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let AnomalyKind::DuplicateTensor { first } = &a.kind else {
            return None;
        };
        let at = format!("byte {first}");
        let message = "Another tensor has this name already";
        Some(about(&DUPLICATE_TENSOR, a, message).evidence(Evidence::fact("given first at", at)))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{WARNING, fired};

    #[test]
    fn fires_on_equal_names() {
        let with = |name| {
            let file = File::new()
                .tensor("a", &[8], 0, 32)
                .tensor(name, &[8], 0, 32);
            fired("gguf-duplicate-tensor", &file.build())
        };
        assert_eq!(with("a"), WARNING);
        assert_eq!(with("b"), None);
    }
}
