//! A tensor has a field that the format does not know.

use ma_core::{Evidence, Issue, declare_rule};

use crate::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A field of a tensor besides `dtype`, `shape` and `data_offsets`.
    /// ## Why it matters
    /// Loaders ignore it, so it is a place to keep something that nobody looks at.
    /// ## What it leaves alone
    /// The free text of `__metadata__`, which is meant for such things.
    /// ## What to do
    /// Look at what it holds.
    pub static EXTRA_FIELD = {
        code: "SAF006", name: "safetensors-extra-field", severity: Warning,
        title: "A tensor has a field that the format does not know",
        references: [Cwe(1284), Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// The issue, when the anomaly is of this kind; `text` is the field with its value.
pub(crate) fn check(anomaly: &Anomaly, text: &str) -> Option<Issue> {
    let name = &anomaly.name;
    (anomaly.kind == AnomalyKind::ExtraField).then(|| {
        Issue::new(&EXTRA_FIELD, format!("`{name}` is no field of the format"))
            .at(anomaly.range.clone())
            .route(name.as_str())
            .evidence(Evidence::text("field", text))
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::safetensors::{file, tensor};

    #[test]
    fn fires_on_unknown_fields() {
        let rule = "safetensors-extra-field";
        let a = tensor("a", "U8", &[4], 0..4);
        let more = a.replace("\"shape\"", "\"note\":{\"x\":[1]},\"shape\"");
        assert_eq!(fired(rule, &file(&[a], &[0; 4])), None);
        assert_eq!(
            fired(rule, &file(&[more], &[0; 4])),
            Some(Severity::Warning)
        );
    }
}
