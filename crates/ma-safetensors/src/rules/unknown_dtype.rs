//! A tensor has an element type that the reference implementation does not know.

use ma_core::{Issue, declare_rule};

use crate::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A `dtype` that is not among those of the reference implementation (safetensors 0.8).
    /// ## Why it matters
    /// The usual loader of that version refuses the file, and the size of the tensor could not be checked.
    /// ## What it leaves alone
    /// All known types, those of 4, 6 and 8 bits included.
    /// ## What to do
    /// See whether your version of the loader is newer than that.
    pub static UNKNOWN_DTYPE = {
        code: "SAF007", name: "safetensors-unknown-dtype", severity: Info,
        title: "A tensor has an element type that the reference implementation does not know",
        references: [Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::UnknownDtype(dtype) = &anomaly.kind else {
        return None;
    };
    let name = &anomaly.name;
    let message = format!("`{name}` has the unknown element type `{dtype}`");
    Some(
        Issue::new(&UNKNOWN_DTYPE, message)
            .at(anomaly.range.clone())
            .route(name.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::safetensors::{file, tensor};

    #[test]
    fn fires_on_types_of_tomorrow() {
        let rule = "safetensors-unknown-dtype";
        let with = |dtype| file(&[tensor("a", dtype, &[4], 0..4)], &[0; 4]);
        assert_eq!(fired(rule, &with("F8_E4M3FNUZ")), None);
        assert_eq!(fired(rule, &with("F128")), Some(Severity::Info));
    }
}
