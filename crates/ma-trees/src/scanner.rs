//! Recognises trees files, parses them and applies the rules.

use ma_core::{Coverage, Cx, FormatInfo, GapReason, Match, Probe, ScanError, Scanner, Target};

use crate::parse::{MAGIC, parse};
use crate::rules;

/// The scanner of trees files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trees;

static INFO: FormatInfo = FormatInfo {
    id: "trees",
    title: "Trees",
    extensions: &["trees"],
    kinds: &[],
    runs_code: false,
    recognised_by: "its magic",
    checks: "that it is complete",
    spec: "name it here, with its version",
    rules: rules::RULES,
};

impl Scanner for Trees {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_none() && probe.head.starts_with(MAGIC) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let (_model, anomalies) = parse(&target.artifact().blob, cx.budget())?;
        for anomaly in &anomalies {
            if let Some(issue) = rules::truncated(anomaly) {
                cx.issue(issue)?;
                cx.gap(GapReason::Malformed, "the body is not all there");
            }
        }
        Ok(if anomalies.is_empty() {
            Coverage::Complete
        } else {
            Coverage::Partial
        })
    }
}
