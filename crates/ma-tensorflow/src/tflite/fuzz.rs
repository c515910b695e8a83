//! Bodies of fuzz targets: they must return, whatever the bytes.

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Coverage, Cx, ScanOptions, Scanner, Target,
};

/// Scans and inspects the bytes with one scanner, whatever its probe says.
fn run(scanner: &dyn Scanner, name: &str, data: &[u8]) {
    let artifact = Artifact::new(ArtifactPath::new(name), Blob::from_vec(data.to_vec()));
    let budget = Budget::default();
    let mut found = Collector::default();
    let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
    let result = scanner.scan(Target::Bytes(&artifact), &mut cx);
    let _ = scanner.inspect(Target::Bytes(&artifact), &mut cx);
    let partial = matches!(result, Ok(Coverage::Partial));
    assert!(!partial || !found.gaps.is_empty(), "partial without a gap");
    let len = data.len() as u64;
    let inside = |r: &ma_core::Region| r.range.start <= r.range.end && r.range.end <= len;
    assert!(
        found.regions.iter().all(inside),
        "a region outside of the file"
    );
    assert!(found.regions.len() < 10_000, "too many regions");
}

/// LiteRT models.
pub fn tflite(data: &[u8]) {
    run(&crate::tflite::TfLite, "x.tflite", data);
}

/// Indices of checkpoints, and the same bytes as the data that an index describes.
pub fn checkpoint(data: &[u8]) {
    run(&crate::checkpoint::CheckpointIndex, "x.index", data);
    run(&crate::checkpoint::CheckpointState, "checkpoint", data);
    let budget = Budget::default();
    let half = data.len().div_euclid(2);
    let (index, shard) = data.split_at(half);
    for (index, shard) in [(data, data), (index, shard)] {
        let index = Blob::from_vec(index.to_vec());
        if let Ok(index) = crate::checkpoint::parse::parse(&index, &budget) {
            let shard = Blob::from_vec(shard.to_vec());
            let _ = crate::checkpoint::data::lay(&shard, &budget, &index, 0);
        }
    }
}

/// `model.json` of TensorFlow.js.
pub fn tfjs(data: &[u8]) {
    run(&crate::tfjs::TfJs, "model.json", data);
}
