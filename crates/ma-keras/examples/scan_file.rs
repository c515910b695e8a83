//! Scans a configuration or an HDF5 file: `cargo run -p ma-keras --example scan_file -- model.h5`
#![allow(clippy::print_stdout)]

use std::{env, fs};

use ma_core::scanner::PROBE_HEAD;
use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, Match, Probe, ScanOptions, Target,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in env::args().skip(1) {
        let blob = Blob::from_vec(fs::read(&path)?);
        let artifact = Artifact::new(ArtifactPath::new(path), blob);
        let head = artifact.blob.head(PROBE_HEAD)?;
        let (budget, mut found) = (Budget::default(), Collector::default());
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        for scanner in ma_keras::scanners() {
            if scanner.probe(&Probe::new(&artifact, &head, None)) == Match::No {
                continue;
            }
            let target = Target::Bytes(&artifact);
            let coverage = scanner.scan(target, &mut cx)?;
            println!("{}: {}: {coverage:?}", artifact.path, scanner.info().title);
            for (name, value) in scanner
                .inspect(target, &mut cx)?
                .iter()
                .flat_map(|v| &v.facts)
            {
                println!("  {name}: {}", ma_core::text::escape(value));
            }
        }
        for issue in &found.issues {
            println!(
                "  {} {}: {}",
                issue.severity, issue.rule.name, issue.message
            );
        }
        for gap in &found.gaps {
            println!("  not looked at: {}", gap.detail);
        }
    }
    Ok(())
}
