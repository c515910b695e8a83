//! PyTorch modules inside a configuration.

use ma_core::{Evidence, Issue, declare_rule};

use super::{at, of_layer};
use crate::model::Config;

declare_rule! {
    /// ## What it finds
    /// A `TorchModuleWrapper` layer with a PyTorch module in base64.
    /// ## Why it matters
    /// Keras hands it to `torch.load(weights_only=False)`, which unpickles it: a pickle can run code. Keras 3.11.0 to 3.11.2 did so in spite of safe mode. What the pickle does is reported on its own.
    /// ## What it leaves alone
    /// Wrappers without a module in them.
    /// ## What to do
    /// Look at what was reported for the embedded module; load the model only with that understood.
    pub static TORCH_MODULE = {
        code: "KER006", name: "keras-torch-module", severity: Warning,
        title: "The configuration holds a pickled PyTorch module",
        references: [Cve("CVE-2025-49655"), Cwe(502)],
    }
}

/// Fires once for each module.
pub(crate) fn check(config: &Config) -> Vec<Issue> {
    let modules = config.torch_modules.iter();
    modules
        .map(|module| {
            let size = module.bytes.len();
            let message = format!(
                "a PyTorch module of {size} bytes{} is unpickled when the model is loaded",
                of_layer(&module.place)
            );
            let first = module.bytes.get(..16).unwrap_or(&module.bytes);
            at(&TORCH_MODULE, &module.place, message)
                .evidence(Evidence::bytes("first bytes", first))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "keras-torch-module";
        let layer = r#"{"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"name": "t", "module": "gAROLg=="}}"#;
        assert_eq!(fired(rule, layer), Some(Severity::Warning));
        let empty = r#"{"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"name": "t"}}"#;
        assert_eq!(fired(rule, empty), None);
    }
}
