//! Vocabularies that are read from files.

use ma_core::{Evidence, Issue, Severity, declare_rule};
use ma_python::behaviour::{is_persistence_path, is_secret_path};

use super::{at, of_layer, shown};
use crate::model::{Config, PathUse};

declare_rule! {
    /// ## What it finds
    /// A layer whose `vocabulary` (or `idf_weights`, `merges`) is the name of a file and not a list: `StringLookup`, `IntegerLookup`, `TextVectorization` and others. Critical when the file holds credentials or the like, or is an address.
    /// ## Why it matters
    /// The file is read from the computer that loads the model, before Keras 3.12 in spite of safe mode. Its lines become part of the model, and go wherever the model is saved or shown; an address makes the computer send a request.
    /// ## What it leaves alone
    /// Vocabularies in the configuration itself and in the assets of the archive, which is how Keras saves them.
    /// ## What to do
    /// Do not load the model unless you know the file that it names.
    pub static VOCABULARY_FILE = {
        code: "KER008", name: "keras-vocabulary-file", severity: Warning,
        title: "The configuration reads a file of the computer that loads it",
        references: [Cve("CVE-2025-12058"), Cwe(73), Cwe(918)],
    }
}

/// Fires once for each file.
pub(crate) fn check(config: &Config) -> Vec<Issue> {
    config.files.iter().map(issue).collect()
}

fn issue(file: &PathUse) -> Issue {
    let remote = file.path.contains("://") || file.path.starts_with("\\\\");
    let secret =
        is_secret_path(&file.path) || is_persistence_path(&file.path) || is_system(&file.path);
    let what = match (remote, secret) {
        (true, _) => ", which sends a request to another computer",
        (false, true) => ", which is none of a model's business",
        (false, false) => "",
    };
    let severity = match remote || secret {
        true => Severity::Critical,
        false => Severity::Warning,
    };
    let message = format!(
        "`{}`{} reads the file `{}`{what}",
        file.key,
        of_layer(&file.place),
        shown(&file.path)
    );
    at(&VOCABULARY_FILE, &file.place, message)
        .severity(severity)
        .evidence(Evidence::fact("class", file.class.clone()))
        .evidence(Evidence::text("path", shown(&file.path)))
}

/// Files of the system, which hold no words.
fn is_system(path: &str) -> bool {
    let lower = path.to_lowercase().replace('\\', "/");
    [
        "/etc/",
        "/proc/",
        "/sys/",
        "/dev/",
        "/root/",
        "/var/log/",
        "/windows/system32/",
    ]
    .iter()
    .any(|folder| lower.contains(folder))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::rules::tests::fired;

    #[test]
    fn severity_follows_the_file() {
        let rule = "keras-vocabulary-file";
        let layer = |class: &str, value: &str| {
            format!(
                r#"{{"module": "keras.layers", "class_name": "{class}", "config": {{"name": "v", "vocabulary": {value}}}}}"#
            )
        };
        for class in ["StringLookup", "IntegerLookup", "TextVectorization"] {
            assert_eq!(
                fired(rule, &layer(class, r#""/etc/passwd""#)),
                Some(Severity::Critical)
            );
            assert_eq!(
                fired(rule, &layer(class, r#""http://127.0.0.1/x""#)),
                Some(Severity::Critical)
            );
            assert_eq!(
                fired(rule, &layer(class, r#""words.txt""#)),
                Some(Severity::Warning)
            );
            assert_eq!(
                fired(rule, &layer(class, r#"["/etc/passwd", "eval"]"#)),
                None
            );
            assert_eq!(fired(rule, &layer(class, "null")), None);
        }
    }
}
