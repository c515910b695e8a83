//! Detectors over regions: the bytes are read once, in blocks, and every detector that wants the
//! region's kind sees each block.

use ma_core::{Artifact, Cx, DetectorPass, Region, ScanError};

use crate::registry::Registry;

/// Bytes per block.
const BLOCK: usize = 1 << 20;

/// Feeds the regions of `artifact` to the detectors that want them.
pub(crate) fn run(
    registry: &Registry,
    artifact: &Artifact,
    regions: &[Region],
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    if registry.detectors.is_empty() {
        return Ok(());
    }
    let mut block = Vec::new();
    for region in regions {
        let wanting = registry.detectors.iter().filter(|d| d.wants(region.kind));
        let mut passes: Vec<Box<dyn DetectorPass>> = wanting.map(|d| d.begin(region)).collect();
        if passes.is_empty() {
            continue;
        }
        let end = region.range.end.min(artifact.blob.len());
        let mut at = region.range.start;
        while at < end {
            cx.budget().check()?;
            let left = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
            block.resize(left.min(BLOCK), 0);
            let got = artifact.blob.read_at(at, &mut block)?;
            if got == 0 {
                break;
            }
            cx.budget().note_read(got as u64);
            for pass in &mut passes {
                pass.feed(at, block.get(..got).unwrap_or(&[]), cx)?;
            }
            at = at.saturating_add(got as u64);
        }
        for pass in &mut passes {
            pass.finish(cx)?;
        }
    }
    Ok(())
}
