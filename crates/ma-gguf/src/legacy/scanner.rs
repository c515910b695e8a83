//! The scanner of old files.

use ma_core::{
    Coverage, Cx, FormatInfo, GapReason, Inspection, Line, Match, Probe, Region, RegionKind,
    ScanError, Scanner, Section, Target,
};

use super::{Old, Tensor, magic_of, parse};
use crate::model::Gguf;
use crate::rules;
use crate::types::{element_type, tensor_type_name};

/// Scans ggml, ggmf, ggjt and ggla files and saved sessions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ggml;

static INFO: FormatInfo = FormatInfo {
    id: "ggml",
    title: "ggml model of the time before GGUF",
    extensions: &["ggml", "ggmf", "ggjt"],
    kinds: &[],
    runs_code: false,
    recognised_by: "The reversed letters of its magic: `lmgg`, `fmgg`, `tjgg`, `algg`, `nsgg`, `qsgg`, `mmgg`.",
    checks: "Hyperparameters, words and tensors of the layouts of LLaMA, whisper.cpp, GPT-2, GPT-J, GPT-NeoX, MPT, Replit, BLOOM, RWKV and LoRA adapters against the bytes there are.",
    spec: "llama.cpp before August 2023, whisper.cpp and the examples of ggml",
    rules: rules::GGML_RULES,
};

/// Numbers above this are no count of anything: then the magic is likely to be part of a text.
const PLAUSIBLE: u32 = 1 << 24;

impl Scanner for Ggml {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_some() || magic_of(probe.head).is_none() {
            return Match::No;
        }
        let next = probe.head.get(4..8).and_then(|b| b.try_into().ok());
        match next.map(u32::from_le_bytes) {
            Some(n) if n < PLAUSIBLE => Match::Strong,
            _ => Match::Weak,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let blob = &target.artifact().blob;
        if magic_of(&blob.head(4)?).is_none() {
            return Ok(Coverage::Foreign);
        }
        let old = parse(blob, cx.budget())?;
        for issue in rules::check_old(&old) {
            cx.issue(issue)?;
        }
        for region in regions(&old, blob.len()) {
            cx.region(region)?;
        }
        let rest = old.end..blob.len();
        let version = old.version.unwrap_or_default();
        if old.session {
            let detail = format!("the state of a {} session is not read", old.magic);
            cx.gap_at(GapReason::Unsupported, detail, rest);
        } else if old.layout.is_none() {
            let detail = format!(
                "a {} file says nothing about its layout, and it is none of those known here",
                old.magic
            );
            cx.gap_at(GapReason::Unsupported, detail, rest);
        } else if let Some(problem) = &old.problem {
            cx.gap_at(GapReason::Malformed, problem.what.clone(), rest);
        } else if old.version.is_some() && !known_version(&old) {
            let detail = format!("version {version} of {} is not known", old.magic);
            cx.gap(GapReason::Unsupported, detail);
        } else {
            return Ok(Coverage::Complete);
        }
        Ok(Coverage::Partial)
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let old = parse(&target.artifact().blob, cx.budget())?;
        let mut facts = vec![("magic".to_owned(), old.magic.to_owned())];
        if let Some(version) = old.version {
            facts.push(("version".to_owned(), version.to_string()));
        }
        let layout = old.layout.unwrap_or("unknown");
        facts.push(("layout".to_owned(), layout.to_owned()));
        for (name, n) in &old.hparams {
            facts.push(((*name).to_owned(), n.to_string()));
        }
        facts.push(("words".to_owned(), old.words.to_string()));
        facts.push(("tensors".to_owned(), old.tensors_read.to_string()));
        let lines = old.tensors.iter().map(|t| Line {
            offset: Some(t.data.start),
            text: format!(
                "{} {} {}",
                t.name,
                tensor_type_name(t.kind),
                Gguf::shape_text(&t.dims)
            ),
        });
        Ok(Some(Inspection {
            format: INFO.id.to_owned(),
            facts,
            sections: vec![Section {
                title: "tensors".to_owned(),
                lines: lines.collect(),
            }],
        }))
    }
}

fn known_version(old: &Old) -> bool {
    match (old.magic, old.version) {
        ("ggmf", Some(v)) => v == 1 || v == 100 || v == 101,
        ("ggjt", Some(v)) => (1..=3).contains(&v),
        (_, Some(v)) => v == 1,
        (_, None) => true,
    }
}

/// What the bytes are: words, data, and what was not understood.
fn regions(old: &Old, len: u64) -> Vec<Region> {
    let mut regions = Vec::new();
    let mut push = |range: std::ops::Range<u64>, kind, tensor: Option<&Tensor>| {
        if !range.is_empty() {
            let region = Region::new(range, kind);
            regions.push(match tensor {
                Some(t) => region.route(t.name.clone()).element(element_type(t.kind)),
                None => region,
            });
        }
    };
    push(old.vocab.clone(), RegionKind::Vocabulary, None);
    for (i, range) in old.data.iter().enumerate() {
        // Ranges that hold several tensors are at the end, behind those that are kept.
        let tensor = old.tensors.get(i).filter(|t| t.data == *range);
        push(range.clone(), RegionKind::Weights, tensor);
    }
    let rest = old.end..len;
    let kind = if old.session {
        RegionKind::Weights
    } else {
        RegionKind::Unclaimed
    };
    push(rest, kind, None);
    regions
}
