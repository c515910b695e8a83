//! The bodies of fuzz targets: anything may go in, nothing may go wrong. `tests/malformed.rs` runs them
//! over mutated seeds.

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Coverage, Cx, Limits, Probe, ScanOptions,
    Scanner, Target,
};

use crate::scanner::KIND;

fn budget() -> Budget {
    Budget::new(Limits {
        max_steps: 20_000_000,
        ..Limits::default()
    })
}

/// The parser.
pub fn parse(bytes: &[u8]) {
    let _ = crate::parse::parse(&Blob::from_vec(bytes.to_vec()), &budget());
}

/// Probe, scan and inspection.
pub fn scan(bytes: &[u8]) {
    let blob = Blob::from_vec(bytes.to_vec());
    let artifact = Artifact::new(ArtifactPath::new("x.onnx"), blob).with_hint(KIND);
    let head = artifact.blob.head(8192).unwrap_or_default();
    let _ = crate::Onnx.probe(&Probe::new(&artifact, &head, None));
    let budget = budget();
    let mut found = Collector::default();
    let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
    let result = crate::Onnx.scan(Target::Bytes(&artifact), &mut cx);
    let _ = crate::Onnx.inspect(Target::Bytes(&artifact), &mut cx);
    let partial = matches!(result, Ok(Coverage::Partial));
    assert!(!partial || !found.gaps.is_empty(), "partial without a gap");
    for region in &found.regions {
        assert!(region.range.end <= bytes.len() as u64, "a region outside");
    }
}
