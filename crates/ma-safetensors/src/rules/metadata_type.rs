//! A value of the metadata is no string.

use ma_core::{Issue, declare_rule};

use crate::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A value of `__metadata__` that is no string, or a `__metadata__` that is no object.
    /// ## Why it matters
    /// The usual loader refuses such a file; others keep whatever is there.
    /// ## What it leaves alone
    /// Strings of any content and length, JSON inside strings included.
    /// ## What to do
    /// Save the file again with the reference implementation.
    pub static METADATA_TYPE = {
        code: "SAF009", name: "safetensors-metadata-type", severity: Info,
        title: "A value of the metadata is no string",
        references: [Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let name = &anomaly.name;
    (anomaly.kind == AnomalyKind::MetadataNotText).then(|| {
        Issue::new(
            &METADATA_TYPE,
            format!("The metadata `{name}` is no string"),
        )
        .at(anomaly.range.clone())
        .route(name.as_str())
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::safetensors::{file, tensor};

    #[test]
    fn fires_on_values_that_are_no_text() {
        let rule = "safetensors-metadata-type";
        let with = |value: &str| {
            let meta = format!("\"__metadata__\":{value}");
            file(&[meta, tensor("a", "U8", &[1], 0..1)], &[0])
        };
        assert_eq!(fired(rule, &with("{\"format\":\"pt\"}")), None);
        for value in ["{\"n\":1}", "{\"n\":{\"m\":\"x\"}}", "[\"x\"]", "null"] {
            assert_eq!(fired(rule, &with(value)), Some(Severity::Info), "{value}");
        }
    }
}
