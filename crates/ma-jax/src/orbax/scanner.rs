//! Recognises metadata of Orbax and zarr, reads it, applies the rules.

use ma_core::{
    Blob, Coverage, Cx, FormatInfo, GapReason, Inspection, Kind, Line, Match, Probe, Region,
    RegionKind, ScanError, Scanner, Section, Target,
};
use ma_wire::{OrBroken, json};

use super::metadata::read;
use super::model::FindingKind;
use crate::rules;

/// The scanner of metadata of Orbax and zarr.
#[derive(Debug, Clone, Copy, Default)]
pub struct Metadata;

static INFO: FormatInfo = FormatInfo {
    id: "orbax",
    title: "Orbax or zarr metadata",
    extensions: &[],
    kinds: &[Kind::new("orbax")],
    runs_code: false,
    recognised_by: "A JSON object with `tree_metadata`, `item_handlers`, `zarr_format`, `param_name` or a TensorStore `kvstore` in its first kilobytes.",
    checks: "Codecs that unpickle or that nobody knows, stores elsewhere, names that are paths, shapes.",
    spec: "https://orbax.readthedocs.io/en/latest/guides/checkpoint/checkpoint_format.html (orbax-checkpoint 0.12); https://zarr-specs.readthedocs.io",
    rules: rules::METADATA_RULES,
};

const KEYS: [&[u8]; 7] = [
    b"\"tree_metadata\"",
    b"\"item_handlers\"",
    b"\"zarr_format\"",
    b"\"zarr_consolidated_format\"",
    b"\"kvstore\"",
    b"\"array_metadatas\"",
    b"\"param_name\"",
];

impl Scanner for Metadata {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let object = probe.head.trim_ascii_start().starts_with(b"{");
        let mentions = |key: &&[u8]| probe.head.windows(key.len()).any(|w| w == *key);
        let known = object && probe.members.is_none() && KEYS.iter().any(mentions);
        if known || probe.members.is_none() && probe.hinted(&INFO) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let blob = &target.artifact().blob;
        let document = match json::parse(blob, cx.budget()).or_broken()? {
            Ok(document) => document,
            Err(_) => return Ok(Coverage::Foreign),
        };
        let metadata = read(&document);
        for finding in &metadata.findings {
            cx.issue(match finding.kind {
                FindingKind::StoreElsewhere => rules::store_elsewhere::issue(finding),
                FindingKind::ParameterPath => rules::parameter_path::issue(finding),
                FindingKind::PickleCodec => rules::zarr_pickle::issue(finding),
                FindingKind::UnknownCodec => rules::zarr_codec::issue(finding),
                FindingKind::Shape => rules::zarr_shape::issue(finding),
            })?;
        }
        for (name, bytes) in metadata.pickles {
            cx.child(name, Blob::from_vec(bytes), Some(Kind::PICKLE))?;
        }
        cx.region(Region::new(0..blob.len(), RegionKind::Metadata))?;
        let Some(broken) = document.broken else {
            return Ok(Coverage::Complete);
        };
        let detail = format!("the metadata is no complete JSON: {broken}");
        cx.gap_at(
            GapReason::Malformed,
            detail,
            broken.at..blob.len().max(broken.at),
        );
        Ok(Coverage::Partial)
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let Ok(document) = json::parse(&target.artifact().blob, cx.budget()).or_broken()? else {
            return Ok(None);
        };
        let metadata = read(&document);
        let lines = metadata.parameters.into_iter().map(|(offset, text)| Line {
            offset: Some(offset),
            text,
        });
        Ok(Some(Inspection {
            format: INFO.id.to_owned(),
            facts: metadata.facts,
            sections: vec![Section {
                title: "parameters".to_owned(),
                lines: lines.collect(),
            }],
        }))
    }
}
