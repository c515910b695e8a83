//! Shapes.

use ma_core::{Issue, Severity, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};

declare_rule! {
    /// ## What it finds
    /// More than four dimensions, or rows that are no multiple of the block size of their type. Info:
    /// no dimension at all, or a dimension of 0.
    /// ## Why it matters
    /// Loaders either refuse the file or compute sizes from a shape that the type can't have; the
    /// latter has led to reads beyond a tensor.
    /// ## What it leaves alone
    /// Every shape that ggml can hold.
    /// ## What to do
    /// Convert the model again from its source.
    pub static TENSOR_SHAPE = {
        code: "GUF006", name: "gguf-tensor-shape", severity: Warning,
        title: "A tensor has a shape that loaders refuse",
        references: [Cwe(1284), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let AnomalyKind::BadShape { what, accepted } = &a.kind else {
            return None;
        };
        let severity = if *accepted {
            Severity::Info
        } else {
            Severity::Warning
        };
        Some(about(&TENSOR_SHAPE, a, format!("The tensor {what}")).severity(severity))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{INFO, WARNING, fired};

    const RULE: &str = "gguf-tensor-shape";

    #[test]
    fn fires_on_odd_shapes() {
        let shape =
            |dims: &[u64], kind| fired(RULE, &File::new().tensor("a", dims, kind, 32).build());
        assert_eq!(shape(&[1, 2, 1, 2, 2], 0), WARNING);
        assert_eq!(shape(&[31], 8), WARNING);
        assert_eq!(shape(&[8, 0], 0), INFO);
        assert_eq!(shape(&[], 0), INFO);
        assert_eq!(shape(&[2, 2, 2, 1], 0), None);
    }
}
