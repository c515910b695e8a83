//! Bodies of the fuzz targets: plain functions that also run over mutated seeds in the tests. A body
//! opens the bytes whatever the probe says, opens all members, and reads a little of each.

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, Depth, EntryId, Limits, Opener, Probe,
    ScanOptions, scanner::PROBE_HEAD,
};

/// Zip archives.
#[cfg(feature = "zip")]
pub fn zip(bytes: &[u8]) {
    run(&crate::Zip, bytes);
}

/// Tar archives.
#[cfg(feature = "tar")]
pub fn tar(bytes: &[u8]) {
    run(&crate::Tar, bytes);
}

/// 7z archives.
#[cfg(feature = "sevenz")]
pub fn sevenz(bytes: &[u8]) {
    run(&crate::SevenZ, bytes);
    // Two checksums keep most mutants from being looked at; so they are made to fit.
    let mut repaired = bytes.to_vec();
    if repair(&mut repaired).is_some() {
        run(&crate::SevenZ, &repaired);
    }
}

#[cfg(feature = "sevenz")]
fn repair(bytes: &mut [u8]) -> Option<()> {
    use crate::bytes::{index, u64_at};
    let start = index(u64_at(bytes, 12)?).checked_add(32)?;
    let end = start.checked_add(index(u64_at(bytes, 20)?))?;
    let crc = crc32fast::hash(bytes.get(start..end)?);
    bytes.get_mut(28..32)?.copy_from_slice(&crc.to_le_bytes());
    let crc = crc32fast::hash(bytes.get(12..32)?);
    bytes.get_mut(8..12)?.copy_from_slice(&crc.to_le_bytes());
    Some(())
}

/// RAR archives.
#[cfg(feature = "rar")]
pub fn rar(bytes: &[u8]) {
    run(&crate::Rar, bytes);
}

/// Compressed streams of all kinds.
pub fn streams(bytes: &[u8]) {
    let archives = ["zip", "tar", "7z", "rar"];
    for opener in crate::openers() {
        if !archives.contains(&opener.info().id) {
            run(opener.as_ref(), bytes);
        }
    }
}

/// Bounds that a mutant can't make slow.
fn limits() -> Limits {
    Limits {
        max_expanded: 16 << 20,
        max_artifacts: 2_000,
        max_steps: 50_000_000,
        bomb_floor: 1 << 20,
        ..Limits::default()
    }
}

fn run(opener: &dyn Opener, bytes: &[u8]) {
    let blob = Blob::from_vec(bytes.to_vec());
    let artifact = Artifact::new(ArtifactPath::new("fuzz"), blob);
    let head = artifact.blob.head(PROBE_HEAD).unwrap_or_default();
    let _ = opener.probe(&Probe::new(&artifact, &head, None));
    for depth in [Depth::Structure, Depth::Full] {
        let budget = Budget::new(limits());
        let mut found = Collector::default();
        let options = ScanOptions::with_depth(depth);
        let mut cx = Cx::new(&artifact, &budget, options, &mut found);
        let Ok(container) = opener.open(&artifact, &mut cx) else {
            continue;
        };
        for i in 0..container.entries().len() {
            if let Ok(blob) = container.open(EntryId(i), &mut cx) {
                let _ = blob.head(1024);
                let _ = blob.tail(blob.len().saturating_sub(64)).head(64);
            }
        }
    }
}
