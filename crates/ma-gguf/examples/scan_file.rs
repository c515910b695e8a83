//! Scans one GGUF file: `cargo run -p ma-gguf --example scan_file -- model.gguf`
#![allow(clippy::print_stdout)]

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, FileSource, ScanOptions, Scanner, Target,
};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which file?")?;
    let blob = Blob::new(Arc::new(FileSource::new(std::fs::File::open(&path)?)?));
    let artifact = Artifact::new(ArtifactPath::new(path), blob);
    let (budget, mut found) = (Budget::default(), Collector::default());
    let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
    let coverage = ma_gguf::Gguf.scan(Target::Bytes(&artifact), &mut cx)?;
    if let Some(view) = ma_gguf::Gguf.inspect(Target::Bytes(&artifact), &mut cx)? {
        for (name, value) in view.facts {
            println!("{name}: {}", ma_core::text::escape(&value));
        }
    }
    for issue in &found.issues {
        println!("{} {}: {}", issue.severity, issue.rule.name, issue.message);
    }
    for gap in &found.gaps {
        println!("not looked at: {}", gap.detail);
    }
    println!("{coverage:?}, {} children", found.children.len());
    Ok(())
}
