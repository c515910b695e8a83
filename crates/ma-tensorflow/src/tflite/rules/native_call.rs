//! Functions of the program, called by name.

use ma_core::{Issue, Severity, declare_rule};

use crate::tflite::model::Model;

declare_rule! {
    /// ## What it finds
    /// The operator STABLEHLO_CUSTOM_CALL, which calls a function by its name.
    ///
    /// ## Why it matters
    /// Which function runs is up to the program that loads the model; a name that is not one of the
    /// compiler's own is code that has to come from somewhere.
    ///
    /// ## What it leaves alone
    /// Notes of the compiler about sharding and layout are information.
    ///
    /// ## What to do
    /// Find out which library brings the function.
    pub static TFLITE_NATIVE_CALL = {
        code: "LIT015", name: "tflite-native-call", severity: Warning,
        title: "Calls a function of the program by name",
        trustable: true,
        references: [Cwe(829)],
    }
}

/// Names that are notes of the compiler.
const NOTES: [&str; 8] = [
    "Sharding",
    "SPMDFullToShardShape",
    "SPMDShardToFullShape",
    "annotate_device_placement",
    "LayoutConstraint",
    "mhlo.",
    "chlo.",
    "odml.",
];

/// An issue for each call.
pub(super) fn check(model: &Model) -> Vec<Issue> {
    let calls = model.calls.iter().map(|(place, name, range)| {
        let note = NOTES.iter().any(|n| name.starts_with(n));
        let severity = if note {
            Severity::Info
        } else {
            Severity::Warning
        };
        let shown = ma_core::text::shorten(name, 100);
        Issue::new(&TFLITE_NATIVE_CALL, format!("{place} calls `{shown}`"))
            .severity(severity)
            .at(range.clone())
            .route(place.to_string())
            .subject(name.as_str())
    });
    calls.collect()
}
