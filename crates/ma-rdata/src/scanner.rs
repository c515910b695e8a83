//! Recognises R streams, parses them, applies the rules and hands out the parts.

use ma_core::{
    Blob, Coverage, Cx, FormatInfo, GapReason, Inspection, Match, Probe, Region, RegionKind,
    ScanError, Scanner, Target,
};
use ma_wire::Content;

use crate::facts;
use crate::inspect;
use crate::model::{Anomaly, AnomalyKind, Encoding, Model, Span};
use crate::parse::{MAX_NODES, parse, recognise};
use crate::rules::{self, Input, Trailer, Trailing};

/// The scanner of R's serialization format.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rdata;

static INFO: FormatInfo = FormatInfo {
    id: "rdata",
    title: "R data (.rds, .rda, .RData)",
    extensions: &["rds", "rda", "rdata"],
    kinds: &[],
    runs_code: true,
    recognised_by: "The magic of a workspace (`RDX3`, `RDA2` …), or the letter of an encoding with a format version and a version of R behind it; compressed files are opened first.",
    checks: "All objects of versions 2 and 3 in the three encodings: promises, active bindings, hooks, functions, formulas and compiled code with what they call, ALTREP classes, namespaces, external pointers, lengths and references, raw vectors that hold files, what follows the object.",
    spec: "https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats",
    rules: rules::RULES,
};

impl Scanner for Rdata {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_some() {
            return Match::No;
        }
        match recognise(probe.head) {
            Some(true) => Match::Strong,
            Some(false) if probe.named(&INFO) => Match::Strong,
            Some(false) => Match::Weak,
            None => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let blob = &target.artifact().blob;
        if recognise(&blob.head(128)?).is_none() {
            return Ok(Coverage::Foreign);
        }
        let (model, anomalies) = parse(blob, cx.budget())?;
        let facts = facts::collect(&model, cx.budget())?;
        let input = Input {
            model: &model,
            facts: &facts,
            anomalies: &anomalies,
            trailing: trailing(&model, blob)?,
        };
        for issue in rules::check(&input) {
            cx.issue(issue)?;
        }
        let complete = note_gaps(&anomalies, blob.len(), cx);
        hand_out(&model, blob, input.trailing.as_ref(), cx)?;
        Ok(if complete {
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
        let blob = &target.artifact().blob;
        if recognise(&blob.head(128)?).is_none() {
            return Ok(None);
        }
        let (model, _) = parse(blob, cx.budget())?;
        let facts = facts::collect(&model, cx.budget())?;
        Ok(Some(inspect::inspect(INFO.id, &model, &facts)))
    }
}

/// What follows the object, white space after text aside.
fn trailing(model: &Model, blob: &Blob) -> Result<Option<Trailing>, ScanError> {
    let Some(end) = model.end.filter(|end| *end < blob.len()) else {
        return Ok(None);
    };
    let tail = blob.tail(end);
    let head = tail.head(4096)?;
    let range = end..blob.len();
    let blank = head.iter().all(u8::is_ascii_whitespace);
    if model.header.encoding == Encoding::Ascii && blank && tail.len() <= head.len() as u64 {
        return Ok(None);
    }
    let content = if recognise(&head) == Some(true) {
        Trailer::Stream
    } else {
        Trailer::Other(Content::of_blob(&tail)?)
    };
    Ok(Some(Trailing { range, content }))
}

/// Gaps for what was not read. False when there are some.
fn note_gaps(anomalies: &[Anomaly], len: u64, cx: &mut Cx<'_>) -> bool {
    let mut complete = true;
    let mut cut = false;
    for anomaly in anomalies {
        let (reason, detail) = match &anomaly.kind {
            AnomalyKind::TooManyObjects(_) => (
                GapReason::Limit,
                format!("of the objects the first {MAX_NODES} were looked at"),
            ),
            AnomalyKind::TextCut if cut => continue,
            AnomalyKind::TextCut => {
                cut = true;
                let detail = "not all text and not all raw bytes were looked at".to_owned();
                (GapReason::Limit, detail)
            }
            AnomalyKind::OldWorkspace => (
                GapReason::Unsupported,
                "version 1 of the workspace format is not read".to_owned(),
            ),
            AnomalyKind::Version(version) => (
                GapReason::Unsupported,
                format!("version {version} of the format is not known"),
            ),
            AnomalyKind::OddFormatByte(_) | AnomalyKind::NotAString => continue,
            _ => (
                GapReason::Malformed,
                "the stream breaks off here, what follows could not be read".to_owned(),
            ),
        };
        let at = anomaly.at.min(len);
        cx.gap_at(reason, detail, at..len);
        complete = false;
    }
    complete
}

/// Regions and children.
fn hand_out(
    model: &Model,
    blob: &Blob,
    trailing: Option<&Trailing>,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let big_endian = match model.header.encoding {
        Encoding::Xdr => true,
        Encoding::Native { big_endian } => big_endian,
        Encoding::Ascii => false,
    };
    for span in &model.spans {
        let region = Region::new(span.range.clone(), region_kind(span))
            .element(span.element)
            .big_endian(big_endian);
        cx.region(region)?;
    }
    for part in &model.parts {
        let name = crate::route::route(model, part.node);
        let bytes = match &part.decoded {
            Some(bytes) => Blob::from_vec(bytes.clone()),
            None => match blob.slice(part.range.clone()) {
                Ok(bytes) => bytes,
                Err(_) => continue,
            },
        };
        let hint = Content::of_blob(&bytes)?.kind();
        cx.child(name, bytes, hint)?;
    }
    let Some(trailing) = trailing else {
        return Ok(());
    };
    let tail = blob.tail(trailing.range.start);
    match trailing.content {
        Trailer::Stream => cx.child("after the object", tail, None),
        Trailer::Other(content) if content.is_active() => {
            cx.child("after the object", tail, content.kind())
        }
        Trailer::Other(_) => cx.region(Region::new(trailing.range.clone(), RegionKind::Unclaimed)),
    }
}

fn region_kind(span: &Span) -> RegionKind {
    match (span.element, span.raw, span.many) {
        (_, true, _) => RegionKind::Unclaimed,
        (Some(_), false, _) => RegionKind::Weights,
        (None, false, true) => RegionKind::Vocabulary,
        (None, false, false) => RegionKind::Metadata,
    }
}
