//! The stream is not what R writes.

use ma_core::{Issue, declare_rule};

use super::{Input, MAX_ISSUES};
use crate::model::AnomalyKind;
use crate::route::route;

declare_rule! {
    /// ## What it finds
    /// A stream that ends in the middle or breaks the format: references to objects that were never read, unknown types, negative lengths, names that are no strings, a version that no R writes.
    /// ## Why it matters
    /// R refuses most of it, and some of it it does not check: references inside of compiled code are taken from memory as they are. What follows the break could not be looked at.
    /// ## What it leaves alone
    /// Streams that R reads to the end.
    /// ## What to do
    /// Fetch the file again; if it is still broken, do not load it.
    pub static MALFORMED = {
        code: "RDA010", name: "rdata-malformed", severity: Warning,
        title: "The stream is not what R writes",
        references: [Cwe(20), Spec("https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats")],
    }
}

/// Fires on what breaks the format.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let found = input.anomalies.iter().filter_map(|anomaly| {
        let message = match &anomaly.kind {
            AnomalyKind::Truncated(what) => format!("The file ends inside of {what}"),
            AnomalyKind::OddFormatByte(byte) => {
                format!(
                    "The letter of the encoding is followed by byte {byte:#04x} and no line feed"
                )
            }
            AnomalyKind::UnknownType(kind) => format!("The type code {kind} is none of R's"),
            AnomalyKind::BadReference(index) => {
                format!("A reference points at object {index}, which is not there")
            }
            AnomalyKind::BadRepetition(index) => {
                format!("Compiled code refers to cell {index} of its table, which is not there")
            }
            AnomalyKind::BadLength(length) => format!("A length is {length}"),
            AnomalyKind::BadNumber => "A word is no number".to_owned(),
            AnomalyKind::BadName => "A name is no string".to_owned(),
            AnomalyKind::NotAString => "An element of a character vector is no string".to_owned(),
            AnomalyKind::Version(version) => format!("No R writes version {version} of the format"),
            _ => return None,
        };
        let issue = Issue::new(&MALFORMED, message);
        let range = anomaly.at..anomaly.at.saturating_add(1);
        Some(match anomaly.node {
            Some(node) => issue.route(route(input.model, node)).at(range),
            None => issue.at(range),
        })
    });
    found.take(MAX_ISSUES).collect()
}
