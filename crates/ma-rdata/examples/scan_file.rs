//! Scans the files named on the command line with this one format.
#![allow(clippy::print_stdout)]

use std::{env, fs};

use ma_core::{Artifact, ArtifactPath, Blob, Budget, Collector, Cx, ScanOptions, Scanner, Target};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in env::args().skip(1) {
        let blob = Blob::from_vec(fs::read(&path)?);
        let artifact = Artifact::new(ArtifactPath::new(path), blob);
        let (budget, mut found) = (Budget::default(), Collector::default());
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        let coverage = ma_rdata::Rdata.scan(Target::Bytes(&artifact), &mut cx)?;
        println!("{}: {coverage:?}", artifact.path);
        for gap in &found.gaps {
            println!("{:?}: {}", gap.reason, gap.detail);
        }
        for issue in &found.issues {
            println!("{}: {} {}", issue.location, issue.severity, issue.message);
        }
    }
    Ok(())
}
