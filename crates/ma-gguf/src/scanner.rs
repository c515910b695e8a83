//! The scanner of GGUF files: parse, rules, templates handed out, regions declared.

use ma_core::{
    Coverage, Cx, FormatInfo, GapReason, Inspection, Kind, Match, Probe, Region, RegionKind,
    ScanError, Scanner, Target,
};

use crate::model::{AnomalyKind, Extent, Gguf as Model, Trailing};
use crate::types::element_type;
use crate::{inspect, parse, rules};

/// Scans GGUF files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gguf;

pub(crate) static INFO: FormatInfo = FormatInfo {
    id: "gguf",
    title: "GGUF model",
    extensions: &["gguf"],
    kinds: &[],
    runs_code: false,
    recognised_by: "The bytes `GGUF` at the start.",
    checks: "Counts, lengths, shapes and places of tensors with arithmetic that can't overflow, keys and their types, the tokenizer, chat templates (handed out), parts of split models, addresses, padding, holes and what follows the data.",
    spec: "https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 1 to 3, and ggml/src/gguf.cpp of llama.cpp",
    rules: rules::GGUF_RULES,
};

/// Regions of weights that are declared one by one; above it, neighbours are joined.
const REGIONS: usize = 2048;

impl Scanner for Gguf {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_none() && probe.head.starts_with(parse::MAGIC) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let artifact = target.artifact();
        if !artifact.blob.head(4)?.starts_with(parse::MAGIC) {
            return Ok(Coverage::Foreign);
        }
        let gguf = parse(&artifact.blob, cx.budget())?;
        for issue in rules::check(&gguf, artifact) {
            cx.issue(issue)?;
        }
        templates(&gguf, target, cx)?;
        regions(&gguf, cx)?;
        unclaimed(&gguf, target, cx)?;
        let complete = note_gaps(&gguf, cx);
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
        let gguf = parse(&target.artifact().blob, cx.budget())?;
        Ok(Some(inspect::view(&gguf)))
    }
}

/// Gaps for what was not read. False when there are some.
fn note_gaps(gguf: &Model, cx: &mut Cx<'_>) -> bool {
    for unread in &gguf.unread {
        let reason = if unread.limit {
            GapReason::Limit
        } else {
            GapReason::Malformed
        };
        cx.gap_at(reason, unread.detail.clone(), unread.range.clone());
    }
    for anomaly in &gguf.anomalies {
        if let AnomalyKind::UnknownVersion(n) = anomaly.kind {
            let detail = format!("version {n} was read as if it were version 3");
            cx.gap_at(GapReason::Unsupported, detail, anomaly.range.clone());
            return false;
        }
    }
    let outside = gguf
        .anomalies
        .iter()
        .find(|a| matches!(a.kind, AnomalyKind::OutsideFile { .. }));
    if let Some(outside) = outside {
        let detail = "the data of a tensor is not all there";
        cx.gap_at(GapReason::Malformed, detail, outside.range.clone());
        return false;
    }
    gguf.unread.is_empty()
}

/// Every chat template gets a look of its own.
fn templates(gguf: &Model, target: Target<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    for template in &gguf.templates {
        if let Ok(blob) = target.artifact().blob.slice(template.range.clone()) {
            cx.child(template.name.clone(), blob, Some(Kind::JINJA))?;
        }
    }
    Ok(())
}

/// What the parts of the header and the data are.
fn regions(gguf: &Model, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    for segment in &gguf.segments {
        let region = Region::new(segment.range.clone(), segment.kind);
        cx.region(region.route(segment.route.clone()))?;
    }
    let each = gguf.extents.len().div_ceil(REGIONS).max(1);
    for group in gguf.extents.chunks(each) {
        if let Some(region) = joined(gguf, group) {
            cx.region(region)?;
        }
    }
    Ok(())
}

/// One region for neighbours, with the name of a tensor that is alone.
fn joined(gguf: &Model, group: &[Extent]) -> Option<Region> {
    let (first, last) = (group.first()?, group.last()?);
    let alone = group.len() == 1;
    let index = usize::try_from(first.index).ok();
    let tensor = index.and_then(|i| gguf.tensors.get(i)).filter(|_| alone);
    let route = tensor.map_or_else(String::new, |t| parse::shown(&t.name));
    let same = group.iter().all(|e| e.kind == first.kind);
    let element = element_type(first.kind).filter(|_| same);
    Some(
        Region::new(first.start..last.end, RegionKind::Weights)
            .route(route)
            .element(element)
            .big_endian(gguf.big_endian),
    )
}

/// Bytes that belong to nothing: for detectors, and as a child where they are something of their own.
fn unclaimed(gguf: &Model, target: Target<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    for range in &gguf.unclaimed {
        cx.region(Region::new(range.clone(), RegionKind::Unclaimed))?;
    }
    for anomaly in &gguf.anomalies {
        let (name, what) = match anomaly.kind {
            AnomalyKind::Trailing(Trailing::Known(what)) => ("after the data", what),
            AnomalyKind::Hole {
                what: Trailing::Known(what),
                ..
            } => ("between tensors", what),
            _ => continue,
        };
        if let Ok(blob) = target.artifact().blob.slice(anomaly.range.clone()) {
            let at = anomaly.range.start;
            cx.child(format!("{name}, byte {at}"), blob, kind_of(what))?;
        }
    }
    Ok(())
}

fn kind_of(what: &str) -> Option<Kind> {
    match what {
        "zip archive" => Some(Kind::ZIP),
        "pickle" => Some(Kind::PICKLE),
        "script" => Some(Kind::TEXT),
        what if what.contains("program") => Some(Kind::EXECUTABLE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::*;
    use ma_testkit::run;

    #[test]
    fn all_templates_are_handed_out() {
        let file = File::plain()
            .kv(kv_str("tokenizer.chat_template", "{{ a }}"))
            .kv(kv_str("tokenizer.chat_template.tool_use", "{{ b }}"))
            .kv(kv(
                "tokenizer.chat_templates",
                strs(&["tool_use", "{{ c }}"]),
            ))
            .kv(kv_str("tokenizer.chat_template", "{{ d }}"));
        let found = run::scan(&Gguf, "x.gguf", &file.build());
        let children: Vec<_> = found
            .children
            .iter()
            .map(|c| {
                (
                    c.path.name().to_owned(),
                    c.blob.as_slice().unwrap().to_vec(),
                )
            })
            .collect();
        let want = [
            ("tokenizer.chat_template", "{{ a }}"),
            ("tokenizer.chat_template.tool_use", "{{ b }}"),
            ("tokenizer.chat_templates[1]", "{{ c }}"),
            ("tokenizer.chat_template (2)", "{{ d }}"),
        ];
        let want = want.map(|(n, t)| (n.to_owned(), t.as_bytes().to_vec()));
        assert_eq!(children, want);
        assert!(found.children.iter().all(|c| c.hint == Some(Kind::JINJA)));
    }

    #[test]
    fn regions_cover_the_file_once() {
        let file = File::plain()
            .kv(kv("tokenizer.ggml.tokens", strs(&["a", "b"])))
            .kv(kv("tokenizer.ggml.scores", arr(6, [f32v(0.0), f32v(1.0)])))
            .kv(kv_str("tokenizer.chat_template", "{{ a }}"))
            .kv(kv_str("general.url", "https://example.com"))
            .build();
        let found = run::scan(&Gguf, "x.gguf", &file);
        let kinds: Vec<_> = found.regions.iter().map(|r| r.kind).collect();
        use RegionKind::{Metadata, Vocabulary, Weights};
        let want = [
            Metadata, Vocabulary, Metadata, Weights, Metadata, Metadata, Weights, Weights,
        ];
        assert_eq!(kinds, want);
        for pair in found.regions.windows(2) {
            assert!(pair[0].range.end <= pair[1].range.start);
        }
        assert!(
            found.gaps.is_empty() && found.issues.is_empty(),
            "{found:?}"
        );
    }

    #[test]
    fn a_zip_behind_the_data_is_handed_out() {
        let file = File::plain().tail(b"PK\x03\x04rest").build();
        let found = run::scan(&Gguf, "x.gguf", &file);
        assert_eq!(found.children[0].hint, Some(Kind::ZIP));
        assert_eq!(found.children[0].blob.len(), 8);
    }

    #[test]
    fn many_tensors_make_few_regions() {
        let mut file = File::new().kv(kv_str("general.architecture", "x"));
        for i in 0..5000 {
            file = file.tensor(&format!("t{i}"), &[8], 0, 32);
        }
        let found = run::scan(&Gguf, "x.gguf", &file.build());
        assert!(found.regions.len() < 3000, "{}", found.regions.len());
        assert!(found.gaps.is_empty());
    }
}
