//! Lets all detectors look at files, each as one region: text, source or weights, as it seems. Shows
//! what they say of files that no scanner reads.
#![allow(clippy::print_stdout, clippy::expect_used)]

use std::{env, fs};

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, ElementType, Piece, Region, RegionKind,
    ScanOptions,
};

fn main() -> std::io::Result<()> {
    let detectors = ma_detect::detectors();
    for path in env::args().skip(1) {
        let bytes = fs::read(&path)?;
        let kind = match std::str::from_utf8(&bytes) {
            Ok(_) if path.contains("vocab") || path.contains("tokenizer") => RegionKind::Vocabulary,
            Ok(_) if path.ends_with(".py") => RegionKind::Code,
            Ok(_) => RegionKind::Text,
            Err(_) => RegionKind::Weights,
        };
        let region = Region::new(0..bytes.len() as u64, kind).element(ElementType::F32);
        let artifact = Artifact::new(ArtifactPath::new(path), Blob::from_vec(bytes.clone()));
        let (budget, mut found) = (Budget::default(), Collector::default());
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        for detector in detectors.iter().filter(|d| d.wants(kind)) {
            let pass = detector.begin(&region);
            let piece = Piece {
                region: &region,
                bytes: &bytes,
                offset: 0,
                own: 0..bytes.len(),
            };
            pass.look(&piece, &mut cx).expect("memory can be read");
            pass.finish(&mut cx).expect("memory can be read");
        }
        for issue in &found.issues {
            let evidence = issue.evidence.iter().map(|e| e.text.as_str());
            let evidence: String = evidence
                .collect::<Vec<_>>()
                .join(" | ")
                .chars()
                .take(160)
                .collect();
            println!(
                "{} {} {}: {} [{}]",
                issue.severity,
                issue.rule.code,
                issue.location,
                issue.message,
                ma_core::text::escape(&evidence)
            );
        }
        for child in &found.children {
            println!("child {}", child.path);
        }
    }
    Ok(())
}
