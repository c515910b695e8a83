//! Operators that do more than compute.

use ma_core::{Evidence, Issue, declare_rule};

use crate::tfjs::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Nodes of a graph model that write or read files, run code or speak to other machines, and operators
    /// that neither TensorFlow nor TensorFlow.js has.
    ///
    /// ## Why it matters
    /// TensorFlow.js itself runs no such operator unless the page brings one under that name; a tool that
    /// turns the model back into a TensorFlow graph runs it. No converter lets them through: somebody put
    /// it there.
    ///
    /// ## What it leaves alone
    /// Operators that compute, those that the converter makes, and functions of the graph.
    ///
    /// ## What to do
    /// Do not use it when it is critical. Find out which library brings an unknown operator.
    pub static TFJS_OPERATOR = {
        code: "TFJ001", name: "tfjs-operator", severity: Critical,
        title: "Holds an operator that does more than compute",
        references: [Cwe(94), Cwe(73)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Operator { op, verdict } = &anomaly.kind else {
        return None;
    };
    let shown = ma_core::text::shorten(op, 100);
    let mut issue = Issue::new(&TFJS_OPERATOR, format!("{shown} {}", verdict.what))
        .severity(verdict.severity)
        .at(anomaly.range.clone())
        .route(anomaly.route.as_str())
        .subject(op.as_str());
    if let Some((argument, text)) = &verdict.argument {
        let text = ma_core::text::shorten(text, 200).into_owned();
        issue = issue.evidence(Evidence::code(
            "call",
            format!("{shown}({argument}={text:?})"),
        ));
    }
    Some(issue)
}
