//! Order, alignment and holes.

use ma_core::{Issue, Severity, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf, Trailing};

declare_rule! {
    /// ## What it finds
    /// A tensor that does not start at a multiple of the alignment, tensors that are not in the order
    /// of the header, and bytes between tensors that belong to none.
    /// ## Why it matters
    /// Every writer lays tensors out one after the other, and llama.cpp refuses anything else. Other
    /// readers accept it, and bytes that belong to no tensor are a place to hide things in: no reader
    /// of the model shows them.
    /// ## What it leaves alone
    /// Padding up to the alignment (see `gguf-nonzero-padding`). A hole of zeros is Info; a program in
    /// a hole is Critical.
    /// ## What to do
    /// Convert the model again from its source. What lies in a hole was handed on for its own look when
    /// it is something of its own.
    pub static TENSOR_LAYOUT = {
        code: "GUF005", name: "gguf-tensor-layout", severity: Warning,
        title: "Tensors are not laid out one after the other",
        references: [Cwe(1288), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each; that an order is wrong goes without saying where a hole is told.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let told = gguf.anomalies.iter().any(|a| {
        matches!(
            a.kind,
            AnomalyKind::Hole { .. }
                | AnomalyKind::Overlap { .. }
                | AnomalyKind::Misaligned { .. }
                | AnomalyKind::OutsideFile { .. }
                | AnomalyKind::Overflow { .. }
        )
    });
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let (message, severity) = match &a.kind {
            AnomalyKind::Misaligned { offset, alignment } => (
                format!("The tensor is at offset {offset}, no multiple of {alignment}"),
                Severity::Warning,
            ),
            AnomalyKind::OutOfOrder { offset, expected } if !told => (
                format!("The tensor is at offset {offset}; the one before it ends at {expected}"),
                Severity::Warning,
            ),
            AnomalyKind::Hole { what, .. } => {
                let bytes = a.range.end.saturating_sub(a.range.start);
                hole(bytes, *what)
            }
            _ => return None,
        };
        Some(about(&TENSOR_LAYOUT, a, message).severity(severity))
    });
    fired.collect()
}

fn hole(bytes: u64, what: Trailing) -> (String, Severity) {
    match what {
        Trailing::Zeros => (
            format!("{bytes} zeros between tensors belong to none"),
            Severity::Info,
        ),
        Trailing::Known(name) => (
            format!(
                "{} between tensors belong to none and begin a {name}",
                super::count(bytes)
            ),
            super::severity_of(name),
        ),
        Trailing::Other => (
            format!("{} between tensors belong to none", super::count(bytes)),
            Severity::Warning,
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{CRITICAL, INFO, WARNING, fired};

    const RULE: &str = "gguf-tensor-layout";

    fn at(offset: u64) -> Vec<u8> {
        let file = File::new()
            .tensor("a", &[8], 0, 32)
            .tensor("b", &[8], 0, 32);
        file.at(offset).tail(&[0; 128]).build()
    }

    #[test]
    fn fires_on_holes_order_and_alignment() {
        assert_eq!(fired(RULE, &at(32)), None);
        assert_eq!(fired(RULE, &at(33)), WARNING);
        assert_eq!(fired(RULE, &at(96)), WARNING, "the hole is not zeros");
        let order = File::new()
            .tensor("a", &[8], 0, 32)
            .at(32)
            .tensor("b", &[8], 0, 32)
            .at(0)
            .build();
        assert_eq!(fired(RULE, &order), WARNING);
    }

    #[test]
    fn what_lies_in_the_hole_decides() {
        let mut file = at(96);
        let hole = file.len() - 128 - 32;
        file[hole..hole + 64].fill(0);
        assert_eq!(fired(RULE, &file), INFO);
        file[hole + 1..hole + 8].copy_from_slice(b"\x7fELF\x02\x01\x01");
        assert_eq!(fired(RULE, &file), CRITICAL);
    }
}
