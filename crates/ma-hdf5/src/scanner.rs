//! Recognises HDF5 files, parses them, applies the rules, and hands out what lies inside.

use ma_core::{
    Blob, Coverage, Cx, FormatInfo, GapReason, Inspection, Kind, Match, Probe, ScanError, Scanner,
    Target,
};

use crate::model::{Anomaly, AnomalyKind, File};
use crate::parse::{SIGNATURE, find_superblock, read};
use crate::rules::{self, Found};
use crate::{inspect, payload, regions, stray};

pub(crate) use crate::inspect::shape_text;

/// The scanner of HDF5 files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hdf5;

/// The kind of an HDF5 file.
pub const KIND: Kind = Kind::new("hdf5");

static INFO: FormatInfo = FormatInfo {
    id: "hdf5",
    title: "HDF5",
    extensions: &["h5", "hdf5", "hdf", "he5", "h5ad", "loom"],
    kinds: &[KIND],
    runs_code: false,
    recognised_by: "The bytes `\\x89HDF\\r\\n\\x1a\\n` at 0, 512, 1024, 2048 … bytes.",
    checks: "Links, external storage and virtual datasets that lead out of the file, filters that load plug-ins, shapes against stored bytes, the end of the file and what lies around it, values that readers trip over, pickles and programs in attributes and datasets.",
    spec: "https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html",
    rules: rules::RULES,
};

/// Gaps of one file that are listed one by one.
const MAX_GAPS: usize = 100;

impl Scanner for Hdf5 {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        if probe.members.is_some() {
            return Match::No;
        }
        let mut at = 0usize;
        while let Some(rest) = probe.head.get(at..) {
            if rest.starts_with(SIGNATURE) {
                return Match::Strong;
            }
            at = at.saturating_mul(2).max(512);
        }
        // A larger user block costs a look at each power of two: not for every file there is.
        let likely = probe.named(&INFO) || probe.hinted(&INFO) || probe.hint == Some(Kind::KERAS);
        if likely && matches!(find_superblock(probe.blob(), u64::MAX), Ok(Some(_))) {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let blob = &target.artifact().blob;
        if find_superblock(blob, u64::MAX)?.is_none() {
            return Ok(Coverage::Foreign);
        }
        let (file, anomalies) = read(blob, cx.budget())?;
        let strays = stray::look(blob, &file)?;
        let payloads = payload::look(blob, cx.budget(), &file)?;
        let found = Found {
            file: &file,
            anomalies: &anomalies,
            len: blob.len(),
            keras: is_keras(&file, target),
            stray: &strays,
            payloads: &payloads.found,
        };
        for issue in rules::check(&found) {
            cx.issue(issue)?;
        }
        let before = cx.gaps();
        note_gaps(&file, &anomalies, blob, cx);
        for text in payloads.unread.iter().take(MAX_GAPS) {
            cx.gap(GapReason::Limit, text.clone());
        }
        hand_out(blob, &found, cx)?;
        regions::declare(&file, blob.len(), &strays, &payloads.found, cx)?;
        Ok(if cx.gaps() == before {
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
        let (file, _) = read(&target.artifact().blob, cx.budget())?;
        Ok(file
            .superblock
            .is_some()
            .then(|| inspect::inspect(&file, INFO.id)))
    }
}

/// Whether Keras wrote the file, or loads it by its name or place.
fn is_keras(file: &File, target: Target<'_>) -> bool {
    let artifact = target.artifact();
    let name = artifact.path.name().to_lowercase();
    if artifact.hint == Some(Kind::KERAS)
        || name.ends_with(".weights.h5")
        || name.ends_with(".keras")
    {
        return true;
    }
    let marks = [
        "keras_version",
        "model_config",
        "layer_names",
        "layer_names0",
    ];
    let root = file.objects.first();
    let marked = root.is_some_and(|r| marks.iter().any(|m| r.attribute(m).is_some()));
    let groups = ["model_weights", "_layer_checkpoint_dependencies"];
    let linked = root.is_some_and(|r| r.links.iter().any(|l| groups.contains(&l.name.as_str())));
    marked || linked || file.datasets().any(|(o, _)| o.path.contains("/vars/"))
}

/// Gaps for what was not read.
fn note_gaps(file: &File, anomalies: &[Anomaly], blob: &Blob, cx: &mut Cx<'_>) {
    let unread = anomalies.iter().filter_map(|anomaly| {
        let reason = match anomaly.kind {
            AnomalyKind::Unreadable => GapReason::Malformed,
            AnomalyKind::Unsupported => GapReason::Unsupported,
            AnomalyKind::Limit => GapReason::Limit,
            _ => return None,
        };
        Some((reason, anomaly))
    });
    for (reason, anomaly) in unread.clone().take(MAX_GAPS) {
        let detail = if anomaly.object.is_empty() {
            anomaly.detail.clone()
        } else {
            format!("{}: {}", rules::short(&anomaly.object), anomaly.detail)
        };
        match &anomaly.range {
            Some(range) => cx.gap_at(reason, detail, range.clone()),
            None => cx.gap(reason, detail),
        }
    }
    let more = unread.count().saturating_sub(MAX_GAPS);
    if more > 0 {
        cx.gap(
            GapReason::Malformed,
            format!("{more} further structures can't be read"),
        );
    }
    let end = file.superblock.as_ref().map_or(0, |b| b.end);
    if end > blob.len() {
        cx.gap_at(
            GapReason::Malformed,
            format!("the file ends before its end at byte {end}"),
            blob.len()..end,
        );
    }
}

/// Children: stray files around the format, pickles and programs inside.
fn hand_out(blob: &Blob, found: &Found<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    for stray in found.stray.iter().filter(|s| s.content.is_active()) {
        let name = match stray.place {
            stray::Place::Before => "(user block)",
            stray::Place::Behind => "(behind the end)",
        };
        if let Ok(bytes) = blob.slice(stray.range.clone()) {
            cx.child(name, bytes, stray.content.kind())?;
        }
    }
    for payload in found.payloads {
        if let Ok(bytes) = blob.slice(payload.range.clone()) {
            cx.child(payload.route.as_str(), bytes, payload.content.kind())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Hdf5, KIND};
    use ma_core::{Coverage, Cx, Match, RegionKind, ScanOptions, Scanner, Target};
    use ma_testkit::run;

    const SMALL: &[u8] = include_bytes!("../tests/oracle/files/links-earliest.h5");

    fn behind(block: usize) -> Vec<u8> {
        let mut file = vec![0; block];
        file.extend_from_slice(SMALL);
        file
    }

    #[test]
    fn user_blocks_of_any_size_are_found() {
        let probe = |name: &str, bytes: &[u8]| run::probe(&Hdf5, &run::artifact(name, bytes));
        assert_eq!(probe("x", SMALL), Match::Strong);
        assert_eq!(probe("x", &behind(512)), Match::Strong);
        assert_eq!(probe("x", &behind(513)), Match::No);
        assert_eq!(probe("x.h5", &behind(1 << 20)), Match::Strong);
        let hinted = run::artifact("x", &behind(1 << 20)).with_hint(KIND);
        assert_eq!(run::probe(&Hdf5, &hinted), Match::Strong);
        assert_eq!(probe("x.h5", b"PK\x03\x04"), Match::No);
    }

    #[test]
    fn something_else_is_foreign() {
        let artifact = run::artifact("x.h5", b"something else");
        let (budget, mut found) = (ma_core::Budget::default(), ma_core::Collector::default());
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        let coverage = Hdf5.scan(Target::Bytes(&artifact), &mut cx);
        assert!(matches!(coverage, Ok(Coverage::Foreign)));
    }

    #[test]
    fn every_byte_is_declared_once_but_texts() {
        let bytes = include_bytes!("../tests/oracle/files/user_block.h5");
        let found = run::scan(&Hdf5, "x.h5", bytes);
        let mut seen = vec![0u8; bytes.len()];
        for region in &found.regions {
            for i in region.range.clone() {
                seen[usize::try_from(i).unwrap()] += 1;
            }
        }
        assert!(seen.iter().all(|n| *n == 1), "{seen:?}");
        let weights = |k| found.regions.iter().filter(|r| r.kind == k).count();
        assert_eq!(weights(RegionKind::Weights), 1);
    }

    #[test]
    fn the_view_lists_datasets() {
        let bytes = include_bytes!("../tests/oracle/files/many_chunks-latest.h5");
        let artifact = run::artifact("x.h5", bytes);
        let budget = ma_core::Budget::default();
        let mut found = ma_core::Collector::default();
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        let view = Hdf5
            .inspect(Target::Bytes(&artifact), &mut cx)
            .unwrap()
            .unwrap();
        assert!(
            view.facts
                .contains(&("datasets".to_owned(), "3".to_owned()))
        );
        assert!(
            view.sections[0].lines[1]
                .text
                .contains("(1100,), chunks of (1,), 1100 bytes")
        );
    }
}
