//! Recognises the three files of a checkpoint, applies the rules, says what the bytes are.

use std::collections::{BTreeMap, BTreeSet};

use ma_core::{
    Blob, Coverage, Cx, FormatInfo, GapReason, Home, Inspection, Kind, Line, Match, Probe, Region,
    RegionKind, ScanError, Scanner, Section, Target,
};

use super::data::{self, Data, file_name};
use super::model::{Anomaly, AnomalyKind, Checkpoint, Entry, element, type_name};
use super::parse::{add, parse};
use super::rules;
use super::state;
use super::table::MAGIC;
use crate::ops::judge_path;

/// The kind under which others hand out an index.
pub const INDEX: Kind = Kind::new("checkpoint-index");

/// Data files beside an index that are looked for.
const MAX_SHARDS: usize = 2000;
/// Lines of a listing.
const MAX_LINES: usize = 2000;

/// Scans the index of a checkpoint.
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckpointIndex;

/// Scans a data file of a checkpoint.
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckpointData;

/// Scans the file that names the latest checkpoint.
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckpointState;

static INDEX_INFO: FormatInfo = FormatInfo {
    id: "tf-checkpoint",
    title: "TensorFlow checkpoint index",
    extensions: &["index", "ckpt"],
    kinds: &[INDEX],
    runs_code: false,
    recognised_by: "A sorted table (its magic in the last eight bytes) whose first key is empty.",
    checks: "The table, the place, size, shape and overlap of each tensor, the sizes of the data files beside it.",
    spec: "tensor_bundle.proto of TensorFlow 2.21; the table format of LevelDB",
    rules: rules::INDEX_RULES,
};

static DATA_INFO: FormatInfo = FormatInfo {
    id: "tf-checkpoint-data",
    title: "TensorFlow checkpoint data",
    extensions: &[],
    kinds: &[],
    runs_code: false,
    recognised_by: "Its name (`….data-00000-of-00001`) and the index beside it.",
    checks: "Bytes that belong to no tensor, tensors of strings, the description of objects.",
    spec: "tensor_bundle.proto and trackable_object_graph.proto of TensorFlow 2.21",
    rules: rules::DATA_RULES,
};

static STATE_INFO: FormatInfo = FormatInfo {
    id: "tf-checkpoint-state",
    title: "TensorFlow checkpoint state",
    extensions: &[],
    kinds: &[],
    runs_code: false,
    recognised_by: "Text that begins with `model_checkpoint_path:`.",
    checks: "Paths that lead elsewhere.",
    spec: "checkpoint_state.proto of TensorFlow 2.21, in text form",
    rules: rules::STATE_RULES,
};

impl Scanner for CheckpointIndex {
    fn info(&self) -> &'static FormatInfo {
        &INDEX_INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_some() {
            return Match::No;
        }
        // The first entry shares nothing with the one before, and its key is empty.
        let begins = probe.head.starts_with(&[0, 0]);
        if probe.hinted(&INDEX_INFO) || (begins && probe.tail().ends_with(MAGIC)) {
            Match::Strong
        } else if begins && probe.extension() == "index" {
            Match::Weak
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        let mut found = parse(&artifact.blob, cx.budget())?;
        beside(&mut found, artifact.home.as_ref(), artifact.blob.len());
        report(&found.anomalies, cx)?;
        for (reason, detail) in &found.gaps {
            cx.gap(*reason, detail.clone());
        }
        let broken = |a: &&Anomaly| matches!(a.kind, AnomalyKind::Broken(_));
        if let Some(first) = found.anomalies.iter().find(broken) {
            let detail = "the index is damaged, so what the data files hold is not all known";
            cx.gap_at(GapReason::Malformed, detail, first.range.clone());
        }
        let kind = if found.first_version {
            RegionKind::Weights
        } else {
            RegionKind::Metadata
        };
        for block in found.blocks.iter().take(2000) {
            cx.region(Region::new(block.clone(), kind).route("index"))?;
        }
        Ok(coverage(cx))
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let found = parse(&target.artifact().blob, cx.budget())?;
        let version = if found.first_version { "1" } else { "2" };
        let tensors = found.entries.len();
        let bytes: i64 = found
            .entries
            .iter()
            .map(|e| e.size.max(0))
            .fold(0, i64::saturating_add);
        let lines = found.entries.iter().take(MAX_LINES).map(line);
        Ok(Some(Inspection {
            format: INDEX_INFO.id.to_owned(),
            facts: [
                ("version", version.to_owned()),
                ("data files", found.shards.to_string()),
                ("tensors", tensors.to_string()),
                ("bytes", bytes.to_string()),
            ]
            .map(|(key, value)| (key.to_owned(), value))
            .to_vec(),
            sections: vec![Section {
                title: "tensors".to_owned(),
                lines: lines.collect(),
            }],
        }))
    }
}

fn line(entry: &Entry) -> Line {
    let kind = type_name(entry.dtype);
    let place = if entry.sliced {
        "in slices".to_owned()
    } else {
        format!(
            "file {} at {}, {} bytes",
            entry.shard, entry.offset, entry.size
        )
    };
    Line {
        offset: Some(entry.range.start),
        text: format!("{} {kind} {:?} {place}", entry.name, entry.shape),
    }
}

/// Compares the index with the data files beside it.
fn beside(found: &mut Checkpoint, home: Option<&Home>, len: u64) {
    let Some(home) = home.filter(|_| !found.first_version) else {
        return;
    };
    let own = home
        .name()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    let Some(prefix) = own.strip_suffix(".index") else {
        return;
    };
    let used: BTreeSet<i64> = found.entries.iter().map(|e| e.shard).collect();
    let mut sizes: BTreeMap<i64, u64> = BTreeMap::new();
    let mut missing = Vec::new();
    for shard in used
        .into_iter()
        .filter(|s| (0..found.shards).contains(s))
        .take(MAX_SHARDS)
    {
        let file = file_name(prefix, shard, found.shards);
        match home.beside(&file) {
            Some(id) => {
                let size = home.container.entry(id).and_then(|e| e.size);
                sizes.extend(size.map(|size| (shard, size)));
            }
            None => missing.push(file),
        }
    }
    if let Some(first) = missing.first() {
        let more = missing.len().saturating_sub(1);
        let kind = AnomalyKind::Missing(first.clone(), more);
        add(found, kind, "", 0..len);
    }
    for entry in std::mem::take(&mut found.entries) {
        let size = sizes.get(&entry.shard).copied();
        if let (Some(len), Some(bytes), false) = (size, entry.bytes(), entry.sliced)
            && bytes.end > len
        {
            let kind = AnomalyKind::Beyond {
                end: bytes.end,
                len,
                file: file_name(prefix, entry.shard, found.shards),
            };
            add(found, kind, &entry.name, entry.range.clone());
        }
    }
}

fn report(anomalies: &[Anomaly], cx: &mut Cx<'_>) -> Result<(), ScanError> {
    for issue in anomalies.iter().filter_map(rules::check) {
        cx.issue(issue)?;
    }
    Ok(())
}

fn coverage(cx: &Cx<'_>) -> Coverage {
    if cx.gaps() == 0 {
        Coverage::Complete
    } else {
        Coverage::Partial
    }
}

impl Scanner for CheckpointData {
    fn info(&self) -> &'static FormatInfo {
        &DATA_INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        // There is no other sign; the name is one that nothing else has.
        match data::name(probe.name) {
            Some(_) if probe.members.is_none() => Match::Strong,
            _ => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let blob = &target.artifact().blob;
        let Some((index, shard)) = index_of(target, cx)? else {
            cx.region(Region::new(0..blob.len(), RegionKind::Unclaimed))?;
            return Ok(Coverage::Foreign);
        };
        let index = parse(&index, cx.budget())?;
        let found = data::lay(blob, cx.budget(), &index, shard)?;
        report(&found.anomalies, cx)?;
        hand_out(&found, &index, blob, cx)?;
        Ok(coverage(cx))
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let Some((index, shard)) = index_of(target, cx)? else {
            return Ok(None);
        };
        let index = parse(&index, cx.budget())?;
        let found = data::lay(&target.artifact().blob, cx.budget(), &index, shard)?;
        let tensors = index.entries.iter().filter(|e| e.shard == shard);
        let lines = tensors.clone().take(MAX_LINES).map(line).collect();
        let facts = [
            ("data file", format!("{shard} of {}", index.shards)),
            ("tensors", tensors.count().to_string()),
            ("objects", found.objects.to_string()),
        ];
        Ok(Some(Inspection {
            format: DATA_INFO.id.to_owned(),
            facts: facts.map(|(key, value)| (key.to_owned(), value)).to_vec(),
            sections: vec![Section {
                title: "tensors".to_owned(),
                lines,
            }],
        }))
    }
}

/// The index beside a data file, and which shard the file is.
fn index_of(target: Target<'_>, cx: &mut Cx<'_>) -> Result<Option<(Blob, i64)>, ScanError> {
    let artifact = target.artifact();
    let Some(home) = &artifact.home else {
        return Ok(None);
    };
    let own = home.name().rsplit('/').next().unwrap_or_default();
    let Some((prefix, shard, _)) = data::name(own) else {
        return Ok(None);
    };
    let Some(id) = home.beside(&format!("{prefix}.index")) else {
        return Ok(None);
    };
    Ok(Some((home.container.open(id, cx)?, shard)))
}

fn hand_out(
    found: &Data,
    index: &Checkpoint,
    blob: &Blob,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    for area in &found.areas {
        let weights = area.kind == RegionKind::Weights;
        let region = Region::new(area.range.clone(), area.kind)
            .route(area.name.as_str())
            .element(weights.then(|| element(area.dtype)))
            .big_endian(index.big_endian);
        cx.region(region)?;
    }
    for anomaly in &found.anomalies {
        if let AnomalyKind::Unclaimed(content) = &anomaly.kind
            && content.is_active()
            && let Ok(part) = blob.slice(anomaly.range.clone())
        {
            let name = format!("(unclaimed bytes at {})", anomaly.range.start);
            cx.child(name, part, content.kind())?;
        }
    }
    Ok(())
}

impl Scanner for CheckpointState {
    fn info(&self) -> &'static FormatInfo {
        &STATE_INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_none() && state::begins(probe.head) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let blob = &target.artifact().blob;
        let text = blob.head(state::MAX_STATE)?;
        cx.budget().note_read(text.len() as u64);
        for found in state::paths(&text) {
            let reach = judge_path(&found.path);
            if !reach.escapes() {
                continue;
            }
            let kind = AnomalyKind::StatePath {
                path: found.path,
                reach: reach.words(),
            };
            let anomaly = Anomaly {
                kind,
                name: found.field.to_owned(),
                range: found.range,
            };
            report(&[anomaly], cx)?;
        }
        if blob.len() > text.len() as u64 {
            let rest = text.len() as u64..blob.len();
            cx.gap_at(
                GapReason::Limit,
                "only the beginning of the text was read",
                rest,
            );
        }
        cx.region(Region::new(0..blob.len(), RegionKind::Metadata))?;
        Ok(coverage(cx))
    }
}
