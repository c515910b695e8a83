//! Stream checkpoints, as `torch.save` wrote them before 1.6.
//!
//! ```text
//! pickle  0x1950a86a20f9469cfc6c      pickle  1001      pickle  {protocol_version, little_endian, ...}
//! pickle  the object; storages by persistent id, with a view as sixth item
//! pickle  [key, ...]
//! for each key: count i64, then count × item size bytes
//! ```
//!
//! Follows `_legacy_load` in `torch/serialization.py` of torch 2.11. The pickle scanner runs all five
//! pickles and steps over the storages; here the numbers and the table are compared.

use std::collections::HashMap;

use ma_core::{
    Blob, Budget, Coverage, Cx, FormatInfo, Inspection, Kind, Match, Probe, ScanError, Scanner,
    Target,
};
use ma_pickle::StreamEnd;

use super::{coverage, inspection, note_cut, verdict_text};
use crate::model::{ObjectPickle, Storage};
use crate::parse::object::read_object;
use crate::records::starts_pickle;
use crate::rules::legacy_layout::{
    LEGACY_MAGIC_RULE, LEGACY_STORAGES, MAGIC_LONG, Table, Trailer, check_numbers, check_table,
};
use crate::rules::{needs_unsafe_load, setitem_target, storage_size};
use crate::weights_only::{Verdict, verdict};

/// Scans stream checkpoints.
#[derive(Debug, Clone, Copy, Default)]
pub struct TorchLegacy;

static INFO: FormatInfo = FormatInfo {
    id: "torch-legacy",
    title: "PyTorch checkpoint (before 1.6)",
    extensions: &["pt", "pth", "bin", "ckpt", "th", "pkl", "tar", "model"],
    kinds: &[Kind::TORCH],
    runs_code: true,
    recognised_by: "The magic number as a pickle at the start, or the protocol number 1001 as the second.",
    checks: "Magic and protocol numbers, whether weights_only=True takes it, the storage table.",
    spec: "https://github.com/pytorch/pytorch/blob/main/torch/serialization.py",
    rules: &[
        &LEGACY_MAGIC_RULE,
        &LEGACY_STORAGES,
        &needs_unsafe_load::NEEDS_UNSAFE_LOAD,
        &setitem_target::SETITEM_TARGET,
        &storage_size::STORAGE_SIZE,
    ],
};

/// Bytes within which the magic number must come.
const MAGIC_WITHIN: usize = 64;
/// Faults of a table that are reported.
const MAX_ISSUES: usize = 50;

/// Whether the second of the five pickles may be the protocol number.
fn has_protocol(head: &[u8]) -> bool {
    head.windows(6)
        .any(|w| matches!(w, [0x80, 2..=5, b'M', 0xe9, 0x03, b'.']))
}

impl Scanner for TorchLegacy {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let start = probe.head.get(..MAGIC_WITHIN).unwrap_or(probe.head);
        let magic = start.windows(MAGIC_LONG.len()).any(|w| w == MAGIC_LONG);
        if probe.members.is_none()
            && (magic || (starts_pickle(probe.head) && has_protocol(probe.head)))
        {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let Target::Bytes(artifact) = target else {
            return Ok(Coverage::Complete);
        };
        let before = cx.gaps();
        let blob = &artifact.blob;
        let save = read(blob, cx.budget())?;
        let Some(first) = save.pickles.first() else {
            return Ok(coverage(before, cx));
        };
        let protocol = save.pickles.get(1).map(|p| p.number);
        if let Some(protocol) = protocol
            && let Some(issue) = check_numbers(is_magic(first), protocol)
        {
            let end = save.ends.first().copied().unwrap_or(0);
            cx.issue(issue.at(0..end))?;
        }
        if let Some(issue) = needs_unsafe_load::check("", &save.verdict) {
            cx.issue(issue)?;
        }
        if let Some(issue) = setitem_target::check("", &save.verdict) {
            cx.issue(issue)?;
        }
        if let Some(object) = save.pickles.get(3) {
            note_cut("the object", object, cx);
            let misfits = object.tensors.iter().filter_map(storage_size::check_tensor);
            for issue in misfits.take(MAX_ISSUES) {
                cx.issue(issue)?;
            }
        }
        // Without all five pickles there is no table; what is missing is the pickle scanner's news.
        if is_magic(first)
            && let [_, _, _, object, keys, ..] = save.pickles.as_slice()
            && let Some(at) = save.ends.get(4)
        {
            for (issue, range) in check_storages(blob, *at, object, keys, cx.budget())? {
                cx.issue(check_table(&issue).at(range))?;
            }
        }
        Ok(coverage(before, cx))
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let Target::Bytes(artifact) = target else {
            return Ok(None);
        };
        let save = read(&artifact.blob, cx.budget())?;
        let mut facts = vec![("weights_only".to_owned(), verdict_text(&save.verdict))];
        if let Some(system) = save.pickles.get(2) {
            facts.extend(system.facts.iter().cloned());
        }
        Ok(save
            .pickles
            .get(3)
            .map(|object| inspection(INFO.id, facts, object)))
    }
}

/// The five pickles, as far as they are whole.
struct Save {
    pickles: Vec<ObjectPickle>,
    /// The offset behind each.
    ends: Vec<u64>,
    verdict: Verdict,
}

fn read(blob: &Blob, budget: &Budget) -> Result<Save, ScanError> {
    let mut save = Save {
        pickles: Vec::new(),
        ends: Vec::new(),
        verdict: Verdict::Loads { end: 0 },
    };
    let mut at = 0;
    for _ in 0..5 {
        if at >= blob.len() {
            break;
        }
        if matches!(save.verdict, Verdict::Loads { .. }) {
            save.verdict = verdict(blob, at, budget)?;
        }
        let pickle = read_object(blob, at, budget)?;
        let end = match pickle.end {
            StreamEnd::Stop { end } => end,
            _ => break,
        };
        save.pickles.push(pickle);
        save.ends.push(end);
        at = end;
    }
    Ok(save)
}

fn is_magic(first: &ObjectPickle) -> bool {
    MAGIC_LONG.get(2..) == Some(first.number_bytes.as_slice())
}

/// Storages by key, and the keys in the order of the data.
fn storage_table<'o>(
    object: &'o ObjectPickle,
    keys: &'o ObjectPickle,
) -> (HashMap<&'o str, &'o Storage>, Vec<&'o str>) {
    let mut table: HashMap<&str, &Storage> = HashMap::new();
    for storage in &object.storages {
        table.entry(&storage.key).or_insert(storage);
    }
    let mut order: Vec<&str> = keys.keys.iter().map(String::as_str).collect();
    if keys.cut {
        // The writer sorts the keys, so a list that is too long to be kept can be made again.
        order = table.keys().copied().collect();
        order.sort_unstable();
    }
    (table, order)
}

/// Walks over the table.
fn check_storages(
    blob: &Blob,
    start: u64,
    object: &ObjectPickle,
    keys: &ObjectPickle,
    budget: &Budget,
) -> Result<Vec<(Table, std::ops::Range<u64>)>, ScanError> {
    let (mut table, order) = storage_table(object, keys);
    let mut faults = Vec::new();
    let mut at = start;
    for key in &order {
        budget.charge_steps(1)?;
        if faults.len() >= MAX_ISSUES {
            break;
        }
        let key_text = || (*key).to_owned();
        let Some(storage) = table.remove(key) else {
            // An id that was not understood may be the one.
            if object.odd_ids > 0 || object.cut {
                return Ok(faults);
            }
            faults.push((Table::Unknown { key: key_text() }, at..at));
            return Ok(faults);
        };
        let mut count = [0u8; 8];
        if blob.read_at(at, &mut count)? != count.len() {
            faults.push((Table::Short { key: key_text() }, at..blob.len()));
            return Ok(faults);
        }
        let stored = i64::from_le_bytes(count);
        let data = at.saturating_add(8);
        if stored != storage.numel {
            let pickled = storage.numel;
            let key = key_text();
            faults.push((
                Table::Count {
                    key,
                    stored,
                    pickled,
                },
                at..data,
            ));
        }
        let bytes = storage
            .itemsize
            .zip(u64::try_from(stored).ok())
            .and_then(|(size, count)| size.checked_mul(count));
        let end = bytes.and_then(|bytes| data.checked_add(bytes));
        match end.filter(|end| *end <= blob.len()) {
            Some(end) => at = end,
            None => {
                faults.push((Table::Short { key: key_text() }, data..blob.len()));
                return Ok(faults);
            }
        }
    }
    let mut rest: Vec<&str> = table.keys().copied().collect();
    rest.sort_unstable();
    let unlisted = rest.iter().take(MAX_ISSUES).map(|key| {
        let key = (*key).to_owned();
        (Table::Unlisted { key }, at..at)
    });
    if !keys.cut && object.is_whole() {
        faults.extend(unlisted);
    }
    if at < blob.len() {
        let head = blob.tail(at).head(256)?;
        let start = head.get(..MAGIC_WITHIN).unwrap_or(&head);
        let like = if start.windows(MAGIC_LONG.len()).any(|w| w == MAGIC_LONG) {
            Trailer::Save
        } else if starts_pickle(&head) {
            Trailer::Pickle
        } else {
            Trailer::Other
        };
        let bytes = blob.len().saturating_sub(at);
        faults.push((Table::Trailing { bytes, like }, at..blob.len()));
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;
    use ma_testkit::torch::legacy_stream;

    use super::*;

    fn severities(object: &[u8]) -> Vec<Severity> {
        let file = legacy_stream(object, &[("7", 4, &[0; 16])]);
        let found = ma_testkit::run::scan(&TorchLegacy, "x.pt", &file);
        assert!(found.gaps.is_empty(), "{:?}", found.gaps);
        found.issues.iter().map(|issue| issue.severity).collect()
    }

    #[test]
    fn a_bare_storage_uses_its_own_table() {
        let storage =
            b"\x80\x02(U\x07storagectorch\nFloatStorage\nU\x017U\x03cpuK\x04NtQ.".as_slice();
        assert_eq!(severities(storage), []);
    }

    #[test]
    fn a_storage_that_nothing_names_is_good_to_know_only() {
        assert_eq!(severities(b"\x80\x02}."), [Severity::Info]);
    }
}
