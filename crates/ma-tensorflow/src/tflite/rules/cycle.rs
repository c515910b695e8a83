//! Graphs that run each other in a circle.

use ma_core::{Issue, declare_rule};

use crate::tflite::model::{Anomaly, AnomalyKind, Model};

declare_rule! {
    /// ## What it finds
    /// Graphs that run themselves, directly or through others (IF, WHILE, CALL, CALL_ONCE and the
    /// StableHLO operators with bodies), and loops whose condition is their own body.
    ///
    /// ## Why it matters
    /// The interpreter prepares graphs within graphs. A circle never ends and uses up its stack: the
    /// program that loads the model crashes.
    ///
    /// ## What it leaves alone
    /// Loops: WHILE runs its body again, which is no circle. One graph that is run from several places.
    ///
    /// ## What to do
    /// Do not load it. No converter writes such a file.
    pub static TFLITE_CYCLE = {
        code: "LIT003", name: "tflite-subgraph-cycle", severity: Warning,
        title: "Graphs of the model run each other in a circle",
        references: [Cwe(674), Cve("CVE-2021-29591")],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly, model: &Model) -> Option<Issue> {
    if let AnomalyKind::Loop(graph) = &anomaly.kind {
        let message = format!(
            "{} runs graph {graph} both as body and as condition",
            anomaly.place
        );
        let issue = Issue::new(&TFLITE_CYCLE, message);
        return Some(
            issue
                .at(anomaly.range.clone())
                .route(anomaly.place.to_string()),
        );
    }
    let AnomalyKind::Cycle(circle) = &anomaly.kind else {
        return None;
    };
    let name = |i: &u32| {
        let name = model.subgraphs.get(*i as usize).map(|s| s.name.as_str());
        match name.filter(|n| !n.is_empty()) {
            Some(name) => format!("{i} ({})", ma_core::text::shorten(name, 60)),
            None => i.to_string(),
        }
    };
    let mut way: Vec<String> = circle.iter().map(name).collect();
    way.extend(circle.first().map(name));
    Some(
        Issue::new(
            &TFLITE_CYCLE,
            format!(
                "Graph {} runs itself",
                way.first().cloned().unwrap_or_default()
            ),
        )
        .at(anomaly.range.clone())
        .route(anomaly.place.to_string())
        .evidence(ma_core::Evidence::fact("circle", way.join(" → "))),
    )
}
