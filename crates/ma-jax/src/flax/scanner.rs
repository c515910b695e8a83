//! Recognises Flax checkpoints, parses them, applies the rules, says what the data is.

use ma_core::{
    Artifact, Blob, Budget, Coverage, Cx, FormatInfo, GapReason, Inspection, Kind, Line, Match,
    Probe, Region, RegionKind, ScanError, Scanner, Section, Target,
};
use ma_wire::Content;

use super::dtype;
use super::model::{AnomalyKind, Checkpoint};
use super::parse::{MAX_ARRAYS, parse};
use crate::rules;

/// The scanner of Flax checkpoints.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flax;

static INFO: FormatInfo = FormatInfo {
    id: "flax",
    title: "Flax checkpoint (msgpack)",
    extensions: &["msgpack", "flax"],
    kinds: &[Kind::new("flax")],
    runs_code: false,
    recognised_by: "A msgpack map of texts in which an array of Flax occurs within the first kilobytes, or a map under the usual name.",
    checks: "The structure, sizes and types of arrays, extension types, nesting, keys that repeat or are paths, values that are pickles or programs, what follows the data.",
    spec: "flax.serialization (flax 0.12.8); https://github.com/msgpack/msgpack/blob/master/spec.md",
    rules: rules::FLAX_RULES,
};

/// Regions of weights that are declared.
const MAX_REGIONS: usize = 4096;

impl Scanner for Flax {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let map = matches!(probe.head.first(), Some(0x81..=0x8f | 0xde | 0xdf));
        if probe.members.is_some() || !map && !probe.hinted(&INFO) {
            return Match::No;
        }
        let head = parse(&Blob::from_vec(probe.head.to_vec()), &Budget::default());
        let Ok(head) = head else {
            return Match::No;
        };
        let cut = probe.head.len() as u64 != probe.len();
        let sound = head.anomalies.iter().all(|a| match a.kind {
            // The head of a longer file breaks off somewhere.
            AnomalyKind::Broken(_) => cut && head.values > 2,
            _ => true,
        });
        if head.has_arrays && (sound || probe.named(&INFO)) || probe.hinted(&INFO) {
            Match::Strong
        } else if probe.named(&INFO) {
            Match::Weak
        } else {
            // An array may be cut by the end of the head: its beginning is telling enough.
            let first = head.values > 1 && sound && cut && begins_array(probe.head);
            if first { Match::Strong } else { Match::No }
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        let checkpoint = parse(&artifact.blob, cx.budget())?;
        let mut complete = true;
        for anomaly in &checkpoint.anomalies {
            if let Some(issue) = rules::check(anomaly) {
                cx.issue(issue)?;
            }
            match &anomaly.kind {
                AnomalyKind::Broken(what) => {
                    let detail = format!("what follows can't be read: {what}");
                    cx.gap_at(GapReason::Malformed, detail, anomaly.range.clone());
                    complete = false;
                }
                AnomalyKind::Trailing => trailing(artifact, anomaly.range.start, cx)?,
                _ => {}
            }
        }
        leaves(artifact, &checkpoint, cx)?;
        weights(&checkpoint, cx)?;
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
        let checkpoint = parse(&target.artifact().blob, cx.budget())?;
        let elements = checkpoint.arrays.iter().map(|a| {
            let n = a.shape.iter().fold(1, |n, m| u64::saturating_mul(n, *m));
            if a.data.is_empty() { 0 } else { n }
        });
        let parameters = elements.fold(0, u64::saturating_add);
        let facts = [
            ("values", checkpoint.values.to_string()),
            ("arrays", checkpoint.count.to_string()),
            ("parameters", parameters.to_string()),
        ];
        let arrays = checkpoint.arrays.iter().take(MAX_ARRAYS).map(|a| Line {
            offset: Some(a.range.start),
            text: format!("{}: {} {:?}", a.route, a.dtype, a.shape),
        });
        Ok(Some(Inspection {
            format: INFO.id.to_owned(),
            facts: facts.map(|(k, v)| (k.to_owned(), v)).to_vec(),
            sections: vec![Section {
                title: "arrays".to_owned(),
                lines: arrays.collect(),
            }],
        }))
    }
}

/// Whether the beginning of a large array of Flax occurs: an extension of type 1 or 3 whose content is a
/// list of three that begins with a list.
fn begins_array(head: &[u8]) -> bool {
    let large = |w: &[u8]| matches!(w, [0xc7..=0xc9, ..]);
    head.windows(8).filter(|w| large(w)).any(|w| {
        let skip = match w.first() {
            Some(0xc7) => 2,
            Some(0xc8) => 3,
            _ => 5,
        };
        matches!(w.get(skip..), Some([1 | 3, 0x93, 0x90..=0x98, ..]))
    })
}

fn trailing(artifact: &Artifact, start: u64, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let rest = artifact.blob.tail(start);
    let content = Content::of_blob(&rest)?;
    let range = start..artifact.blob.len();
    cx.issue(rules::trailing::issue(&range, content))?;
    if content.is_active() {
        let name = format!("(bytes after the value at {start})");
        cx.child(name, rest, content.kind())
    } else {
        cx.region(Region::new(range, RegionKind::Unclaimed))
    }
}

/// Texts and byte strings: what looks like something else is handed out.
fn leaves(artifact: &Artifact, checkpoint: &Checkpoint, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    for leaf in &checkpoint.blobs {
        let Ok(bytes) = artifact.blob.slice(leaf.range.clone()) else {
            continue;
        };
        let content = Content::of(&bytes.head(4096)?);
        if content.is_active() {
            cx.issue(rules::embedded::issue(leaf, content))?;
            cx.child(leaf.route.as_str(), bytes, content.kind())?;
        } else {
            let kind = if leaf.text {
                RegionKind::Metadata
            } else {
                RegionKind::Unclaimed
            };
            let region = Region::new(leaf.range.clone(), kind);
            cx.region(region.route(leaf.route.as_str()))?;
        }
    }
    Ok(())
}

fn weights(checkpoint: &Checkpoint, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let whole = checkpoint.arrays.len() <= MAX_REGIONS;
    if !whole {
        // So many arrays are small ones: they are looked at together.
        let range = 0..checkpoint.end;
        return cx.region(Region::new(range, RegionKind::Weights));
    }
    for array in checkpoint.arrays.iter().filter(|a| !a.data.is_empty()) {
        let element = dtype::of(&array.dtype).map(|(_, element)| element);
        let region = Region::new(array.data.clone(), RegionKind::Weights);
        cx.region(region.route(array.route.as_str()).element(element))?;
    }
    Ok(())
}
