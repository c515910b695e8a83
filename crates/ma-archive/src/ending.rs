//! How an unpacked stream ended, told once for all formats.

use std::ops::Range;

use ma_core::{Blob, Cx, GapReason, LimitHit, LimitKind, ScanError, text};

use crate::anomaly::Anomaly;
use crate::output::{Flow, Unpacked, same_bytes};
use crate::rules;

/// True when the stream was unpacked to its own end.
pub(crate) fn complete(out: &Unpacked) -> bool {
    matches!(out.flow, Flow::End)
}

/// Says what is to be said about the end of a stream: limits, broken data, odd ratios.
///
/// # Errors
/// When the receiver wants no more.
pub(crate) fn report(
    name: &str,
    at: Range<u64>,
    out: &Unpacked,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let shown = text::shorten(&text::escape(name), 120).into_owned();
    let (produced, taken) = (out.blob.len(), out.taken);
    match &out.flow {
        Flow::Broken(why) => {
            let detail = format!("`{shown}` is broken after {produced} bytes: {why}");
            cx.gap_at(GapReason::Malformed, detail, at);
        }
        Flow::Limit(hit) => {
            let detail = format!("{hit}; the first {produced} bytes were kept");
            cx.gap_at(GapReason::Limit, format!("`{shown}`: {detail}"), at.clone());
            let bomb = Anomaly::Bomb {
                name: name.to_owned(),
                at,
                detail,
                cut: true,
            };
            rules::report(&bomb, cx)?;
        }
        Flow::End => {
            let limits = cx.budget().limits();
            let large = produced >= limits.bomb_floor / 4;
            if large && produced > taken.max(1).saturating_mul(limits.max_ratio) {
                let detail = format!("{taken} bytes unpack to {produced}");
                let bomb = Anomaly::Bomb {
                    name: name.to_owned(),
                    at,
                    detail,
                    cut: false,
                };
                rules::report(&bomb, cx)?;
            }
        }
    }
    Ok(())
}

/// Stops at an archive that contains itself: it would be opened for ever.
///
/// # Errors
/// A limit hit when it does.
pub(crate) fn not_itself(
    name: &str,
    at: Range<u64>,
    inner: &Blob,
    outer: &Blob,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    if inner.is_empty() || !same_bytes(inner, outer, cx.budget())? {
        return Ok(());
    }
    let quine = Anomaly::Quine {
        name: name.to_owned(),
        at,
    };
    rules::report(&quine, cx)?;
    Err(ScanError::Limit(LimitHit {
        kind: LimitKind::Depth,
        limit: u64::from(cx.budget().limits().max_depth),
    }))
}
