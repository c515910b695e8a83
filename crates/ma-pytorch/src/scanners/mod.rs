//! The scanners: one per layout.

pub mod checkpoint;
pub mod export;
pub mod legacy;
pub mod package;
pub mod sb3;
pub mod script;
pub mod serve;
pub mod tar;

use ma_core::{Coverage, Cx, Entry, GapReason, Inspection, Line, Section};

use crate::model::ObjectPickle;
use crate::weights_only::Verdict;

/// `Complete`, unless gaps were reported since `before`.
pub(crate) fn coverage(before: u64, cx: &Cx<'_>) -> Coverage {
    if cx.gaps() == before {
        Coverage::Complete
    } else {
        Coverage::Partial
    }
}

/// Whether some file of a zip makes it another layout than a plain checkpoint.
pub(crate) fn is_script(entries: &[Entry]) -> bool {
    crate::records::has_record(entries, "constants.pkl")
}

/// Says what of a pickle was not followed; the pickle's own scanner reports what is broken in it.
pub(crate) fn note_cut(member: &str, object: &ObjectPickle, cx: &mut Cx<'_>) {
    if object.cut {
        cx.gap(
            GapReason::Limit,
            format!("{member} names more storages, tensors or keys than are kept"),
        );
    }
}

/// What `torch.load(weights_only=True)` says, for people.
pub(crate) fn verdict_text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Loads { .. } => "loads".to_owned(),
        Verdict::Refused { at, why } => format!("refused at byte {at}: {}", why.describe()),
        Verdict::Broken { at } => format!("broken at byte {at}"),
        Verdict::TooLarge { at } => format!("not known, too large at byte {at}"),
    }
}

/// The tensors of a pickle as a listing.
pub(crate) fn tensor_section(object: &ObjectPickle) -> Section {
    let lines = object.tensors.iter().take(10_000).map(|tensor| Line {
        offset: Some(tensor.at),
        text: format!(
            "{} {} {:?} in data/{}",
            tensor.name.as_deref().unwrap_or("?"),
            tensor.storage.kind,
            tensor.size,
            tensor.storage.key
        ),
    });
    Section {
        title: "tensors".to_owned(),
        lines: lines.collect(),
    }
}

/// A view of a checkpoint.
pub(crate) fn inspection(
    format: &str,
    facts: Vec<(String, String)>,
    object: &ObjectPickle,
) -> Inspection {
    let mut facts = facts;
    facts.push(("storages".to_owned(), object.storages.len().to_string()));
    facts.push(("tensors".to_owned(), object.tensors.len().to_string()));
    Inspection {
        format: format.to_owned(),
        facts,
        sections: vec![tensor_section(object)],
    }
}
