//! Recognises LiteRT models, parses them, applies the rules, says what the bytes are.

use ma_core::{
    Coverage, Cx, FormatInfo, GapReason, Inspection, Kind, Match, Probe, Region, ScanError,
    Scanner, Target,
};
use ma_wire::content::Content;

use super::inspect;
use super::model::{AnomalyKind, Model};
use super::parse::{IDENTIFIER, parse};
use super::rules::{self, too_small};
use crate::ops::{Reach, judge_path};

/// Scans LiteRT (TensorFlow Lite) models.
#[derive(Debug, Clone, Copy, Default)]
pub struct TfLite;

/// The kind under which others hand out such a model.
pub const KIND: Kind = Kind::new("tflite");

/// The kind of graphs of TensorFlow.
const GRAPH: Kind = Kind::new("tensorflow-graph");

static INFO: FormatInfo = FormatInfo {
    id: "tflite",
    title: "LiteRT (TensorFlow Lite) model",
    extensions: &["tflite", "lite", "litertlm", "bin", "task"],
    kinds: &[KIND],
    runs_code: false,
    recognised_by: "The identifier `TFL3` at byte 4.",
    checks: "Every offset and number, circles of graphs, shapes and sizes of constants, strings, sparse and quantised tensors, custom and TensorFlow (Flex) operators, files with buffers, what belongs to nothing.",
    spec: "https://ai.google.dev/edge/litert; schema version 3 as of TensorFlow 2.21",
    rules: rules::RULES,
};

impl Scanner for TfLite {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let named = probe.head.get(4..8) == Some(IDENTIFIER);
        if probe.members.is_none() && (named || probe.hinted(&INFO)) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let model = parse(&target.artifact().blob, cx.budget())?;
        for issue in rules::check(&model) {
            cx.issue(issue)?;
        }
        beside(&model, target, cx)?;
        note_gaps(&model, cx);
        hand_out(&model, target, cx)?;
        Ok(if cx.gaps() == 0 {
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
        let model = parse(&target.artifact().blob, cx.budget())?;
        Ok(Some(inspect::inspection(INFO.id, &model)))
    }
}

/// Looks at the sizes of files with buffers that lie beside the model.
fn beside(model: &Model, target: Target<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let Some(home) = &target.artifact().home else {
        return Ok(());
    };
    for (i, group) in model.external.iter().enumerate() {
        if judge_path(&group.name) != Reach::Relative {
            continue;
        }
        let entry = home.beside(&group.name);
        let size = entry
            .and_then(|id| home.container.entry(id))
            .and_then(|e| e.size);
        if let Some(size) = size.filter(|size| *size < group.needs) {
            cx.issue(too_small(i, group, size))?;
        }
    }
    Ok(())
}

fn note_gaps(model: &Model, cx: &mut Cx<'_>) {
    for (reason, detail, range) in &model.gaps {
        match range {
            Some(range) => cx.gap_at(*reason, detail.clone(), range.clone()),
            None => cx.gap(*reason, detail.clone()),
        }
    }
    let breaks: Vec<_> = model
        .anomalies
        .iter()
        .filter(|a| {
            matches!(
                a.kind,
                AnomalyKind::Broken(_) | AnomalyKind::BeyondFile { .. }
            )
        })
        .collect();
    if let Some(first) = breaks.first() {
        let count = breaks.len();
        let detail = format!(
            "{count} parts of the model can't be followed, the first of them at {}",
            first.place
        );
        cx.gap_at(GapReason::Malformed, detail, first.range.clone());
    }
}

/// Regions for detectors, and parts that have a format of their own.
fn hand_out(model: &Model, target: Target<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    for area in &model.areas {
        let region = Region::new(area.range.clone(), area.kind)
            .route(area.route.as_str())
            .element(area.element);
        cx.region(region)?;
    }
    let blob = &target.artifact().blob;
    for embedded in &model.embedded {
        if let Ok(part) = blob.slice(embedded.range.clone()) {
            let name = format!("{} at {}", embedded.place, embedded.range.start);
            cx.child(name, part, embedded.content.kind())?;
        }
    }
    for (place, range) in &model.graphs {
        if let Ok(part) = blob.slice(range.clone()) {
            let name = format!("{place} graph at {}", range.start);
            cx.child(name, part, Some(GRAPH))?;
        }
    }
    for anomaly in &model.anomalies {
        let AnomalyKind::Unclaimed { content, trailing } = &anomaly.kind else {
            continue;
        };
        // A zip at the end is opened where it lies.
        let opened = *trailing && *content == Content::Archive("zip");
        if content.is_active()
            && !opened
            && let Ok(part) = blob.slice(anomaly.range.clone())
        {
            let name = format!("(unclaimed bytes at {})", anomaly.range.start);
            cx.child(name, part, content.kind())?;
        }
    }
    Ok(())
}
