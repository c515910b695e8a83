//! Functions and operators of TensorFlow that touch more than tensors, as layers.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{at, of_layer, shown};
use crate::model::Config;
use crate::names::Act;

declare_rule! {
    /// ## What it finds
    /// A layer that is one function of TensorFlow (`TFOpLambda`, `ClassMethod`) or one operator (`TensorFlowOpLayer`), where that function reads or writes files, loads libraries or models, or uses the network.
    /// ## Why it matters
    /// Keras 2 and `tf_keras` turn any public function of TensorFlow into such a layer, also in safe mode, and call it whenever the model is used. `tf.io.write_file` as a layer writes a file of the attacker's choice.
    /// ## What it leaves alone
    /// Functions that compute.
    /// ## What to do
    /// Do not load the model when it writes files or runs code; otherwise ask its author why it reads them.
    pub static TENSORFLOW_FUNCTION = {
        code: "KER009", name: "keras-tensorflow-function", severity: Warning,
        title: "A layer is a TensorFlow function that touches files, code or the network",
        references: [Cwe(470), Cwe(73)],
    }
}

/// Fires once for each function.
pub(crate) fn check(config: &Config) -> Vec<Issue> {
    let symbols = config.tf_symbols.iter();
    symbols
        .map(|symbol| {
            let name = match symbol.name.strip_prefix("op:") {
                Some(op) => format!("tf.raw_ops.{op}"),
                None => format!("tf.{}", symbol.name.trim_start_matches("tf.")),
            };
            let message = format!(
                "the layer{} is the function `{}`, which {}",
                of_layer(&symbol.place).replace(" of layer", ""),
                shown(&name),
                symbol.act.title()
            );
            let severity = match symbol.act {
                Act::Write | Act::Code | Act::Fetch | Act::Unsafe => Severity::Critical,
                _ => Severity::Warning,
            };
            at(&TENSORFLOW_FUNCTION, &symbol.place, message)
                .severity(severity)
                .evidence(Evidence::code("function", shown(&name)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "keras-tensorflow-function";
        let layer = |name: &str| {
            format!(
                r#"{{"class_name": "TFOpLambda", "config": {{"name": "t", "function": "{name}"}}}}"#
            )
        };
        assert_eq!(
            fired(rule, &layer("io.write_file")),
            Some(Severity::Critical)
        );
        assert_eq!(fired(rule, &layer("io.read_file")), Some(Severity::Warning));
        assert_eq!(
            fired(rule, &layer("raw_ops.WriteFile")),
            Some(Severity::Critical)
        );
        assert_eq!(fired(rule, &layer("math.add")), None);
        assert_eq!(fired(rule, &layer("keras.backend.clip")), None);
        let node = |op: &str| {
            format!(
                r#"{{"class_name": "TensorFlowOpLayer", "config": {{"node_def": "{{\"op\": \"{op}\"}}"}}}}"#
            )
        };
        assert_eq!(fired(rule, &node("WriteFile")), Some(Severity::Critical));
        assert_eq!(fired(rule, &node("AddV2")), None);
    }
}
