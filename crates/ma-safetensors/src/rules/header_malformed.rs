//! The header is not what the format describes.

use ma_core::{Issue, declare_rule};

use crate::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A header that is no JSON, that is no object, or in which a tensor lacks its type, shape or range or has
    /// something else in their place.
    /// ## Why it matters
    /// The usual loader refuses such a file. More lenient ones may read it as something else than what you
    /// were shown.
    /// ## What it leaves alone
    /// White space, the order of the fields, tensors without elements.
    /// ## What to do
    /// Fetch the file again. If it comes out the same, do not use it.
    pub static HEADER_MALFORMED = {
        code: "SAF002", name: "safetensors-header-malformed", severity: Warning,
        title: "The header is not what the format describes",
        references: [Cwe(20), Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let name = &anomaly.name;
    let message = match &anomaly.kind {
        AnomalyKind::Json(broken) => format!("The header is no JSON: {broken}"),
        AnomalyKind::Shape(what) if name.is_empty() => format!("In the header: {what}"),
        AnomalyKind::Shape(what) => format!("In the header, at `{name}`: {what}"),
        _ => return None,
    };
    Some(
        Issue::new(&HEADER_MALFORMED, message)
            .at(anomaly.range.clone())
            .route(name.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;

    #[test]
    fn fires_on_what_is_no_header() {
        let rule = "safetensors-header-malformed";
        let with = |json: &str| {
            let mut file = (json.len() as u64).to_le_bytes().to_vec();
            file.extend_from_slice(json.as_bytes());
            file
        };
        let warning = Some(Severity::Warning);
        assert_eq!(fired(rule, &with("{}")), None);
        for json in [
            "{\"a\":1}",
            "{\"a\":[1]}",
            "[]",
            "{} x",
            "{\"a\":",
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[]}}",
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,0]}}",
            "{\"a\":{\"dtype\":\"U8\",\"shape\":{},\"data_offsets\":[0]}}",
        ] {
            assert_eq!(fired(rule, &with(json)), warning, "{json}");
        }
    }
}
