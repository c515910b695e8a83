//! The scanner of ONNX files: probe, parse, rules; what the bytes are; parts with a look of their own.

use std::ops::Range;

use ma_core::{
    Budget, Coverage, Cx, FormatInfo, GapReason, Inspection, Kind, Match, Probe, Region,
    RegionKind, ScanError, Scanner, Target,
};

use crate::model::{AnomalyKind, Model};
use crate::parse::recognise::{Look, Recognised, recognise};
use crate::{inspect, parse, rules};

/// The kind of these files.
pub const KIND: Kind = Kind::new("onnx");

/// Scans ONNX models, lone tensors, and models in ONNX Runtime's own encoding.
#[derive(Debug, Clone, Copy, Default)]
pub struct Onnx;

static INFO: FormatInfo = FormatInfo {
    id: "onnx",
    title: "ONNX model",
    extensions: &["onnx", "ort"],
    kinds: &[KIND],
    runs_code: false,
    recognised_by: "Its structure, since there is no magic: a version and a graph with nodes, tensors or inputs in their places; `ORTM` at byte 4 for ONNX Runtime's own encoding.",
    checks: "Where external data leads and what lies there, operators and who implements them, functions, control flow, sizes and types of all tensors, compiled parts, choices that a check of the input makes, parts written twice.",
    spec: "https://onnx.ai/onnx/repo-docs/IR.html (IR version 14), onnxruntime ort.fbs",
    rules: rules::RULES,
};

/// Bytes between two claims that are worth a region.
const BETWEEN: u64 = 24;

impl Scanner for Onnx {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_some() || probe.is_empty() {
            return Match::No;
        }
        match recognise(probe.blob(), &Budget::default(), Look::Short) {
            Ok(Recognised::Model | Recognised::Ort) => Match::Strong,
            Ok(Recognised::Tensor) => Match::Weak,
            _ if probe.named(&INFO) || probe.hinted(&INFO) => Match::Weak,
            _ => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        let hinted = artifact.hint == Some(KIND);
        let known = recognise(&artifact.blob, cx.budget(), Look::Whole)? != Recognised::No;
        if !known && !hinted {
            return Ok(Coverage::Foreign);
        }
        let model = parse::parse(&artifact.blob, cx.budget())?;
        for issue in rules::check(&model, artifact.home.as_ref()) {
            cx.issue(issue)?;
        }
        if !known {
            let detail = "it is said to be an ONNX model, and has neither a graph nor operators";
            cx.gap(GapReason::Malformed, detail);
        }
        let complete = note_gaps(&model, cx);
        hand_out(&model, target, cx)?;
        Ok(if complete && known {
            Coverage::Complete
        } else {
            Coverage::Partial
        })
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let model = parse::parse(&target.artifact().blob, cx.budget())?;
        Ok(Some(inspect::inspect(&model)))
    }
}

/// Gaps for what is broken and for what did not fit. False when there are some.
fn note_gaps(model: &Model, cx: &mut Cx<'_>) -> bool {
    let mut complete = true;
    for anomaly in &model.anomalies {
        if let AnomalyKind::Broken(what) = anomaly.kind {
            let detail = format!("what follows can't be read: {what}");
            cx.gap_at(GapReason::Malformed, detail, anomaly.range.clone());
            complete = false;
        }
    }
    for cut in &model.cuts {
        let detail = format!(
            "{}: {} were looked at, and there are {} or more",
            cut.what, cut.kept, cut.seen
        );
        cx.gap(GapReason::Limit, detail);
        complete = false;
    }
    complete
}

/// Parts with a look of their own, and what all bytes are.
fn hand_out(model: &Model, target: Target<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let blob = &target.artifact().blob;
    for part in &model.embedded {
        if let Ok(bytes) = blob.slice(part.range.clone()) {
            cx.child(part.route.clone(), bytes, Some(part.kind))?;
        }
    }
    let mut claims = model.claims.clone();
    claims.sort_by_key(|c| (c.range.start, c.range.end));
    let mut at = 0u64;
    for claim in claims {
        between(at..claim.range.start, cx)?;
        at = at.max(claim.range.end);
        let region = Region::new(claim.range, claim.kind).route(claim.route);
        cx.region(region.element(claim.element))?;
    }
    between(at..model.len, cx)
}

/// What no claim covers: names, dimensions, numbers of fields.
fn between(range: Range<u64>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    if range.end.saturating_sub(range.start) < BETWEEN {
        return Ok(());
    }
    cx.region(Region::new(range, RegionKind::Metadata).route("structure"))
}
