//! The switch of the safe mode as a part of a model.

use ma_core::{Evidence, Issue, declare_rule};

use super::{at, of_layer, repeated};
use crate::model::Config;
use crate::names::Act;
use crate::resolve::Resolution;

declare_rule! {
    /// ## What it finds
    /// A configuration that names `enable_unsafe_deserialization`, under any of the names that Keras has had.
    /// ## Why it matters
    /// The function turns off the protection that keeps Keras from running code out of a model, for this and for all later models. A configuration that calls it first and carries code second runs that code although the user asked for safe mode.
    /// ## What it leaves alone
    /// Nothing: no model has a use for it.
    /// ## What to do
    /// Do not load the model.
    pub static SAFE_MODE_SWITCH = {
        code: "KER004", name: "keras-safe-mode-switch", severity: Critical,
        title: "The configuration turns off the protection against code",
        references: [Cve("CVE-2025-9906"), Cwe(693)],
    }
}

/// Fires once for each name.
pub(crate) fn check(config: &Config) -> Vec<Issue> {
    let switches = config
        .references
        .iter()
        .filter(|r| matches!(r.resolution, Resolution::Acting(Act::Unsafe)));
    switches
        .map(|reference| {
            let path = reference.path();
            let message = format!(
                "the configuration{} names `{path}`, which turns off safe mode",
                of_layer(&reference.place)
            );
            let issue = at(&SAFE_MODE_SWITCH, &reference.place, message)
                .subject(path.clone())
                .evidence(Evidence::code(
                    "call",
                    format!("{path}({})", reference.arguments),
                ));
            repeated(issue, reference.repeats)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::rules::tests::fired;

    #[test]
    fn fires_under_all_names() {
        let layer = |module: &str, name: &str| {
            format!(r#"{{"module": "{module}", "class_name": "function", "config": "{name}"}}"#)
        };
        for module in [
            "keras.config",
            "keras.src.saving.serialization_lib",
            "keras._tf_keras.keras.config",
            "tf_keras.src.saving.serialization_lib",
            "tensorflow.keras.config",
        ] {
            assert_eq!(
                fired(
                    "keras-safe-mode-switch",
                    &layer(module, "enable_unsafe_deserialization")
                ),
                Some(Severity::Critical),
                "{module}"
            );
        }
        assert_eq!(
            fired(
                "keras-safe-mode-switch",
                &layer("keras.activations", "relu")
            ),
            None
        );
    }
}
