//! SavedModels that a layer loads.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{at, of_layer, shown};
use crate::model::Config;

declare_rule! {
    /// ## What it finds
    /// A `TFSMLayer` that names a SavedModel. Critical when the path is an address, absolute, or leads out of the folder.
    /// ## Why it matters
    /// The layer loads the SavedModel as soon as it is made, before any weight is read. A SavedModel is a program: its graph can read and write files. Keras before 3.13.2 loads it although safe mode is on.
    /// ## What it leaves alone
    /// `TFSMLayer` without a path.
    /// ## What to do
    /// Do not load the model when the path leads elsewhere. Otherwise scan the SavedModel that it names.
    pub static EXTERNAL_MODEL = {
        code: "KER007", name: "keras-external-model", severity: Warning,
        title: "The configuration loads a SavedModel from a path",
        references: [Cve("CVE-2026-1462"), Cwe(829)],
    }
}

/// Fires once for each path.
pub(crate) fn check(config: &Config) -> Vec<Issue> {
    let models = config.saved_models.iter();
    models
        .map(|found| {
            let how = elsewhere(&found.path);
            let message = format!(
                "the layer{} loads the SavedModel `{}`{}",
                of_layer(&found.place).replace(" of layer", ""),
                shown(&found.path),
                how.map_or_else(String::new, |how| format!(", {how}"))
            );
            let severity = match how {
                Some(_) => Severity::Critical,
                None => Severity::Warning,
            };
            at(&EXTERNAL_MODEL, &found.place, message)
                .severity(severity)
                .evidence(Evidence::text("path", shown(&found.path)))
        })
        .collect()
}

/// How a path leads away from the model; `None` for a path beside it.
pub(crate) fn elsewhere(path: &str) -> Option<&'static str> {
    let letter = path.as_bytes().get(1) == Some(&b':') && path.as_bytes().get(2).is_some();
    if path.contains("://") {
        Some("which lies on another computer or behind another file system")
    } else if path.starts_with("\\\\") || path.starts_with("//") {
        Some("which lies on another computer")
    } else if path.starts_with(['/', '\\', '~', '$', '%']) || letter {
        Some("an absolute path on the computer that loads it")
    } else if path.split(['/', '\\']).any(|part| part == "..") {
        Some("outside of the model's folder")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use super::elsewhere;
    use crate::rules::tests::fired;

    #[test]
    fn severity_follows_the_path() {
        let rule = "keras-external-model";
        let layer = |path: &str| {
            format!(
                r#"{{"module": "keras.layers", "class_name": "TFSMLayer", "config": {{"name": "t", "filepath": "{path}", "call_endpoint": "serve"}}}}"#
            )
        };
        assert_eq!(fired(rule, &layer("/tmp/pwned")), Some(Severity::Critical));
        assert_eq!(fired(rule, &layer("saved_model")), Some(Severity::Warning));
        let none =
            r#"{"module": "keras.layers", "class_name": "TFSMLayer", "config": {"name": "t"}}"#;
        assert_eq!(fired(rule, none), None);
    }

    #[test]
    fn paths_elsewhere() {
        for path in ["gs://b/x", "/x", "C:\\x", "\\\\host\\x", "a/../../x", "~/x"] {
            assert!(elsewhere(path).is_some(), "{path}");
        }
        assert!(elsewhere("assets/model").is_none());
    }
}
