//! Recognises safetensors files, parses them, applies the rules, says what the data is.

use std::ops::Range;

use ma_core::{
    Blob, Coverage, Cx, ElementType, FormatInfo, GapReason, Inspection, Kind, Line, Match, Probe,
    Region, RegionKind, ScanError, Scanner, Section, Target,
};
use ma_wire::Content;

use crate::model::{AnomalyKind, Safetensors as Model, Tensor};
use crate::parse::{self, MAX_HEADER};
use crate::rules;

/// The scanner of safetensors files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Safetensors;

static INFO: FormatInfo = FormatInfo {
    id: "safetensors",
    title: "Safetensors",
    extensions: &["safetensors"],
    kinds: &[Kind::new("safetensors")],
    runs_code: false,
    recognised_by: "A length in the first eight bytes and a JSON object behind it, or the name.",
    checks: "The whole contract of the reference implementation: header, types, shapes, ranges, holes, overlaps, trailing bytes; keys that repeat, unknown fields, names that are paths, metadata.",
    spec: "https://huggingface.co/docs/safetensors/index#format (safetensors 0.8)",
    rules: rules::RULES,
};

/// Regions of weights that are declared; tensors of one type that follow each other are one.
const MAX_REGIONS: usize = 4096;
/// Holes that are looked at one by one.
const MAX_STRAY: usize = 100;
/// Tensors that are listed.
const MAX_LISTED: usize = 100_000;

impl Scanner for Safetensors {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_some() {
            return Match::No;
        }
        let declared = probe.head.first_chunk().copied().map(u64::from_le_bytes);
        let fits = declared.is_some_and(|n| {
            (2..=MAX_HEADER).contains(&n)
                && (n <= probe.len().saturating_sub(8) || probe.named(&INFO))
        });
        let rest = probe.head.get(8..).unwrap_or(&[]).trim_ascii_start();
        let object = rest.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
        let begins = object.is_some_and(|r| matches!(r.first(), Some(b'"' | b'}')));
        if fits && begins || probe.hinted(&INFO) {
            Match::Strong
        } else if probe.named(&INFO) {
            Match::Weak
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let blob = &target.artifact().blob;
        let file = parse::parse(blob, cx.budget())?;
        for anomaly in &file.anomalies {
            if let Some(issue) = rules::check(&file, anomaly) {
                cx.issue(issue)?;
            }
        }
        extra_fields(&file, blob, cx)?;
        stray(&file, blob, cx)?;
        let complete = note_gaps(&file, cx);
        if file.header.start < file.header.end {
            cx.region(Region::new(file.header.clone(), RegionKind::Metadata).route("header"))?;
        }
        weights(&file, cx)?;
        values(&file, cx)?;
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
        let file = parse::parse(blob, cx.budget())?;
        let elements = file
            .tensors
            .iter()
            .map(elements)
            .fold(0, u64::saturating_add);
        let header = file.header.end.saturating_sub(file.header.start);
        let data = file.data.end.saturating_sub(file.data.start);
        let count = (file.tensors.len() as u64).saturating_add(file.not_kept);
        let facts = [
            ("tensors", count.to_string()),
            ("parameters", elements.to_string()),
            ("header bytes", header.to_string()),
            ("data bytes", data.to_string()),
        ];
        let mut tensors = Vec::new();
        for tensor in file.tensors.iter().take(MAX_LISTED) {
            let name = parse::name_of(blob, cx.budget(), tensor)?;
            let text = format!("{name}: {} {:?}", tensor.dtype_name(), tensor.shape);
            let offset = Some(tensor.entry.start);
            tensors.push(Line { offset, text });
        }
        let metadata = file.metadata.iter().map(|entry| {
            let value = entry.value.as_deref().unwrap_or("(no string)");
            let value = ma_core::text::shorten(value, 200);
            let text = format!("{} = {value}", entry.key);
            let offset = Some(entry.range.start);
            Line { offset, text }
        });
        let sections = [("metadata", metadata.collect()), ("tensors", tensors)];
        let sections = sections.into_iter().filter(|(_, lines)| !lines.is_empty());
        Ok(Some(Inspection {
            format: INFO.id.to_owned(),
            facts: facts.map(|(k, v)| (k.to_owned(), v)).to_vec(),
            sections: sections
                .map(|(title, lines)| Section {
                    title: title.to_owned(),
                    lines,
                })
                .collect(),
        }))
    }
}

fn elements(tensor: &Tensor) -> u64 {
    tensor.shape.iter().fold(1, |n, m| n.saturating_mul(*m))
}

/// Unknown fields are shown with what they hold.
fn extra_fields(file: &Model, blob: &Blob, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let extra = |a: &&crate::model::Anomaly| a.kind == AnomalyKind::ExtraField;
    for anomaly in file.anomalies.iter().filter(extra).take(MAX_STRAY) {
        let end = anomaly
            .range
            .end
            .min(anomaly.range.start.saturating_add(400));
        let bytes = blob.read(anomaly.range.start..end, cx.budget())?;
        let text = String::from_utf8_lossy(&bytes);
        let text = ma_core::text::shorten(&text, 300);
        if let Some(issue) = rules::extra_field::check(anomaly, &text) {
            cx.issue(issue)?;
        }
    }
    Ok(())
}

/// Bytes that belong to no tensor: what they look like decides where they go.
fn stray(file: &Model, blob: &Blob, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let stray = file
        .anomalies
        .iter()
        .filter(|a| matches!(a.kind, AnomalyKind::Hole | AnomalyKind::Trailing));
    for (i, anomaly) in stray.enumerate() {
        let range = anomaly.range.clone();
        if i >= MAX_STRAY {
            cx.region(Region::new(range, RegionKind::Unclaimed))?;
            continue;
        }
        let Ok(bytes) = blob.slice(range.clone()) else {
            continue;
        };
        let content = Content::of_blob(&bytes)?;
        if let Some(issue) = rules::stray::check(anomaly, content) {
            cx.issue(issue)?;
        }
        if content.is_active() {
            let name = format!("(unclaimed bytes at {})", range.start);
            cx.child(name, bytes, content.kind())?;
        } else {
            cx.region(Region::new(range, RegionKind::Unclaimed))?;
        }
    }
    Ok(())
}

/// Gaps for what could not be told. False when there are some.
fn note_gaps(file: &Model, cx: &mut Cx<'_>) -> bool {
    let mut complete = true;
    for anomaly in &file.anomalies {
        let detail = match &anomaly.kind {
            AnomalyKind::NoHeader => "the file ends before its header".to_owned(),
            AnomalyKind::HeaderBeyondFile => "the file ends inside its header".to_owned(),
            AnomalyKind::Json(broken) => format!("the header can't be read: {broken}"),
            AnomalyKind::Truncated { .. } => "the file ends before its data does".to_owned(),
            _ => continue,
        };
        cx.gap_at(GapReason::Malformed, detail, anomaly.range.clone());
        complete = false;
    }
    if file.not_kept > 0 {
        let n = file.not_kept;
        let detail = format!("{n} tensors more than are checked for overlaps and holes");
        cx.gap_at(GapReason::Limit, detail, file.header.clone());
        complete = false;
    }
    complete
}

/// A run of data and the position of its element type in [`crate::model::DTYPES`].
type Run = (Range<u64>, Option<u8>);

/// Says what the data is: tensors of one type that follow each other are one region.
fn weights(file: &Model, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let mut parts: Vec<Run> = Vec::with_capacity(file.tensors.len());
    for tensor in &file.tensors {
        if let Some((begin, end)) = tensor.offsets.filter(|(begin, end)| begin < end) {
            let start = file.data.start.saturating_add(begin).min(file.len);
            let end = file.data.start.saturating_add(end).min(file.len);
            parts.push((start..end, tensor.dtype));
        }
    }
    parts.sort_by_key(|(range, _)| (range.start, range.end));
    let mut runs = join(&parts, |a, b| a == b);
    if runs.len() > MAX_REGIONS {
        runs = join(&parts, |_, _| true);
    }
    for (range, dtype) in runs {
        let element = dtype.and_then(element);
        cx.region(Region::new(range, RegionKind::Weights).element(element))?;
    }
    Ok(())
}

/// Joins neighbours whose types may be joined; where they overlap, the first has the bytes.
fn join(parts: &[Run], may: fn(Option<u8>, Option<u8>) -> bool) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (range, dtype) in parts {
        match runs.last_mut() {
            Some((last, kind)) if range.start <= last.end && may(*kind, *dtype) => {
                last.end = last.end.max(range.end);
                *kind = kind.filter(|k| Some(*k) == *dtype);
            }
            Some((last, _)) if range.end <= last.end => {}
            Some((last, _)) => {
                let start = range.start.max(last.end);
                runs.push((start..range.end, *dtype));
            }
            None => runs.push((range.clone(), *dtype)),
        }
    }
    runs
}

/// The element type for detectors.
fn element(dtype: u8) -> Option<ElementType> {
    let (name, bits) = crate::model::DTYPES.get(usize::from(dtype))?;
    Some(match *name {
        "F16" => ElementType::F16,
        "BF16" => ElementType::Bf16,
        "F32" => ElementType::F32,
        "F64" => ElementType::F64,
        name if name.starts_with(['I', 'U']) => {
            ElementType::Int(u8::try_from(bits.div_euclid(8)).unwrap_or(u8::MAX))
        }
        _ => ElementType::Other,
    })
}

/// Values of the metadata that deserve their own look: chat templates, which are programs, and pickles
/// that were written as text.
fn values(file: &Model, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    for entry in &file.metadata {
        let Some(value) = &entry.value else { continue };
        let name = format!("__metadata__.{}", entry.key);
        if entry.key.to_ascii_lowercase().contains("chat_template") {
            let blob = Blob::from_vec(value.clone().into_bytes());
            cx.child(name, blob, Some(Kind::JINJA))?;
        } else if let Some(bytes) = encoded_pickle(value) {
            cx.child(name, Blob::from_vec(bytes), Some(Kind::PICKLE))?;
        }
    }
    Ok(())
}

/// The pickle that a text is in base64.
fn encoded_pickle(text: &str) -> Option<Vec<u8>> {
    let bytes = ma_wire::base64::decode(text.as_bytes()).filter(|b| b.len() >= 4)?;
    (Content::of(&bytes) == Content::Pickle).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ma_testkit::run;
    use ma_testkit::safetensors::{file, tensor};

    #[test]
    fn the_name_is_not_needed_and_not_enough() {
        let good = file(&[tensor("a", "U8", &[4], 0..4)], &[0; 4]);
        let probe =
            |name: &str, bytes: &[u8]| run::probe(&Safetensors, &run::artifact(name, bytes));
        assert_eq!(probe("model.bin", &good), Match::Strong);
        assert_eq!(probe("model.safetensors", b"GIF89a and so on"), Match::Weak);
        assert_eq!(probe("model.bin", b"\x08\0\0\0\0\0\0\0{'a': 1}"), Match::No);
    }

    #[test]
    fn weights_of_one_type_are_one_region() {
        let tensors = [
            tensor("a", "F32", &[1], 0..4),
            tensor("b", "F32", &[1], 4..8),
            tensor("c", "U8", &[2], 8..10),
        ];
        let found = run::scan(&Safetensors, "x.safetensors", &file(&tensors, &[0; 10]));
        assert!(
            found.issues.is_empty() && found.gaps.is_empty(),
            "{found:?}"
        );
        let weights = found
            .regions
            .iter()
            .filter(|r| r.kind == RegionKind::Weights);
        let kinds: Vec<_> = weights
            .map(|r| (r.range.end - r.range.start, r.element))
            .collect();
        let int = Some(ElementType::Int(1));
        assert_eq!(kinds, [(8, Some(ElementType::F32)), (2, int)]);
    }

    #[test]
    fn what_hides_behind_the_end_is_handed_out() {
        let mut bytes = file(&[tensor("a", "U8", &[4], 0..4)], &[0; 4]);
        bytes.extend_from_slice(b"\x80\x04K\x01.");
        let found = run::scan(&Safetensors, "x.safetensors", &bytes);
        assert_eq!(found.children[0].hint, Some(Kind::PICKLE));
    }

    #[test]
    fn values_of_the_metadata_are_handed_out() {
        let meta =
            "\"__metadata__\":{\"chat_template\":\"{{ x }}\",\"n\":\"gARLAS4=\",\"t\":\"hello\"}";
        let found = run::scan(
            &Safetensors,
            "x.safetensors",
            &file(&[meta.to_owned()], &[]),
        );
        let kinds: Vec<_> = found.children.iter().map(|c| c.hint).collect();
        assert_eq!(kinds, [Some(Kind::JINJA), Some(Kind::PICKLE)]);
    }

    #[test]
    fn a_cut_file_is_never_clean() {
        let tensors = [
            "\"__metadata__\":{\"format\":\"pt\"}".to_owned(),
            tensor("a", "F32", &[2, 2], 0..16),
        ];
        let good = file(&tensors, &[1; 16]);
        for n in 0..good.len() {
            let found = run::scan(&Safetensors, "x.safetensors", &good[..n]);
            assert!(!found.gaps.is_empty(), "cut at {n}");
        }
    }
}
