//! Graphs inside strings.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::about;
use crate::graph::model::EmbeddedKind;
use crate::graph::uses::Use;
use crate::ops::Role;

declare_rule! {
    /// ## What it finds
    /// `DatasetFromGraph`, which builds and runs a graph that is kept as a string (Warning), and strings that are serialised graphs anywhere else (Info; a Warning in Base64, which nobody needs).
    ///
    /// ## Why it matters
    /// A graph in a string is not seen by tools that list the operators of a model. What it holds is scanned here too, and reported by its own rules.
    ///
    /// ## What it leaves alone
    /// The function library, which is a part of every model.
    ///
    /// ## What to do
    /// Look at the issues inside the nested graph. Without any, ask why the graph is kept as a string.
    pub static HIDDEN_GRAPH = {
        code: "TFG008", name: "tensorflow-hidden-graph", severity: Warning,
        title: "A graph is kept inside a string",
        references: [Cwe(506), Article("https://huggingface.co/MediumIQ/tfhunt-savedmodel-nested-writefile")],
    }
}

/// Fires on `DatasetFromGraph`.
pub(crate) fn check(used: &Use) -> Option<Issue> {
    if used.operator.name != "DatasetFromGraph" {
        return None;
    }
    let (place, when) = (used.place(), used.when.words());
    let graph = used.given(Role::Graph).and_then(|v| v.list.first());
    let whence = match graph.and_then(|v| v.first_hole()) {
        Some(hole) if hole.is_caller() => "that the caller gives",
        Some(_) => "that can't be told from the file",
        None => "that is kept in a string",
    };
    let message = format!("DatasetFromGraph runs a graph {whence} {when} ({place})");
    Some(
        about(Issue::new(&HIDDEN_GRAPH, message), used)
            .evidence(Evidence::fact("operator", "DatasetFromGraph")),
    )
}

/// Fires on a string that is a graph.
pub(crate) fn embedded(what: EmbeddedKind, base64: bool, holder: &str) -> Option<Issue> {
    let what = match what {
        EmbeddedKind::Graph => "a serialised graph",
        EmbeddedKind::Model => "a serialised model",
        _ => return None,
    };
    let (coded, severity) = if base64 {
        (" in Base64", Severity::Warning)
    } else {
        ("", Severity::Info)
    };
    let message = format!("A string of {holder} is {what}{coded}");
    Some(Issue::new(&HIDDEN_GRAPH, message).severity(severity))
}
