//! Functions as bytecode.

use ma_core::{Evidence, Issue, Severity, declare_rule};
use ma_python::marshal::Reason;

use super::{at, of_layer, repeated, shown};
use crate::model::{Code, CodeForm, Config};

declare_rule! {
    /// ## What it finds
    /// Python bytecode in a configuration: the function of a `Lambda` layer, in the way that any version of Keras writes it, or marshalled code in another text. Critical when the code calls or names something that starts programs, runs text, loads libraries, opens connections, deletes files or loads pickles, or when it can't be read as code at all but names such things.
    /// ## Why it matters
    /// The bytecode is a program that comes with the model. Keras calls it when the model is built or used, and it can do anything you can do on this computer.
    /// ## What it leaves alone
    /// `Lambda` layers that name a function (it has to be on your computer already). Code with arithmetic and tensor functions only is a Warning: nobody can see at a glance what it does, and Keras refuses it unless its safe mode is off. In HDF5 files older versions load it without being asked (CVE-2025-9905).
    /// ## What to do
    /// When it is Critical, do not load the model. Otherwise read the calls below; prefer a model with registered layers in the place of `Lambda`.
    pub static LAMBDA = {
        code: "KER001", name: "keras-lambda-code", severity: Warning,
        title: "The model carries Python bytecode",
        aliases: ["S1103"],
        references: [Cve("CVE-2024-3660"), Cve("CVE-2025-9905"), Cwe(502), Spec("https://keras.io/api/layers/core_layers/lambda/")],
    }
}

/// Fires once for each piece of code.
pub(crate) fn check(config: &Config) -> Vec<Issue> {
    config.codes.iter().map(issue).collect()
}

fn issue(code: &Code) -> Issue {
    let what = match code.form {
        CodeForm::Text => "a text",
        CodeForm::Lambda | CodeForm::Legacy => "the function",
    };
    let owner = of_layer(&code.place);
    let (message, severity) = match code.findings.first() {
        Some(finding) => {
            let how = match finding.reason {
                Reason::Calls => "calls",
                Reason::Refers => "refers to",
                Reason::Names => "names",
            };
            let message = format!(
                "{what}{owner} is bytecode that {how} `{}`, which {}",
                shown(&finding.shown),
                finding.act.title()
            );
            (message, Severity::Critical)
        }
        None if code.understood => (
            format!("{what}{owner} is Python bytecode that comes with the model"),
            Severity::Warning,
        ),
        None => (
            format!("{what}{owner} should be Python bytecode and can't be read as such"),
            Severity::Warning,
        ),
    };
    let mut issue = at(&LAMBDA, &code.place, message).severity(severity);
    if let Some(finding) = code.findings.first() {
        issue = issue.subject(finding.name.clone());
        let all = code.findings.iter().filter(|f| f.reason != Reason::Calls);
        let all: Vec<&str> = all.take(16).map(|f| f.shown.as_str()).collect();
        if !all.is_empty() {
            issue = issue.evidence(Evidence::code("names that do harm", all.join("\n")));
        }
    }
    if !code.calls.is_empty() {
        let calls = code.calls.iter().take(16).cloned().collect::<Vec<_>>();
        issue = issue.evidence(Evidence::code("calls", calls.join("\n")));
    }
    if !code.names.is_empty() {
        let names = code.names.iter().take(32).cloned().collect::<Vec<_>>();
        issue = issue.evidence(Evidence::fact("names", names.join(", ")));
    }
    if !code.strings.is_empty() {
        let strings = code.strings.iter().take(16).cloned().collect::<Vec<_>>();
        issue = issue.evidence(Evidence::text("texts", strings.join("\n")));
    }
    if let Some(python) = &code.python {
        issue = issue.evidence(Evidence::fact("bytecode of", format!("Python {python}")));
    }
    repeated(issue, code.repeats)
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::fuzz::base64;
    use crate::rules::tests::fired;

    fn layer(file: &str) -> String {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../ma-python/testdata/marshal");
        let code = std::fs::read(format!("{folder}/{file}")).unwrap();
        let code = base64(&code).replace('\n', "\\n");
        format!(
            r#"{{"module": "keras.layers", "class_name": "Lambda", "config": {{"name": "l", "function": {{"class_name": "__lambda__", "config": {{"code": "{code}", "defaults": null, "closure": null}}}}}}}}"#
        )
    }

    #[test]
    fn severity_follows_the_code() {
        let rule = "keras-lambda-code";
        assert_eq!(
            fired(rule, &layer("lambda-evil-3.11.bin")),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired(rule, &layer("lambda-3.11.bin")),
            Some(Severity::Warning)
        );
        let named = r#"{"class_name": "Lambda", "config": {"function": {"module": "keras.activations", "class_name": "function", "config": "relu"}}}"#;
        assert_eq!(fired(rule, named), None);
    }

    #[test]
    fn older_ways_to_write_it_are_known() {
        let rule = "keras-lambda-code";
        let list = r#"{"class_name": "Lambda", "config": {"function": ["4wEAAAA=", null, null], "function_type": "lambda"}}"#;
        assert_eq!(fired(rule, list), Some(Severity::Warning));
        let text = r#"{"class_name": "Lambda", "config": {"function": "os system", "function_type": "lambda"}}"#;
        assert_eq!(fired(rule, text), Some(Severity::Critical));
        let shape = r#"{"class_name": "Lambda", "config": {"function": "relu", "function_type": "function", "output_shape": "os system", "output_shape_type": "lambda"}}"#;
        assert_eq!(fired(rule, shape), Some(Severity::Critical));
    }
}
