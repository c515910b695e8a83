//! Operators of TensorFlow inside a LiteRT model.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::ops::Place as Slot;
use crate::tflite::model::{Arg, Flex, Model};
use crate::tflite::verdict::{Verdict, judge};

declare_rule! {
    /// ## What it finds
    /// TensorFlow operators that run through the Flex delegate and write or read files, run code or
    /// speak to other machines; a node in the options that is another operator than the one named; and,
    /// as information, that a model needs TensorFlow operators at all.
    ///
    /// ## Why it matters
    /// A program that brings the Flex delegate (the "select TensorFlow operators" library, and TensorFlow
    /// itself where it is linked in) runs such operators as TensorFlow does: the file is written when the
    /// model runs.
    ///
    /// ## What it leaves alone
    /// Operators that compute. Saving and restoring under a name that the caller gives, as models that
    /// are trained on a device do, is information.
    ///
    /// ## What to do
    /// Do not run it when it is critical. Ask the author why a model has to touch files.
    pub static TFLITE_FLEX_OPERATOR = {
        code: "LIT011", name: "tflite-flex-operator", severity: Critical,
        title: "Runs a TensorFlow operator that does more than compute",
        references: [Cwe(94), Cwe(73), Spec("https://ai.google.dev/edge/litert/models/ops_select")],
    }
}

/// An issue for each operator that does more than compute, and one for all others.
pub(super) fn check(model: &Model) -> Vec<Issue> {
    let mut issues = Vec::new();
    let mut plain: Vec<&str> = Vec::new();
    for flex in &model.flex {
        let mut quiet = true;
        if let Some(node) = flex.node_op.as_deref().filter(|node| *node != flex.op) {
            issues.push(disguised(flex, node));
        }
        let mut names = vec![flex.op.as_str()];
        names.extend(flex.node_op.as_deref().filter(|n| *n != flex.op));
        for name in names {
            if let Some(verdict) = judge(name, |slot| argument(flex, slot)) {
                issues.push(one(flex, name, &verdict));
                quiet = false;
            }
        }
        if quiet && !plain.contains(&flex.op.as_str()) {
            plain.push(&flex.op);
        }
    }
    if let (Some(first), Some(flex)) = (plain.first(), model.flex.first()) {
        let count = plain.len();
        let message = format!("Needs {count} TensorFlow operators that compute, such as {first}");
        let names: Vec<&str> = plain.iter().take(32).copied().collect();
        issues.push(
            Issue::new(&TFLITE_FLEX_OPERATOR, message)
                .severity(Severity::Info)
                .why("The model runs with the Flex delegate only, which brings most of TensorFlow.")
                .route(flex.place.to_string())
                .evidence(Evidence::text("operators", names.join(", "))),
        );
    }
    issues
}

fn argument(flex: &Flex, slot: Slot) -> Arg {
    match slot {
        Slot::Input(i) => flex.inputs.get(i).cloned().unwrap_or(Arg::Unknown),
        Slot::Attr(name) => {
            let found = flex.attributes.iter().filter(|(key, _)| key == name);
            let texts: Vec<String> = found.map(|(_, text)| text.clone()).collect();
            // An attribute that is absent has its default, which is harmless.
            Arg::Texts(texts)
        }
    }
}

fn one(flex: &Flex, name: &str, verdict: &Verdict) -> Issue {
    let shown = ma_core::text::shorten(name, 100);
    let mut issue = Issue::new(
        &TFLITE_FLEX_OPERATOR,
        format!("{} runs {shown}, which {}", flex.place, verdict.what),
    )
    .severity(verdict.severity)
    .at(flex.range.clone())
    .route(flex.place.to_string());
    if let Some((argument, text)) = &verdict.argument {
        let text = ma_core::text::shorten(text, 200).into_owned();
        issue = issue.evidence(Evidence::code(
            "call",
            format!("{shown}({argument}={text:?})"),
        ));
    }
    issue
}

fn disguised(flex: &Flex, node: &str) -> Issue {
    let message = format!(
        "{} is named Flex{} and runs {}",
        flex.place,
        ma_core::text::shorten(&flex.op, 100),
        ma_core::text::shorten(node, 100)
    );
    Issue::new(&TFLITE_FLEX_OPERATOR, message)
        .severity(Severity::Warning)
        .why("The name that tools show is not what runs: no converter does that.")
        .at(flex.range.clone())
        .route(flex.place.to_string())
}
