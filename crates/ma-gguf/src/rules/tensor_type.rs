//! Types that are not known.

use ma_core::{Issue, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};
use crate::types::tensor_type_name;

declare_rule! {
    /// ## What it finds
    /// A type number that was taken out of ggml again (old readers divide by its block size of 0), one
    /// that only forks use, or one that is negative as a signed number.
    /// ## Why it matters
    /// The size of such a tensor can't be computed, so it is not known where it ends: what lies behind
    /// it may be anything. A number outside the table made older loaders read beyond it.
    /// ## What it leaves alone
    /// All types of ggml, also those that few files use.
    /// ## What to do
    /// Find out which program wrote the file (`ik_llama.cpp` has types of its own) and load it with
    /// that one only.
    pub static TENSOR_TYPE = {
        code: "GUF007", name: "gguf-tensor-type", severity: Warning,
        title: "A tensor has a type that ggml does not know",
        references: [Cwe(843), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let message = match &a.kind {
            AnomalyKind::RemovedType(id) => {
                let name = tensor_type_name(*id);
                format!("Type {id} ({name}) was removed from ggml; its size is not known")
            }
            AnomalyKind::UnknownType(id) if *id > i32::MAX.cast_unsigned() => {
                format!("Type {} is no type: it is negative", id.cast_signed())
            }
            AnomalyKind::UnknownType(id) => {
                format!("Type {id} is not one of ggml's; the size of the tensor is not known")
            }
            _ => return None,
        };
        Some(about(&TENSOR_TYPE, a, message))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{WARNING, fired};

    #[test]
    fn fires_on_removed_and_foreign_types() {
        let with = |kind| {
            fired(
                "gguf-tensor-type",
                &File::new().tensor("a", &[256], kind, 64).build(),
            )
        };
        for kind in [4, 5, 31, 33, 36, 38, 43, 139, u32::MAX] {
            assert_eq!(with(kind), WARNING, "{kind}");
        }
        for kind in [0, 16, 29, 39, 40, 42] {
            assert_eq!(with(kind), None, "{kind}");
        }
    }
}
