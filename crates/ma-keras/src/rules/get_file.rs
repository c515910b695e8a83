//! The download function as a part of a model.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{at, of_layer, repeated};
use crate::model::{Config, Reference};
use crate::names::Act;
use crate::resolve::Resolution;

declare_rule! {
    /// ## What it finds
    /// A configuration that names `keras.utils.get_file`, or a data set's download, under any of the names that Keras has had. Critical when an address stands beside it, or the order to unpack what comes.
    /// ## Why it matters
    /// Loading the model downloads a file of the attacker's choice to a place of the attacker's choice; with `extract` it is unpacked, and in older versions the archive can write outside of the folder.
    /// ## What it leaves alone
    /// Addresses that nothing downloads from.
    /// ## What to do
    /// Do not load the model.
    pub static GET_FILE = {
        code: "KER003", name: "keras-download", severity: Warning,
        title: "The configuration downloads a file when it is loaded",
        references: [Cve("CVE-2025-8747"), Cve("CVE-2025-12060"), Cwe(494), Cwe(22)],
    }
}

/// Fires once for each name.
pub(crate) fn check(config: &Config) -> Vec<Issue> {
    config
        .references
        .iter()
        .filter(|r| matches!(r.resolution, Resolution::Acting(Act::Fetch)))
        .map(issue)
        .collect()
}

fn issue(reference: &Reference) -> Issue {
    let path = reference.path();
    let layer = of_layer(&reference.place);
    let message = match (&reference.url, reference.extracts) {
        (Some(url), true) => format!("`{path}`{layer} downloads {url} and unpacks it"),
        (Some(url), false) => format!("`{path}`{layer} downloads {url}"),
        (None, true) => format!("`{path}`{layer} downloads an archive and unpacks it"),
        (None, false) => format!("the configuration{layer} names `{path}`, which downloads a file"),
    };
    let severity = match reference.url.is_some() || reference.extracts {
        true => Severity::Critical,
        false => Severity::Warning,
    };
    let call = format!("{path}({})", reference.arguments);
    let issue = at(&GET_FILE, &reference.place, message)
        .severity(severity)
        .subject(path)
        .evidence(Evidence::code("call", call));
    repeated(issue, reference.repeats)
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::rules::tests::fired;

    #[test]
    fn severity_follows_the_arguments() {
        let rule = "keras-download";
        let layer = |arguments: &str| {
            format!(
                r#"{{"module": "keras.layers", "class_name": "Lambda", "config": {{"name": "l", "function": {{"module": "keras.src.utils.file_utils", "class_name": "function", "config": "get_file"}}, "arguments": {{{arguments}}}}}}}"#
            )
        };
        assert_eq!(fired(rule, &layer("")), Some(Severity::Warning));
        assert_eq!(
            fired(rule, &layer(r#""origin": "http://127.0.0.1/x.tar""#)),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired(rule, &layer(r#""extract": true"#)),
            Some(Severity::Critical)
        );
        let innocent = r#"{"module": "keras.layers", "class_name": "Dense", "config": {"name": "http://127.0.0.1/"}}"#;
        assert_eq!(fired(rule, innocent), None);
    }
}
