//! Bytes after the end of an archive whose end is known.

use ma_core::{Artifact, Cx, Region, RegionKind, ScanError};

use crate::anomaly::{Anomaly, Place};
use crate::rules;
use ma_wire::Content;

/// Zeros that tapes, disks and careful copiers leave.
const MAX_PADDING: u64 = 64 * 1024;

/// Reports what lies after `end`, and hands it out for its own look.
///
/// # Errors
/// When it can't be read, or the receiver wants no more.
pub(crate) fn after(artifact: &Artifact, end: u64, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let blob = artifact.blob.tail(end);
    let content = Content::of(&blob.head(4096)?);
    if blob.is_empty() || (content == Content::Zeros && blob.len() <= MAX_PADDING) {
        return Ok(());
    }
    let range = end..artifact.blob.len();
    let anomaly = Anomaly::Unclaimed {
        at: range.clone(),
        place: Place::After,
        content,
    };
    rules::report(&anomaly, cx)?;
    let name = format!("(unclaimed bytes at {end})");
    cx.region(Region::new(range, RegionKind::Unclaimed))?;
    cx.child(name, blob, None)
}
