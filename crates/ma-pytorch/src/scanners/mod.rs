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

/// Tensors that are listed.
const MAX_LISTED: usize = 10_000;

/// The tensors of a pickle as a listing, in columns: name, data type, shape, storage.
pub(crate) fn tensor_section(object: &ObjectPickle) -> Section {
    let rows: Vec<(u64, [String; 3], String)> = object
        .tensors
        .iter()
        .take(MAX_LISTED)
        .map(|tensor| {
            let name = tensor
                .name
                .clone()
                .unwrap_or_else(|| "(no name)".to_owned());
            let shape = format!("{:?}", tensor.size);
            let mut place = format!("storage {}", tensor.storage.key);
            if tensor.offset != 0 {
                place.push_str(&format!(" from element {}", tensor.offset));
            }
            if !matches!(tensor.storage.location.as_str(), "" | "cpu") {
                place.push_str(&format!(" on {}", tensor.storage.location));
            }
            if tensor.misfit().is_some() {
                place.push_str(", which it does not fit");
            }
            let columns = [name, tensor.dtype_name().to_owned(), shape];
            (tensor.at, columns, place)
        })
        .collect();
    let mut widths = [0usize; 3];
    for (_, columns, _) in &rows {
        for (width, text) in widths.iter_mut().zip(columns) {
            // A few long names must not push everything else out of sight.
            *width = (*width).max(text.chars().count().min(48));
        }
    }
    let [name, dtype, shape] = widths;
    let mut lines: Vec<Line> = rows
        .into_iter()
        .map(|(at, [a, b, c], place)| Line {
            offset: Some(at),
            text: format!("{a:name$}  {b:dtype$}  {c:shape$}  {place}"),
        })
        .collect();
    let more = object.tensors.len().saturating_sub(MAX_LISTED);
    if more > 0 {
        lines.push(Line {
            offset: None,
            text: format!("and {more} more"),
        });
    }
    Section {
        title: "tensors".to_owned(),
        lines,
    }
}

/// A view of a checkpoint.
pub(crate) fn inspection(
    format: &str,
    facts: Vec<(String, String)>,
    object: &ObjectPickle,
) -> Inspection {
    let mut facts = facts;
    let mut keys = std::collections::HashSet::new();
    let own = object
        .storages
        .iter()
        .filter(|storage| keys.insert(&storage.key));
    let (mut count, mut bytes) = (0usize, 0u128);
    for storage in own {
        count = count.saturating_add(1);
        bytes = bytes.saturating_add(storage.bytes().unwrap_or(0));
    }
    let elements = |tensor: &crate::model::Tensor| {
        let sizes = tensor.size.iter();
        sizes.fold(1u128, |n, size| {
            n.saturating_mul(u128::try_from(*size).unwrap_or(0))
        })
    };
    let parameters: u128 = object
        .tensors
        .iter()
        .fold(0, |n, tensor| n.saturating_add(elements(tensor)));
    facts.push(("storages".to_owned(), format!("{count} ({bytes} bytes)")));
    let tensors = object.tensors.len();
    facts.push((
        "tensors".to_owned(),
        format!("{tensors} ({parameters} elements)"),
    ));
    let sections = match tensors {
        0 => Vec::new(),
        _ => vec![tensor_section(object)],
    };
    Inspection {
        format: format.to_owned(),
        facts,
        sections,
    }
}
