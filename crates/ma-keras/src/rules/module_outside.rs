//! Names out of modules that no model is made of.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{at, of_layer, repeated, shown};
use crate::model::{Config, Reference};
use crate::resolve::Resolution;

declare_rule! {
    /// ## What it finds
    /// A class or function that the configuration takes from a module that has nothing to do with models: `os.system`, `subprocess.Popen`, `builtins.eval`, Python's standard library. Critical for names that are known to do harm.
    /// ## Why it matters
    /// The loader imports the module and calls what is named, with arguments that come from the file; that happens while the model is loaded. Safe mode does not stop it in Keras before 3.9, nor in `tf_keras`.
    /// ## What it leaves alone
    /// Keras's own layers, losses, functions; names of the user and of other packages (they are listed as custom objects).
    /// ## What to do
    /// Do not load the model.
    pub static MODULE_OUTSIDE = {
        code: "KER002", name: "keras-unsafe-module", severity: Critical,
        title: "The configuration takes a function from a module outside of Keras",
        references: [Cve("CVE-2025-1550"), Cve("CVE-2025-8747"), Cwe(502), Cwe(94)],
    }
}

/// Fires once for each name.
pub(crate) fn check(config: &Config) -> Vec<Issue> {
    config.references.iter().filter_map(issue).collect()
}

fn issue(reference: &Reference) -> Option<Issue> {
    let (does, why, severity) = match &reference.resolution {
        Resolution::Dangerous { does, why } => (*does, *why, Severity::Critical),
        Resolution::OutOfPlace { does } => (*does, "", Severity::Warning),
        _ => return None,
    };
    let path = reference.path();
    let message = format!(
        "the configuration{} names `{}`, which {does}",
        of_layer(&reference.place),
        shown(&path)
    );
    let call = format!("{path}({})", reference.arguments);
    let issue = at(&MODULE_OUTSIDE, &reference.place, message)
        .severity(severity)
        .why(why)
        .subject(path)
        .evidence(Evidence::code("call", call));
    Some(repeated(issue, reference.repeats))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "keras-unsafe-module";
        let function = |module: &str, name: &str| {
            format!(
                r#"{{"module": "keras.layers", "class_name": "Lambda", "config": {{"name": "l", "function": {{"module": "{module}", "class_name": "function", "config": "{name}", "registered_name": "{name}"}}, "arguments": {{"command": "echo pwned"}}}}}}"#
            )
        };
        assert_eq!(
            fired(rule, &function("os", "system")),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired(rule, &function("builtins", "exec")),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired(rule, &function("keras.src.utils.io_utils", "os.system")),
            Some(Severity::Critical)
        );
        assert_eq!(fired(rule, &function("builtins", "relu")), None);
        assert_eq!(fired(rule, &function("builtins", "my_function")), None);
        assert_eq!(fired(rule, &function("keras.activations", "relu")), None);
        assert_eq!(fired(rule, &function("mylab.functions", "scale")), None);
        let class =
            r#"{"module": "xmlrpc.client", "class_name": "ServerProxy", "config": {"uri": "x"}}"#;
        assert!(fired(rule, class) >= Some(Severity::Warning));
    }
}
