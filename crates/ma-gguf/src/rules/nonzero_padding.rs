//! Padding.

use ma_core::{Evidence, Issue, declare_rule};

use super::about;
use crate::model::{AnomalyKind, Gguf};

declare_rule! {
    /// ## What it finds
    /// Bytes between the header and the data, between tensors or behind the last one that only fill up
    /// to the alignment, and are not zero.
    /// ## Why it matters
    /// Writers fill with zeros. Nothing shows these bytes, so they are a place to carry something
    /// along.
    /// ## What it leaves alone
    /// Padding of zeros.
    /// ## What to do
    /// Look at the bytes; convert the model again from its source.
    pub static NONZERO_PADDING = {
        code: "GUF016", name: "gguf-nonzero-padding", severity: Warning,
        title: "Padding that is not zero",
        references: [Cwe(1288), Spec("https://github.com/ggml-org/ggml/blob/master/docs/gguf.md")],
    }
}

/// Fires on each place.
#[must_use]
pub fn check(gguf: &Gguf) -> Vec<Issue> {
    let fired = gguf.anomalies.iter().filter_map(|a| {
        let AnomalyKind::Padding { bytes } = &a.kind else {
            return None;
        };
        let count = a.range.end.saturating_sub(a.range.start);
        let message = format!("{} of padding are not all zero", super::count(count));
        Some(about(&NONZERO_PADDING, a, message).evidence(Evidence::bytes("padding", bytes)))
    });
    fired.collect()
}

#[cfg(test)]
mod tests {
    use crate::build::*;
    use crate::rules::tests::{WARNING, fired};

    #[test]
    fn fires_on_padding_with_content() {
        assert_eq!(
            fired("gguf-nonzero-padding", &File::plain().pad(b'x').build()),
            WARNING
        );
        assert_eq!(fired("gguf-nonzero-padding", &File::plain().build()), None);
    }
}
