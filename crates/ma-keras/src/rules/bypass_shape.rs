//! Objects that are written so that the protection does not see them.

use ma_core::{Evidence, Issue, declare_rule};

use super::at;
use crate::model::Config;

declare_rule! {
    /// ## What it finds
    /// A `Lambda`, `TorchModuleWrapper` or `TFSMLayer` without the key `module`, in a configuration of Keras 3, where every object has one.
    /// ## Why it matters
    /// Without the key Keras builds the layer by its older code, where the safe mode was not applied. No version of Keras writes such a mixture: somebody made it by hand to get code past the protection.
    /// ## What it leaves alone
    /// Configurations of Keras 1 and 2 and HDF5 files, which have no `module` anywhere.
    /// ## What to do
    /// Do not load the model.
    pub static BYPASS_SHAPE = {
        code: "KER010", name: "keras-safe-mode-bypass", severity: Warning,
        title: "A layer that can run code is written so that safe mode misses it",
        references: [Cwe(693), Cve("CVE-2025-9905")],
    }
}

/// Fires once for each object.
pub(crate) fn check(config: &Config) -> Vec<Issue> {
    let objects = config.without_module.iter();
    objects
        .map(|(place, class)| {
            let message = format!("a `{class}` has no `module` in a configuration that has them");
            at(&BYPASS_SHAPE, place, message).evidence(Evidence::fact("class", class.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::rules::tests::{fired, fired_in};

    #[test]
    fn fires_on_mixtures_only() {
        let rule = "keras-safe-mode-bypass";
        let without = r#"{"class_name": "Lambda", "config": {"name": "l"}}"#;
        let with = r#"{"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l"}}"#;
        assert_eq!(fired(rule, without), Some(Severity::Warning));
        assert_eq!(fired(rule, with), None);
        let old = format!(r#"{{"class_name": "Sequential", "config": [{without}]}}"#);
        assert_eq!(fired_in(rule, &old), None);
    }
}
