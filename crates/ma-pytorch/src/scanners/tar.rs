//! Tar checkpoints of torch 0.1.
//!
//! ```text
//! storages   pickle(n), n × { pickle((key, location, type)), count i64, raw data }, pickle([views])
//! tensors    pickle(n), n × { pickle((key, storage, type)), ndim i32, 4 bytes, ndim × size i64,
//!                             ndim × stride i64, offset i64 }
//! pickle     the object; tensors by persistent id
//! ```
//!
//! Follows `legacy_load` in `torch/serialization.py` of torch 2.11. Every one of these pickles is run
//! by the loader, also those behind raw data. The pickle scanner looks at the members by itself; those
//! of the inner pickles that import more than a storage type are handed out besides.

use ma_core::{
    Blob, Coverage, Cx, Entry, FormatInfo, Kind, Match, Probe, ScanError, Scanner, Target,
};
use ma_pickle::StreamEnd;

use super::coverage;
use crate::model::{ObjectPickle, itemsize};
use crate::parse::object::read_object;
use crate::records::Records;
use crate::rules::weights_only_bypass;

/// Scans tar checkpoints.
#[derive(Debug, Clone, Copy, Default)]
pub struct TorchTar;

static INFO: FormatInfo = FormatInfo {
    id: "torch-tar",
    title: "PyTorch checkpoint (tar, torch 0.1)",
    extensions: &["pt", "pth", "tar", "bin"],
    kinds: &[Kind::TORCH],
    runs_code: true,
    recognised_by: "A tar with the members `storages`, `tensors` and `pickle`.",
    checks: "The layout that weights_only=True did not protect; pickles behind raw data are handed out.",
    spec: "https://github.com/pytorch/pytorch/blob/main/torch/serialization.py",
    rules: &[&weights_only_bypass::WEIGHTS_ONLY_BYPASS],
};

fn bare(name: &str) -> &str {
    name.strip_prefix("./").unwrap_or(name)
}

impl Scanner for TorchTar {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let has = |entries: &[Entry], name: &str| entries.iter().any(|e| bare(&e.name) == name);
        // torch extracts `storages` first: a payload there runs before the others are missed.
        match probe.members {
            Some(entries)
                if has(entries, "storages")
                    && (has(entries, "tensors") || has(entries, "pickle")) =>
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
        cx.issue(weights_only_bypass::check("tar checkpoint"))?;
        for (id, entry) in records.files() {
            let member = bare(&entry.name);
            let raw = match member {
                "storages" => Raw::Storage,
                "tensors" => Raw::Tensor,
                _ => continue,
            };
            if let Some(blob) = records.open(id, cx)? {
                walk(member, &blob, raw, cx)?;
            }
        }
        Ok(coverage(before, cx))
    }
}

/// What follows each inner pickle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Raw {
    /// A count and that many elements.
    Storage,
    /// Dimensions, strides and an offset.
    Tensor,
}

/// Follows a member from pickle to pickle as the loader does.
fn walk(member: &str, blob: &Blob, raw: Raw, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let head = read_object(blob, 0, cx.budget())?;
    let (StreamEnd::Stop { end }, Some(count)) = (&head.end, head.number) else {
        return Ok(());
    };
    let mut at = *end;
    let count = u64::try_from(count).unwrap_or(0);
    // One more for the list of views behind the storages.
    let extra = u64::from(raw == Raw::Storage);
    for index in 0..count.saturating_add(extra) {
        if at >= blob.len() {
            return Ok(());
        }
        cx.budget().charge_steps(1)?;
        let pickle = read_object(blob, at, cx.budget())?;
        let end = pickle.end.offset().unwrap_or(blob.len()).max(at);
        if index > 0 && !is_ordinary(&pickle) {
            let part = blob.slice(at..end).unwrap_or_else(|_| blob.tail(at));
            cx.child(format!("{member} at {at}"), part, Some(Kind::PICKLE))?;
        }
        let StreamEnd::Stop { end } = pickle.end else {
            return Ok(());
        };
        if index >= count {
            return Ok(());
        }
        let Some(next) = skip(blob, end, raw, &pickle)? else {
            return Ok(());
        };
        at = next;
    }
    Ok(())
}

/// Whether a pickle imports nothing but types of torch.
fn is_ordinary(pickle: &ObjectPickle) -> bool {
    pickle.globals.iter().all(|(name, _)| {
        name.starts_with("torch.") && (name.ends_with("Storage") || name.ends_with("Tensor"))
    })
}

/// The offset behind the raw data at `at`.
fn skip(blob: &Blob, at: u64, raw: Raw, pickle: &ObjectPickle) -> Result<Option<u64>, ScanError> {
    let mut field = [0u8; 8];
    if blob.read_at(at, &mut field)? != field.len() {
        return Ok(None);
    }
    let at = at.saturating_add(8);
    let bytes = match raw {
        Raw::Storage => {
            let size = pickle.globals.iter().find_map(|(name, _)| itemsize(name));
            size.zip(u64::try_from(i64::from_le_bytes(field)).ok())
                .and_then(|(size, count)| size.checked_mul(count))
        }
        Raw::Tensor => {
            let [a, b, c, d, ..] = field;
            let rank = u64::from(u32::from_le_bytes([a, b, c, d]));
            rank.checked_mul(16).and_then(|n| n.checked_add(8))
        }
    };
    Ok(bytes
        .and_then(|bytes| at.checked_add(bytes))
        .filter(|end| *end <= blob.len()))
}
