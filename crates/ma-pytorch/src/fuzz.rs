//! Bodies of the fuzz targets: anything may go in, nothing may go wrong. `tests/malformed.rs` runs
//! them over mutated seeds.

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Coverage, Cx, Kind, ScanOptions, Target,
};

use crate::parse::{json, native, object};
use crate::weights_only::verdict;

/// Reads bytes as a checkpoint's pickle, as JSON and as a native program, and lets every scanner of
/// single files look at them, whatever its probe says.
pub fn bytes(data: &[u8]) {
    let blob = Blob::from_vec(data.to_vec());
    let budget = Budget::default();
    if let Ok(read) = object::read_object(&blob, 0, &budget) {
        for tensor in &read.tensors {
            let _ = (tensor.misfit(), tensor.storage.bytes());
        }
    }
    let _ = verdict(&blob, 0, &budget);
    let _ = json::strings(data, &|_, _| true);
    let _ = native::telling_imports(&blob, &budget);
    let artifact = Artifact::new(ArtifactPath::new("x.pt"), blob).with_hint(Kind::TORCH);
    for scanner in crate::scanners() {
        let mut found = Collector::default();
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        let result = scanner.scan(Target::Bytes(&artifact), &mut cx);
        let partial = matches!(result, Ok(Coverage::Partial));
        assert!(!partial || !found.gaps.is_empty(), "partial without a gap");
    }
}
