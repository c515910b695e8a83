//! The whole scanner over mutated seeds: no panic, always an end.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in tests a panic is the point"
)]

mod cases;

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, Limits, Match, Probe, ScanOptions,
    Scanner, Target,
};
use ma_pickle::Pickle;

/// Scans bytes under small limits; errors of the budget are fine.
fn scan(bytes: &[u8]) {
    let artifact = Artifact::new(
        ArtifactPath::new("fuzz.pkl"),
        Blob::from_vec(bytes.to_vec()),
    );
    let budget = Budget::new(Limits {
        max_steps: 20_000_000,
        max_expanded: 64 << 20,
        ..Limits::default()
    });
    let mut found = Collector::default();
    let head = &bytes[..bytes.len().min(8192)];
    let _ = Pickle.probe(&Probe::new(&artifact, head, None)) == Match::No;
    let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
    let _ = Pickle.scan(Target::Bytes(&artifact), &mut cx);
    let _ = Pickle.inspect(Target::Bytes(&artifact), &mut cx);
    let _ = ma_pickle::facts(&artifact.blob, 0, &budget);
}

#[test]
fn fuzz_scan() {
    let mut seeds: Vec<Vec<u8>> = cases::all().into_iter().map(|c| c.bytes).collect();
    seeds.retain(|seed| seed.len() < 2_000);
    ma_testkit::malformed::fuzz(&seeds, scan);
}
