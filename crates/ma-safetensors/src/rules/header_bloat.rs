//! The header is larger or deeper than a model needs.

use ma_core::{Issue, declare_rule};

use crate::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A header with more than a million tensors, of more than 10 MiB and a tenth of the file, or with values
    /// nested deeper than eight levels.
    /// ## Why it matters
    /// Reading it costs much more than its size: parsers have run out of memory or stack over such headers.
    /// ## What it leaves alone
    /// The headers of a few megabytes that models with many experts have.
    /// ## What to do
    /// Limit the memory of whatever loads it.
    pub static HEADER_BLOAT = {
        code: "SAF010", name: "safetensors-header-bloat", severity: Info,
        title: "The header is larger or deeper than a model needs",
        references: [Cwe(400), Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Bloated(what) = anomaly.kind else {
        return None;
    };
    let message = format!("The header has {what}");
    Some(Issue::new(&HEADER_BLOAT, message).at(anomaly.range.clone()))
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::safetensors::{file, tensor};

    #[test]
    fn fires_on_deep_values() {
        let rule = "safetensors-header-bloat";
        let a = |n: usize| {
            let deep = format!("\"x\":{}1{},\"shape\"", "[".repeat(n), "]".repeat(n));
            tensor("a", "U8", &[1], 0..1).replace("\"shape\"", &deep)
        };
        assert_eq!(fired(rule, &file(&[a(3)], &[0])), None);
        assert_eq!(fired(rule, &file(&[a(30)], &[0])), Some(Severity::Info));
    }
}
