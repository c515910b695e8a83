//! The body of the fuzz target: anything may go in, nothing may go wrong. `tests/malformed.rs` runs it
//! over mutated seeds.

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Coverage, Cx, Kind, ScanOptions, Scanner,
    Target,
};

/// Lets the scanner of arrays read the bytes, whatever its probe says, and look into them.
pub fn npy(data: &[u8]) {
    let blob = Blob::from_vec(data.to_vec());
    let artifact = Artifact::new(ArtifactPath::new("x.npy"), blob).with_hint(Kind::NPY);
    let budget = Budget::default();
    let mut found = Collector::default();
    let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
    let result = crate::Npy.scan(Target::Bytes(&artifact), &mut cx);
    let _ = crate::Npy.inspect(Target::Bytes(&artifact), &mut cx);
    let partial = matches!(result, Ok(Coverage::Partial));
    assert!(!partial || !found.gaps.is_empty(), "partial without a gap");
}
