//! Scans the files named on the command line with this one format; `--inspect` shows what they hold.
#![allow(clippy::print_stdout)]

use std::env;
use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, FileSource, ScanOptions, Scanner, Target,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let show = env::args().any(|a| a == "--inspect");
    for path in env::args().skip(1).filter(|a| a != "--inspect") {
        let blob = Blob::new(Arc::new(FileSource::new(File::open(&path)?)?));
        let artifact = Artifact::new(ArtifactPath::new(path), blob);
        let (budget, mut found) = (Budget::default(), Collector::default());
        let start = Instant::now();
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        let coverage = ma_hdf5::Hdf5.scan(Target::Bytes(&artifact), &mut cx)?;
        let took = start.elapsed();
        if show && let Some(view) = ma_hdf5::Hdf5.inspect(Target::Bytes(&artifact), &mut cx)? {
            for (name, value) in view.facts {
                println!("{name}: {value}");
            }
            for line in view.sections.into_iter().flat_map(|s| s.lines) {
                println!("{}", ma_core::text::escape(&line.text));
            }
        }
        println!(
            "{}: {coverage:?}, {took:?}, {} bytes read, {} regions",
            artifact.path,
            budget.bytes_read(),
            found.regions.len()
        );
        for issue in &found.issues {
            println!("{}: {} {}", issue.location, issue.severity, issue.message);
        }
        for gap in &found.gaps {
            println!("gap: {} {}", gap.reason, gap.detail);
        }
        for child in &found.children {
            println!("child: {} {:?}", child.path, child.hint);
        }
    }
    Ok(())
}
