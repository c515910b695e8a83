//! The files of an OCDBT store, in which Orbax keeps arrays.
//!
//! Layout (<https://google.github.io/tensorstore/kvstore/ocdbt>, of 2025): big-endian magic `0cdb3a2a` for the
//! manifest, `0cdb20de` for a B-tree node, `0cdb1234` for a version tree; a little-endian `u64` length; a
//! version and, from there on, mostly compressed content. The content leads to other files of the same
//! store by names relative to it, and to values; nothing in it can run.
//!
//! Checked is that the file is as long as it says. The content is data to detectors.

use ma_core::{
    Coverage, Cx, FormatInfo, GapReason, Match, Probe, Region, RegionKind, ScanError, Scanner,
    Target,
};

/// The scanner of OCDBT files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ocdbt;

static INFO: FormatInfo = FormatInfo {
    id: "ocdbt",
    title: "OCDBT key-value store (Orbax)",
    extensions: &["ocdbt"],
    kinds: &[],
    runs_code: false,
    recognised_by: "The magic of a manifest, node or version tree.",
    checks: "That the file is as long as it says; nothing in it can run.",
    spec: "https://google.github.io/tensorstore/kvstore/ocdbt",
    rules: &[],
};

const MAGICS: [[u8; 4]; 3] = [
    [0x0c, 0xdb, 0x3a, 0x2a],
    [0x0c, 0xdb, 0x20, 0xde],
    [0x0c, 0xdb, 0x12, 0x34],
];

impl Scanner for Ocdbt {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let magic = probe.head.first_chunk::<4>();
        let known = magic.is_some_and(|m| MAGICS.contains(m));
        if known && probe.members.is_none() {
            Match::Strong
        } else {
            Match::No
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let blob = &target.artifact().blob;
        let mut cursor = blob.cursor(cx.budget());
        cursor.skip(4);
        let declared = cursor.u64_le()?;
        cx.region(Region::new(0..blob.len(), RegionKind::Weights))?;
        // A data file holds several nodes and values one behind the other; the first tells.
        if declared.is_none_or(|n| n > blob.len()) {
            let detail = "the file ends before the content that it declares";
            cx.gap_at(GapReason::Malformed, detail, 0..blob.len());
            return Ok(Coverage::Partial);
        }
        Ok(Coverage::Complete)
    }
}
