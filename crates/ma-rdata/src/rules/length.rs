//! A length that is larger than the file.

use ma_core::{Issue, declare_rule};

use super::{Input, MAX_ISSUES};
use crate::model::AnomalyKind;
use crate::route::route;

declare_rule! {
    /// ## What it finds
    /// A vector, a string or a list that declares more elements than there are bytes left.
    /// ## Why it matters
    /// R reserves the memory before it reads: a file of a few bytes can take all memory of the machine.
    /// ## What it leaves alone
    /// Long vectors that are there.
    /// ## What to do
    /// Fetch the file again; if it still declares this length, do not load it.
    pub static LENGTH = {
        code: "RDA011", name: "rdata-length", severity: Warning,
        title: "A length that is larger than the file",
        references: [Cwe(789), Spec("https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats")],
    }
}

/// Fires on a length beyond the file.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let found = input.anomalies.iter().filter_map(|anomaly| {
        let AnomalyKind::LengthBeyondFile { declared, left } = anomaly.kind else {
            return None;
        };
        let message = format!("{declared} elements are declared, {left} bytes are left");
        let issue = Issue::new(&LENGTH, message).at(anomaly.at..anomaly.at.saturating_add(1));
        Some(match anomaly.node {
            Some(node) => issue.route(route(input.model, node)),
            None => issue,
        })
    });
    found.take(MAX_ISSUES).collect()
}
