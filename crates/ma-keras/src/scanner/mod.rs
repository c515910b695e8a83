//! The scanners: configurations as texts of their own, archives and directories, HDF5 files.

mod archive;
mod config;
mod hdf5;
mod view;

use ma_core::{
    Blob, Container, Coverage, Cx, EntryId, GapReason, Kind, Region, RegionKind, ScanError,
};
use std::sync::Arc;

pub use archive::KerasArchive;
pub use config::KerasConfig;
pub use hdf5::KerasHdf5;

use crate::model::Config;
use crate::rules;

/// The kind of a configuration that another format holds.
pub const CONFIG: Kind = Kind::new("keras-config");

/// `Complete`, unless gaps were reported since `before`.
fn coverage(before: u64, cx: &Cx<'_>) -> Coverage {
    match cx.gaps() == before {
        true => Coverage::Complete,
        false => Coverage::Partial,
    }
}

/// The bytes of an entry; `None`, with a gap, when they can't be read.
fn open(
    container: &Arc<dyn Container>,
    id: EntryId,
    name: &str,
    cx: &mut Cx<'_>,
) -> Result<Option<Blob>, ScanError> {
    match container.open(id, cx) {
        Ok(blob) => Ok(Some(blob)),
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

/// Reports what a configuration holds: issues, gaps, what others look at. `shift` moves places in the
/// text to places in the artifact, and `route` goes before the routes.
fn report(
    config: &Config,
    shift: Option<u64>,
    route: &str,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    for mut issue in rules::check(config) {
        issue.location.range = match (issue.location.range, shift) {
            (Some(range), Some(by)) => {
                Some(range.start.saturating_add(by)..range.end.saturating_add(by))
            }
            _ => None,
        };
        if !route.is_empty() {
            issue.location.route = match issue.location.route.as_str() {
                "" => route.to_owned(),
                inner => format!("{route}: {inner}"),
            };
        }
        cx.issue(issue)?;
    }
    if let Some(broken) = config.broken {
        cx.gap(
            GapReason::Malformed,
            format!("the configuration is no JSON: {broken}"),
        );
    }
    if let Some(what) = config.cut {
        cx.gap(
            GapReason::Limit,
            format!("the configuration holds more {what} than are looked at"),
        );
    }
    let unclear = config.codes.iter().filter(|code| !code.understood).count();
    if unclear > 0 {
        cx.gap(
            GapReason::Unsupported,
            format!(
                "{unclear} functions could not be followed; they were judged by the names in them"
            ),
        );
    }
    for module in &config.torch_modules {
        if !module.decoded {
            cx.gap(GapReason::Malformed, "a PyTorch module is no base64");
        }
        if !module.bytes.is_empty() {
            let kind = match module.bytes.starts_with(b"PK") {
                true => Kind::TORCH,
                false => Kind::PICKLE,
            };
            let blob = Blob::from_vec(module.bytes.clone());
            cx.child(module.place.route.as_str(), blob, Some(kind))?;
        }
    }
    Ok(())
}

/// Says what the bytes of a text of `len` bytes are: words, code, and settings between them.
fn regions(config: &Config, len: u64, cx: &mut Cx<'_>) -> Result<(), ScanError> {
    let words = config
        .vocabularies
        .iter()
        .map(|r| (r, RegionKind::Vocabulary));
    let codes = config.encoded.iter().map(|r| (r, RegionKind::Code));
    let mut parts: Vec<_> = words.chain(codes).collect();
    parts.sort_by_key(|(range, _)| (range.start, range.end));
    let mut at = 0u64;
    for (range, kind) in parts {
        if range.start < at || range.end > len {
            continue;
        }
        if at < range.start {
            cx.region(Region::new(at..range.start, RegionKind::Metadata))?;
        }
        cx.region(Region::new(range.clone(), kind))?;
        at = range.end;
    }
    if at < len {
        cx.region(Region::new(at..len, RegionKind::Metadata))?;
    }
    Ok(())
}
