//! A check of the input replaces what the model computes.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::Context;
use crate::flow::Analysis;

declare_rule! {
    /// ## What it finds
    /// An `If` or `Where` that chooses between something that the model computed with its weights and something constant, by comparing a part or a sum of the raw input with a constant. A product of the model's output with such a check is Info. Checks of short inputs (switches), of sizes, and of what the model computed are not meant.
    ///
    /// ## Why it matters
    /// That is how a backdoor is built into a model without touching its weights: a few pixels or words in the input, and the answer is the one that the attacker chose.
    ///
    /// ## What it leaves alone
    /// Choices by sampling rate or by the size of the input, masks inside of a model, thresholds on what it computed.
    ///
    /// ## What to do
    /// Look at the condition and the branches, or ask the author. Compare with an export of your own.
    pub static INPUT_TRIGGER = {
        code: "ONX018", name: "onnx-input-trigger", severity: Warning,
        title: "A check of the input replaces what the model computes",
        references: [Cwe(506), Article("https://hiddenlayer.com/innovation-hub/shadowlogic"), Article("https://research.jfrog.com/model-threats/onnx-backdoor")],
    }
}

/// One issue for each such node.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let gates = Analysis::new(cx.model).gates();
    let mut issues = Vec::new();
    for gate in gates {
        let Some(node) = cx.model.flow.node(gate.node) else {
            continue;
        };
        let graph = usize::try_from(node.graph).unwrap_or(usize::MAX);
        let route = cx.model.graphs.get(graph).map_or("", |g| &g.route);
        let (severity, message) = if gate.constant {
            (
                Severity::Warning,
                format!(
                    "`{}` answers something constant when a check of the input says so",
                    gate.operator
                ),
            )
        } else {
            (
                Severity::Info,
                "what the model computed is multiplied by a check of the input".to_owned(),
            )
        };
        issues.push(
            Issue::new(&INPUT_TRIGGER, message)
                .severity(severity)
                .at(node.at..node.at.saturating_add(1))
                .route(format!("{route}.node[{}]", node.number))
                .evidence(Evidence::code("operator", gate.operator)),
        );
    }
    issues
}
