//! Zip checkpoints, as `torch.save` writes them since 1.6.
//!
//! ```text
//! <root>/data.pkl              the pickle; storages by persistent id
//! <root>/data/<key>            raw storages
//! <root>/version               "3\n"
//! <root>/byteorder             "little" or "big"
//! <root>/.format_version  <root>/.storage_alignment  <root>/.data/serialization_id
//! ```
//!
//! Follows `torch/serialization.py` and `caffe2/serialize/inline_container.cc` of torch 2.11. The
//! pickle's calls are judged by the pickle scanner, on the member itself.

use std::collections::HashSet;
use std::ops::Range;

use ma_core::{
    Coverage, Cx, EntryId, FormatInfo, Inspection, Kind, Match, Probe, Region, RegionKind,
    ScanError, Scanner, Target,
};

use super::{coverage, inspection, is_script, note_cut, verdict_text};
use crate::model::{ObjectPickle, element};
use crate::parse::object::read_object;
use crate::records::{self, MAX_SMALL, Records, starts_pickle};
use crate::rules::{
    needs_unsafe_load, odd_record, setitem_target, several_pickles, storage_aliased,
    storage_missing, storage_size, unreferenced_record,
};
use crate::weights_only::verdict;

/// Scans zip checkpoints.
#[derive(Debug, Clone, Copy, Default)]
pub struct TorchCheckpoint;

static INFO: FormatInfo = FormatInfo {
    id: "torch-zip",
    title: "PyTorch checkpoint",
    extensions: &["pt", "pth", "bin", "ckpt", "pt2", "th", "zip", "pkl", "tar"],
    kinds: &[Kind::TORCH],
    runs_code: true,
    recognised_by: "A zip with `<folder>/data.pkl`, in any case, and no `constants.pkl`.",
    checks: "Whether weights_only=True takes it; storages against their records; records that nothing uses; further pickles; small records.",
    spec: "https://docs.pytorch.org/docs/stable/notes/serialization.html",
    rules: &[
        &needs_unsafe_load::NEEDS_UNSAFE_LOAD,
        &setitem_target::SETITEM_TARGET,
        &storage_missing::STORAGE_MISSING,
        &storage_size::STORAGE_SIZE,
        &storage_aliased::STORAGE_ALIASED,
        &unreferenced_record::UNREFERENCED_RECORD,
        &several_pickles::SEVERAL_PICKLES,
        &odd_record::ODD_RECORD,
    ],
};

/// Bytes of a record that are looked at to tell what it is.
const HEAD: usize = 256;
/// Issues of one kind after which the rest is left out.
const MAX_ISSUES: usize = 100;

impl Scanner for TorchCheckpoint {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        match probe.members {
            Some(members)
                if records::has_record(members, "data.pkl")
                    && !is_script(members)
                    && records::is_zip(probe) =>
            {
                Match::Strong
            }
            _ => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(Coverage::Complete);
        };
        let before = cx.gaps();
        let records = Records::new(container);
        let mains = main_pickles(&records);
        let names: Vec<&str> = mains.iter().map(|id| records.name(*id)).collect();
        let rows = rows(&records, &mains, target)?;
        if rows.is_empty() {
            if let Some(issue) = several_pickles::check_main(&names) {
                cx.issue(issue)?;
            }
        } else {
            cx.issue(several_pickles::check_row(rows.len()))?;
        }
        let mut used = HashSet::new();
        let mut whole = true;
        for id in &mains {
            let own = row_of(&records, *id, &rows);
            whole &= scan_main(&records, *id, &own, &mut used, cx)?;
        }
        let tops: HashSet<&str> = names.iter().filter_map(|n| n.split('/').next()).collect();
        check_small(&records, &tops, cx)?;
        check_overlaps(&records, cx)?;
        if whole {
            check_unused(&records, &tops, &used, cx)?;
        }
        check_others(&records, &tops, cx)?;
        Ok(coverage(before, cx))
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(None);
        };
        let records = Records::new(container);
        let Some(id) = main_pickles(&records).first().copied() else {
            return Ok(None);
        };
        let Some(blob) = records.open(id, cx)? else {
            return Ok(None);
        };
        let object = read_object(&blob, 0, cx.budget())?;
        let verdict = verdict(&blob, 0, cx.budget())?;
        let mut facts = vec![
            ("root".to_owned(), records.root.clone()),
            ("pickle".to_owned(), records.name(id).to_owned()),
            ("weights_only".to_owned(), verdict_text(&verdict)),
        ];
        for record in odd_record::RECORDS {
            if let Some(id) = records.record(&records.root, record).first()
                && let Some(content) = records.read(*id, 64, cx)?
            {
                let content = String::from_utf8_lossy(&content).trim().to_owned();
                facts.push(((*record).to_owned(), content));
            }
        }
        Ok(Some(inspection(INFO.id, facts, &object)))
    }
}

fn main_pickles(records: &Records<'_>) -> Vec<EntryId> {
    records
        .files()
        .filter(|(_, e)| {
            records::below_top(&e.name).is_some_and(|r| r.eq_ignore_ascii_case("data.pkl"))
        })
        .map(|(id, _)| id)
        .collect()
}

/// No restriction to a part of the file.
const ANYWHERE: Range<u64> = 0..u64::MAX;
/// Bytes behind the last record of a checkpoint within which its directory begins: a data descriptor.
const DIRECTORY_WITHIN: usize = 64;

fn start_of(records: &Records<'_>, id: EntryId) -> u64 {
    records
        .entry(id)
        .and_then(|e| e.stored_at.as_ref().map(|r| r.start))
        .unwrap_or(u64::MAX)
}

/// The parts of a file that are whole checkpoints one behind the other, each from its main pickle to
/// the next; empty when the file is not made so. What tells them from one archive with a name twice
/// is the directory between them.
fn rows(
    records: &Records<'_>,
    mains: &[EntryId],
    target: Target<'_>,
) -> Result<Vec<Range<u64>>, ScanError> {
    if mains.len() < 2 {
        return Ok(Vec::new());
    }
    let mut starts: Vec<u64> = mains.iter().map(|id| start_of(records, *id)).collect();
    starts.sort_unstable();
    let ends = starts.iter().copied().skip(1).chain([u64::MAX]);
    let rows: Vec<Range<u64>> = starts
        .iter()
        .copied()
        .zip(ends)
        .map(|(a, b)| a..b)
        .collect();
    for row in rows.iter().take(rows.len().saturating_sub(1)) {
        let last = records
            .files()
            .filter_map(|(_, e)| e.stored_at.clone())
            .filter(|range| row.contains(&range.start))
            .map(|range| range.end)
            .max()
            .unwrap_or(row.start);
        let behind = target.artifact().blob.tail(last).head(DIRECTORY_WITHIN)?;
        if last > row.end || !behind.windows(4).any(|w| w == b"PK\x01\x02") {
            return Ok(Vec::new());
        }
    }
    Ok(rows)
}

/// The part in which a main pickle lies.
fn row_of(records: &Records<'_>, id: EntryId, rows: &[Range<u64>]) -> Range<u64> {
    let start = start_of(records, id);
    let row = rows.iter().find(|row| row.contains(&start));
    row.cloned().unwrap_or(ANYWHERE)
}

/// Checks one main pickle against the records. False when it could not be followed to its end.
fn scan_main(
    records: &Records<'_>,
    id: EntryId,
    own: &Range<u64>,
    used: &mut HashSet<EntryId>,
    cx: &mut Cx<'_>,
) -> Result<bool, ScanError> {
    let name = records.name(id);
    let top = name.split('/').next().unwrap_or("");
    let Some(blob) = records.open(id, cx)? else {
        return Ok(false);
    };
    let verdict = verdict(&blob, 0, cx.budget())?;
    if let Some(issue) = needs_unsafe_load::check(name, &verdict) {
        cx.issue(issue)?;
    }
    if let Some(issue) = setitem_target::check(name, &verdict) {
        cx.issue(issue)?;
    }
    let object = read_object(&blob, 0, cx.budget())?;
    note_cut(name, &object, cx);
    check_storages(records, (top, own), &object, used, cx)?;
    let misfits = object.tensors.iter().filter_map(storage_size::check_tensor);
    for issue in misfits.take(MAX_ISSUES) {
        cx.issue(issue)?;
    }
    Ok(object.is_whole())
}

fn check_storages(
    records: &Records<'_>,
    (top, own): (&str, &Range<u64>),
    object: &ObjectPickle,
    used: &mut HashSet<EntryId>,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let mut seen = HashSet::new();
    let mut issues = 0usize;
    for storage in &object.storages {
        cx.budget().charge_steps(1)?;
        // Shared storages come once for each tensor; torch keeps the first count it meets.
        if !seen.insert((storage.key.as_str(), storage.kind.as_str(), storage.numel)) {
            continue;
        }
        let ids: Vec<EntryId> = records
            .record(top, &format!("data/{}", storage.key))
            .iter()
            .copied()
            .filter(|id| *own == ANYWHERE || own.contains(&start_of(records, *id)))
            .collect();
        let mut found: Vec<_> = storage_missing::check(storage, !ids.is_empty())
            .into_iter()
            .collect();
        for id in ids {
            let first = used.insert(id);
            let Some(entry) = records.entry(id) else {
                continue;
            };
            if let Some(size) = entry.size {
                found.extend(storage_size::check_storage(storage, size));
            }
            if let (true, Some(range)) = (first, entry.stored_at.clone()) {
                let region = Region::new(range, RegionKind::Weights)
                    .route(entry.name.clone())
                    .element(element(&storage.kind));
                cx.region(region)?;
            }
        }
        for issue in found {
            issues = issues.saturating_add(1);
            if issues <= MAX_ISSUES {
                cx.issue(issue)?;
            }
        }
    }
    Ok(())
}

fn check_small(
    records: &Records<'_>,
    tops: &HashSet<&str>,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let mut tops: Vec<&&str> = tops.iter().collect();
    tops.sort_unstable();
    for top in tops {
        for record in odd_record::RECORDS {
            for id in records.record(top, record) {
                let Some(content) = records.read(*id, MAX_SMALL, cx)? else {
                    continue;
                };
                if let Some(issue) = odd_record::check(record, &content) {
                    cx.issue(issue)?;
                }
            }
        }
    }
    Ok(())
}

fn check_overlaps(records: &Records<'_>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let mut ranges: Vec<(&str, Range<u64>)> = records
        .files()
        .filter(|(_, e)| is_storage(&e.name))
        .filter_map(|(_, e)| Some((e.name.as_str(), e.stored_at.clone()?)))
        .collect();
    cx.budget().charge_steps(ranges.len() as u64)?;
    match storage_aliased::check(&mut ranges) {
        Some(issue) => cx.issue(issue),
        None => Ok(()),
    }
}

/// Whether a member lies in the `data/` folder of some checkpoint.
fn is_storage(name: &str) -> bool {
    records::below_top(name)
        .and_then(|record| record.get(..5))
        .is_some_and(|folder| folder.eq_ignore_ascii_case("data/"))
}

fn check_unused(
    records: &Records<'_>,
    tops: &HashSet<&str>,
    used: &HashSet<EntryId>,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let unused = records.files().filter(|(id, e)| {
        let top = e.name.split('/').next().unwrap_or("");
        is_storage(&e.name) && tops.contains(top) && !used.contains(id)
    });
    for (id, entry) in unused.take(1000) {
        let Some(head) = records.head(id, HEAD, cx)? else {
            continue;
        };
        if head.is_empty() {
            continue;
        }
        cx.issue(unreferenced_record::check(&entry.name, &head))?;
        // Members that start with PROTO are taken for pickles as they are; text ones need the hint.
        if starts_pickle(&head)
            && head.first() != Some(&0x80)
            && let Some(blob) = records.open(id, cx)?
        {
            cx.child(entry.name.as_str(), blob, Some(Kind::PICKLE))?;
        }
    }
    Ok(())
}

fn check_others(
    records: &Records<'_>,
    tops: &HashSet<&str>,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let others = records.files().filter(|(_, e)| {
        let below = records::below_top(&e.name);
        let top = e.name.split('/').next().unwrap_or("");
        tops.contains(top)
            && !is_storage(&e.name)
            && !below.is_some_and(|r| r.eq_ignore_ascii_case("data.pkl"))
            && !below.is_some_and(|r| odd_record::RECORDS.contains(&r) || r.starts_with(".data/"))
    });
    for (id, entry) in others.take(1000) {
        let Some(head) = records.head(id, HEAD, cx)? else {
            continue;
        };
        let content = starts_pickle(&head);
        let extension = ma_core::artifact::extension(&entry.name);
        if content || matches!(extension.as_str(), "pkl" | "pickle") {
            cx.issue(several_pickles::check_other(&entry.name, content))?;
        }
    }
    Ok(())
}
