//! Functions of Keras that are no parts of models.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{at, of_layer, repeated, shown};
use crate::model::Config;
use crate::names::Act;
use crate::resolve::Resolution;

declare_rule! {
    /// ## What it finds
    /// A configuration that names a function of Keras that is no part of a model: `load_model`, `save_img`, `image_dataset_from_directory`, `deserialize_keras_object` and the others that Keras itself refuses since 3.11, functions of its insides, and functions that nobody counts among the parts of models. Critical where the function runs code that it is given.
    /// ## Why it matters
    /// Such a function reads or writes files, or loads another model, with arguments from the file. Attackers build chains of them.
    /// ## What it leaves alone
    /// Activations, losses, metrics, initializers, tensor operations.
    /// ## What to do
    /// Do not load the model, unless you know why it names this function.
    pub static ACTING_FUNCTION = {
        code: "KER005", name: "keras-non-modelling-function", severity: Warning,
        title: "The configuration names a function that is no part of a model",
        references: [Cve("CVE-2025-8747"), Cwe(470)],
    }
}

/// Fires once for each name.
pub(crate) fn check(config: &Config) -> Vec<Issue> {
    let mut issues = Vec::new();
    for reference in &config.references {
        let (does, severity) = match reference.resolution {
            Resolution::Acting(Act::Fetch | Act::Unsafe) => continue,
            Resolution::Acting(Act::Code) => (Act::Code.title(), Severity::Critical),
            Resolution::Acting(act) => (act.title(), Severity::Warning),
            Resolution::NoPart => ("is no part of models", Severity::Warning),
            _ => continue,
        };
        let path = reference.path();
        let message = format!(
            "the configuration{} names `{}`, which {does}",
            of_layer(&reference.place),
            shown(&path)
        );
        let call = format!("{path}({})", reference.arguments);
        let issue = at(&ACTING_FUNCTION, &reference.place, message)
            .severity(severity)
            .subject(path)
            .evidence(Evidence::code("call", call));
        issues.push(repeated(issue, reference.repeats));
    }
    issues
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "keras-non-modelling-function";
        let layer = |module: &str, name: &str| {
            format!(r#"{{"module": "{module}", "class_name": "function", "config": "{name}"}}"#)
        };
        assert_eq!(
            fired(rule, &layer("keras.saving", "load_model")),
            Some(Severity::Warning)
        );
        assert_eq!(
            fired(rule, &layer("keras.src.utils.python_utils", "func_load")),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired(rule, &layer("keras.utils", "plot_model")),
            Some(Severity::Warning)
        );
        assert_eq!(
            fired(rule, &layer("keras.losses", "mean_squared_error")),
            None
        );
        assert_eq!(fired(rule, &layer("keras.ops", "copy")), None);
        assert_eq!(fired(rule, &layer("keras.src.ops.nn", "relu6")), None);
    }
}
