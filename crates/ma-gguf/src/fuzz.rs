//! The bodies of the fuzz targets: anything may go in, nothing may go wrong. `tests/malformed.rs` runs
//! them over mutated seeds.

use ma_core::{Artifact, ArtifactPath, Blob, Budget, Collector, Coverage, Cx, ScanOptions, Target};

/// The parser alone.
pub fn parse(data: &[u8]) {
    let blob = Blob::from_vec(data.to_vec());
    let gguf = crate::parse(&blob, &Budget::default());
    let Ok(gguf) = gguf else { return };
    assert!(gguf.kvs_read <= gguf.kv_count && gguf.tensors_read <= gguf.tensor_count);
    let mut end = 0;
    for extent in &gguf.extents {
        assert!(
            extent.start >= end && extent.end <= blob.len(),
            "overlap or overrun"
        );
        end = extent.end;
    }
    for segment in &gguf.segments {
        assert!(segment.range.end <= blob.len(), "segment beyond the end");
    }
}

/// All scanners, whatever their probes say.
pub fn scan(data: &[u8]) {
    let blob = Blob::from_vec(data.to_vec());
    let artifact = Artifact::new(ArtifactPath::new("x-00001-of-00002.gguf"), blob);
    for scanner in crate::scanners() {
        let budget = Budget::default();
        let mut found = Collector::default();
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        let result = scanner.scan(Target::Bytes(&artifact), &mut cx);
        let _ = scanner.inspect(Target::Bytes(&artifact), &mut cx);
        let partial = matches!(result, Ok(Coverage::Partial));
        assert!(!partial || !found.gaps.is_empty(), "partial without a gap");
        assert!(found.issues.len() < 5000, "too many issues");
        for region in &found.regions {
            assert!(
                region.range.end <= artifact.blob.len(),
                "region beyond the end"
            );
        }
    }
}

/// The readers of text that is not the whole file.
pub fn parts(data: &[u8]) {
    let _ = crate::rules::llamafile_shell::check(data);
    let _ = crate::rules::llamafile_arguments::check(&String::from_utf8_lossy(data));
}
