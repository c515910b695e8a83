//! The scanner of npz archives: a zip of npy files, opened by whoever opens zips.
//!
//! Each member is scanned on its own; here only that is judged which the archive alone shows: a
//! member that is no array. `NpzFile` hands such a member out as raw bytes, so that it does nothing
//! by itself, and no writer of arrays puts one there.

use std::sync::Arc;

use ma_core::artifact::extension;
use ma_core::{
    Container, Coverage, Cx, EntryId, FormatInfo, GapReason, Inspection, Match, Probe, ScanError,
    Scanner, Target,
};

use crate::parse;
use crate::rules;
use crate::rules::npz_foreign_member::Member;

/// Scans the members of npz archives.
#[derive(Debug, Clone, Copy, Default)]
pub struct Npz;

static INFO: FormatInfo = FormatInfo {
    id: "npz",
    title: "NumPy archive",
    extensions: &["npz"],
    kinds: &[],
    runs_code: true,
    recognised_by: "A zip named `.npz`, or one whose members are all named `.npy`.",
    checks: "Members that are no arrays.",
    spec: "https://numpy.org/doc/stable/reference/generated/numpy.savez.html",
    rules: rules::NPZ_RULES,
};

impl Scanner for Npz {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let Some(members) = probe.members else {
            return Match::No;
        };
        let mut files = members.iter().filter(|m| m.is_file()).peekable();
        let all_arrays = files.peek().is_some() && files.all(|m| extension(&m.name) == "npy");
        if probe.named(&INFO) || all_arrays {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(Coverage::Complete);
        };
        let mut complete = true;
        for (index, entry) in container.entries().iter().enumerate() {
            cx.budget().charge_steps(1)?;
            if !entry.is_file() || extension(&entry.name) == "npy" {
                continue;
            }
            let Some(head) = head(container, EntryId(index), &entry.name, cx)? else {
                complete = false;
                continue;
            };
            let member = Member {
                name: &entry.name,
                head: &head,
            };
            if let Some(issue) = rules::npz_foreign_member::check(&member) {
                cx.issue(issue)?;
            }
        }
        Ok(if complete {
            Coverage::Complete
        } else {
            Coverage::Partial
        })
    }

    fn inspect(
        &self,
        target: Target<'_>,
        _cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(None);
        };
        let arrays = container.entries().iter().filter(|e| e.is_file()).count();
        Ok(Some(Inspection {
            format: INFO.id.to_owned(),
            facts: vec![("arrays".to_owned(), arrays.to_string())],
            sections: Vec::new(),
        }))
    }
}

/// The first bytes of a member; `None`, with a gap, when it can't be opened.
fn head(
    container: &Arc<dyn Container>,
    id: EntryId,
    name: &str,
    cx: &mut Cx<'_>,
) -> Result<Option<Vec<u8>>, ScanError> {
    let opened = container.open(id, cx).and_then(|blob| Ok(blob.head(64)?));
    match opened {
        Ok(head) => Ok(Some(head)),
        Err(ScanError::Stopped) => Err(ScanError::Stopped),
        Err(error) => {
            let reason = match error {
                ScanError::Limit(_) => GapReason::Limit,
                _ => GapReason::Unreadable,
            };
            cx.gap(reason, format!("the member {name} {error}"));
            Ok(None)
        }
    }
}

/// What a foreign member is, by its first bytes.
pub(crate) fn content(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(parse::MAGIC) {
        return Some("array");
    }
    parse::dangerous(head)
}
