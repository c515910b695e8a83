//! Bytes that belong to no tensor.

use ma_core::{Issue, Severity, declare_rule};
use ma_wire::content::Content;

use crate::checkpoint::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Bytes of a data file that no tensor of the index takes: behind the last one, before the first, or
    /// between two. Critical when they begin like a program.
    ///
    /// ## Why it matters
    /// TensorFlow writes tensors without gaps and never reads such bytes. They are a place to hide
    /// something for another program to find.
    ///
    /// ## What it leaves alone
    /// Zeros.
    ///
    /// ## What to do
    /// Look at the bytes; they were scanned as a part of their own.
    pub static CHECKPOINT_UNCLAIMED_DATA = {
        code: "TFC005", name: "checkpoint-unclaimed-data", severity: Warning,
        title: "Data that belongs to no tensor",
        references: [Cwe(646)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Unclaimed(content) = &anomaly.kind else {
        return None;
    };
    let severity = match content {
        Content::Program(_) | Content::Portable => Severity::Critical,
        _ => Severity::Warning,
    };
    let len = anomaly.range.end.saturating_sub(anomaly.range.start);
    let message = format!("{len} bytes belong to no tensor: {content}");
    let issue = Issue::new(&CHECKPOINT_UNCLAIMED_DATA, message).severity(severity);
    Some(issue.at(anomaly.range.clone()))
}
