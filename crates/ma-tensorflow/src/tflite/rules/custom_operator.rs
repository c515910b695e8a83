//! Operators that the program has to bring along.

use ma_core::{Issue, Severity, declare_rule};

use crate::tflite::model::{Code, Model};
use crate::tflite::schema::{self, CUSTOM, DELEGATE};

declare_rule! {
    /// ## What it finds
    /// Custom operators: names of code that is not in the model and not in the interpreter. Those of
    /// MediaPipe, TensorFlow Text, accelerators and the like are information.
    ///
    /// ## Why it matters
    /// The model does not run without a library that brings the operator, and that library is code
    /// which you would run for the sake of this model. The model itself can't bring it.
    ///
    /// ## What it leaves alone
    /// Operators of TensorFlow itself (Flex), which have a rule of their own, and codes that no operator
    /// uses.
    ///
    /// ## What to do
    /// Find out which library the operator belongs to, and whether you trust it. Then trust the name.
    pub static TFLITE_CUSTOM_OPERATOR = {
        code: "LIT010", name: "tflite-custom-operator", severity: Warning,
        title: "Needs an operator that does not come with LiteRT",
        trustable: true,
        references: [Cwe(829), Spec("https://ai.google.dev/edge/litert/models/ops_custom")],
    }
}

/// One issue for each custom operator that is used.
pub(super) fn check(model: &Model) -> Vec<Issue> {
    model.codes.iter().filter_map(one).collect()
}

fn one(code: &Code) -> Option<Issue> {
    let first = code.first?;
    let issue = |severity, message: String| {
        Issue::new(&TFLITE_CUSTOM_OPERATOR, message)
            .severity(severity)
            .at(code.range.clone())
            .route(first.to_string())
    };
    if code.builtin == DELEGATE {
        let message = "Holds a DELEGATE operator, which the interpreter makes for itself and no converter writes";
        return Some(issue(Severity::Warning, message.to_owned()));
    }
    if code.builtin != CUSTOM {
        let known = schema::operator_name(code.builtin).is_some();
        let message = format!("Operator {} is in no known version of LiteRT", code.builtin);
        return (!known).then(|| issue(Severity::Info, message));
    }
    let name = code.custom.as_deref().unwrap_or_default();
    if name.starts_with("Flex") {
        return None;
    }
    let shown = ma_core::text::shorten(name, 100);
    let uses = match code.uses {
        1 => "used once".to_owned(),
        uses => format!("used {uses} times"),
    };
    let found = match schema::known_custom(name) {
        Some(what) => issue(
            Severity::Info,
            format!("Needs the custom operator `{shown}` ({what}), {uses}"),
        ),
        None => issue(
            Severity::Warning,
            format!("Needs the custom operator `{shown}`, which is not a known one; {uses}"),
        ),
    };
    Some(found.subject(name))
}
