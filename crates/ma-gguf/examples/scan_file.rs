//! Scans one file: `cargo run -p ma-gguf --example scan_file -- model.gguf`
#![allow(clippy::print_stdout)]

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, Depth, FileSource, Match, Probe,
    ScanOptions, Target, scanner::PROBE_HEAD, text::escape,
};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which file?")?;
    let blob = Blob::new(Arc::new(FileSource::new(std::fs::File::open(&path)?)?));
    let head = blob.head(PROBE_HEAD)?;
    let artifact = Artifact::new(ArtifactPath::new(path), blob);
    let start = std::time::Instant::now();
    for scanner in ma_gguf::scanners() {
        if scanner.probe(&Probe::new(&artifact, &head, None)) == Match::No {
            continue;
        }
        let (budget, mut found) = (Budget::default(), Collector::default());
        let options = ScanOptions::with_depth(Depth::Structure);
        let mut cx = Cx::new(&artifact, &budget, options, &mut found);
        let coverage = scanner.scan(Target::Bytes(&artifact), &mut cx)?;
        let (spent, read) = (start.elapsed(), budget.bytes_read());
        if let Some(view) = scanner.inspect(Target::Bytes(&artifact), &mut cx)? {
            for (name, value) in view.facts {
                println!("{name}: {}", escape(&value));
            }
            for section in view.sections {
                println!("{}:", section.title);
                for line in section.lines {
                    println!("  {}", escape(&line.text));
                }
            }
        }
        for issue in &found.issues {
            println!("{} {}: {}", issue.severity, issue.rule.name, issue.message);
        }
        for gap in &found.gaps {
            println!("not looked at: {}", gap.detail);
        }
        println!(
            "{coverage:?}, {} children, {read} bytes read in {spent:?}",
            found.children.len()
        );
    }
    Ok(())
}
