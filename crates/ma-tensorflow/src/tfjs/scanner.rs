//! Recognises TensorFlow.js models and their files with weights, applies the rules, says what the bytes
//! are.

use ma_core::{
    Blob, Coverage, Cx, FormatInfo, Inspection, Kind, Line, Match, Probe, Region, RegionKind,
    ScanError, Scanner, Section, Target,
};
use ma_wire::content::Content;

use super::model::{Anomaly, AnomalyKind, Model};
use super::parse::{keyed, parse};
use super::{rules, weights};

/// The kind under which a configuration of Keras layers is handed out.
const KERAS_CONFIG: Kind = Kind::new("keras-config");
/// The kind of graphs of TensorFlow.
const GRAPH: Kind = Kind::new("tensorflow-graph");
/// The kind under which others hand out a `model.json`.
pub const KIND: Kind = Kind::new("tfjs");

/// Lines of a section.
const MAX_LINES: usize = 2000;

/// Scans `model.json`.
#[derive(Debug, Clone, Copy, Default)]
pub struct TfJs;

/// Scans a file with weights.
#[derive(Debug, Clone, Copy, Default)]
pub struct TfJsShard;

static INFO: FormatInfo = FormatInfo {
    id: "tfjs",
    title: "TensorFlow.js model",
    extensions: &["json"],
    kinds: &[KIND],
    runs_code: false,
    recognised_by: "JSON with `modelTopology` or `weightsManifest`.",
    checks: "Operators, paths and sizes of weights, scripts in texts, constants with a format of their own, keys that occur twice. Keras layers are handed on.",
    spec: "model.json as written by tensorflowjs_converter 4.22",
    rules: rules::RULES,
};

static SHARD_INFO: FormatInfo = FormatInfo {
    id: "tfjs-weights",
    title: "TensorFlow.js weights",
    extensions: &["bin"],
    kinds: &[],
    runs_code: false,
    recognised_by: "The `model.json` beside it, which names it.",
    checks: "Bytes that belong to no weight.",
    spec: "model.json as written by tensorflowjs_converter 4.22",
    rules: rules::SHARD_RULES,
};

impl Scanner for TfJs {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_some() {
            return Match::No;
        }
        let head = probe.head.trim_ascii_start();
        let json = head.first() == Some(&b'{') || head.starts_with(b"\xef\xbb\xbf{");
        if probe.hinted(&INFO) || (json && keyed(head)) {
            Match::Strong
        } else if json && probe.name.rsplit('/').next() == Some("model.json") {
            Match::Weak
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        let Some(mut model) = parse(&artifact.blob, cx.budget())? else {
            return Ok(Coverage::Foreign);
        };
        weights::beside(&mut model, artifact.home.as_ref());
        for issue in rules::check(&model) {
            cx.issue(issue)?;
        }
        for (reason, detail, range) in &model.gaps {
            match range {
                Some(range) => cx.gap_at(*reason, detail.clone(), range.clone()),
                None => cx.gap(*reason, detail.clone()),
            }
        }
        if let Some(layers) = &model.layers
            && let Ok(part) = artifact.blob.slice(layers.clone())
        {
            cx.child("modelTopology", part, Some(KERAS_CONFIG))?;
        }
        for (i, embedded) in model.embedded.iter().enumerate() {
            let name = format!(
                "constant {i} {}",
                ma_core::text::shorten(&embedded.node, 120)
            );
            let part = Blob::from_vec(embedded.bytes.clone());
            cx.child(name, part, embedded.content.kind())?;
        }
        for (i, (node, bytes)) in model.graphs.iter().enumerate() {
            let name = format!("graph {i} {}", ma_core::text::shorten(node, 120));
            cx.child(name, Blob::from_vec(bytes.clone()), Some(GRAPH))?;
        }
        cx.region(Region::new(0..artifact.blob.len(), RegionKind::Metadata))?;
        Ok(coverage(cx))
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let model = parse(&target.artifact().blob, cx.budget())?;
        Ok(model.as_ref().map(inspection))
    }
}

fn coverage(cx: &Cx<'_>) -> Coverage {
    if cx.gaps() == 0 {
        Coverage::Complete
    } else {
        Coverage::Partial
    }
}

fn inspection(model: &Model) -> Inspection {
    let mut facts = vec![("format".to_owned(), model.format.clone())];
    let mut fact = |key: &str, value: String| facts.push((key.to_owned(), value));
    for made_by in &model.made_by {
        fact("made by", made_by.clone());
    }
    let count: usize = model.groups.iter().map(|g| g.weights.len()).sum();
    fact("weights", count.to_string());
    for text in &model.signature {
        fact("signature", text.clone());
    }
    let section = |title: &str, lines: Vec<Line>| Section {
        title: title.to_owned(),
        lines,
    };
    let operators = model.operators.iter().take(MAX_LINES).map(|(op, n)| Line {
        offset: None,
        text: format!("{op} {n}"),
    });
    let functions = model.functions.iter().take(MAX_LINES).map(|name| Line {
        offset: None,
        text: name.clone(),
    });
    let paths = model.groups.iter().flat_map(|g| &g.paths);
    let paths = paths.take(MAX_LINES).map(|(path, range)| Line {
        offset: Some(range.start),
        text: path.clone(),
    });
    let all = model.groups.iter().flat_map(|g| &g.weights);
    let weights = all.take(MAX_LINES).map(|w| Line {
        offset: Some(w.range.start),
        text: match &w.stored {
            Some(stored) => format!("{} {} {:?}, stored as {stored}", w.name, w.dtype, w.shape),
            None => format!("{} {} {:?}", w.name, w.dtype, w.shape),
        },
    });
    let sections = vec![
        section("operators", operators.collect()),
        section("functions", functions.collect()),
        section("files", paths.collect()),
        section("weights", weights.collect()),
    ];
    Inspection {
        format: INFO.id.to_owned(),
        facts,
        sections: sections
            .into_iter()
            .filter(|s| !s.lines.is_empty())
            .collect(),
    }
}

/// Whether a name is one that the converter gives: `group1-shard1of2.bin`.
fn is_shard(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    let name = name.strip_suffix(".bin").unwrap_or(name);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    name.strip_prefix("group")
        .and_then(|rest| rest.split_once("-shard"))
        .and_then(|(group, rest)| Some((group, rest.split_once("of")?)))
        .is_some_and(|(group, (i, n))| digits(group) && digits(i) && digits(n))
}

impl Scanner for TfJsShard {
    fn info(&self) -> &'static FormatInfo {
        &SHARD_INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_some() {
            Match::No
        } else if is_shard(probe.name) {
            Match::Strong
        } else if probe.extension() == "bin" {
            Match::Weak
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        let Some(home) = &artifact.home else {
            return Ok(Coverage::Foreign);
        };
        let Some(id) = home.beside("model.json") else {
            return Ok(Coverage::Foreign);
        };
        let json = home.container.open(id, cx)?;
        let own = home.name().rsplit('/').next().unwrap_or_default();
        let model = parse(&json, cx.budget())?;
        let place = model.as_ref().and_then(|m| weights::place_of(m, home, own));
        let (Some(model), Some((group, start))) = (model, place) else {
            return Ok(Coverage::Foreign);
        };
        let Some(group) = model.groups.get(group) else {
            return Ok(Coverage::Foreign);
        };
        let len = artifact.blob.len();
        let (regions, rest) = weights::regions(group, start, len);
        for region in regions {
            cx.region(region)?;
        }
        if rest.start < rest.end
            && let Ok(part) = artifact.blob.slice(rest.clone())
        {
            left_over(part, rest, cx)?;
        }
        Ok(coverage(cx))
    }
}

/// Bytes that belong to no weight.
fn left_over(part: Blob, range: std::ops::Range<u64>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    cx.region(Region::new(range.clone(), RegionKind::Unclaimed))?;
    let content = Content::of_blob(&part)?;
    if content == Content::Zeros {
        return Ok(());
    }
    let anomaly = Anomaly {
        kind: AnomalyKind::Unclaimed(content),
        route: String::new(),
        range: range.clone(),
    };
    if let Some(issue) = rules::one(&anomaly) {
        cx.issue(issue)?;
    }
    if content.is_active() {
        let name = format!("(unclaimed bytes at {})", range.start);
        cx.child(name, part, content.kind())?;
    }
    Ok(())
}
