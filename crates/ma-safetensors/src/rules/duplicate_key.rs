//! A key occurs twice.

use ma_core::{Issue, declare_rule};

use crate::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A tensor's name, a field of a tensor, or a key of the metadata that occurs twice.
    /// ## Why it matters
    /// Readers differ in which of the two they take, so what one shows you is not what another loads.
    /// ## What it leaves alone
    /// Keys that differ in any character.
    /// ## What to do
    /// Do not use the file; no ordinary writer makes such a header.
    pub static DUPLICATE_KEY = {
        code: "SAF005", name: "safetensors-duplicate-key", severity: Warning,
        title: "A key occurs twice",
        references: [Cwe(694), Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let name = &anomaly.name;
    (anomaly.kind == AnomalyKind::DuplicateKey).then(|| {
        Issue::new(
            &DUPLICATE_KEY,
            format!("`{name}` occurs twice in the header"),
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
    fn fires_at_every_level() {
        let rule = "safetensors-duplicate-key";
        let a = tensor("a", "U8", &[4], 0..4);
        assert_eq!(fired(rule, &file(std::slice::from_ref(&a), &[0; 4])), None);
        let twice = file(&[a.clone(), a.clone()], &[0; 4]);
        assert_eq!(fired(rule, &twice), Some(Severity::Warning));
        let field = a.replace("\"dtype\":\"U8\"", "\"dtype\":\"U8\",\"dtype\":\"I8\"");
        assert_eq!(
            fired(rule, &file(&[field], &[0; 4])),
            Some(Severity::Warning)
        );
    }
}
