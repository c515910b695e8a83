//! Lists what an archive holds and what is odd about it: `cargo run --example list_archive -- FILE…`

#![allow(clippy::print_stdout)]

use std::fs::File;
use std::io;
use std::sync::Arc;

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, EntryId, FileSource, Match, Opener, Probe,
    ScanError, ScanOptions, scanner::PROBE_HEAD, text,
};

fn main() -> io::Result<()> {
    for path in std::env::args().skip(1) {
        let blob = Blob::new(Arc::new(FileSource::new(File::open(&path)?)?));
        let artifact = Artifact::new(ArtifactPath::new(path), blob);
        println!("{}", artifact.path);
        let head = artifact.blob.head(PROBE_HEAD)?;
        for opener in ma_archive::openers() {
            if opener.probe(&Probe::new(&artifact, &head, None)) == Match::No {
                continue;
            }
            if let Err(e) = list(opener.as_ref(), &artifact) {
                println!("  {}: {e}", opener.info().id);
            }
        }
    }
    Ok(())
}

fn list(opener: &dyn Opener, artifact: &Artifact) -> Result<(), ScanError> {
    let budget = Budget::default();
    let mut found = Collector::default();
    let mut cx = Cx::new(artifact, &budget, ScanOptions::default(), &mut found);
    let container = opener.open(artifact, &mut cx)?;
    println!(
        "  {}: {} entries",
        opener.info().id,
        container.entries().len()
    );
    for (i, entry) in container.entries().iter().enumerate() {
        let name = text::escape(&entry.name).into_owned();
        if !entry.is_file() {
            println!("    {name}  {:?}", entry.kind);
            continue;
        }
        match container.open(EntryId(i), &mut cx) {
            Ok(blob) => println!("    {name}  {} bytes", blob.len()),
            Err(e) => println!("    {name}  {e}"),
        }
    }
    for issue in &found.issues {
        println!(
            "  {} {}: {}",
            issue.severity, issue.rule.name, issue.message
        );
    }
    for gap in &found.gaps {
        println!("  gap ({}): {}", gap.reason, gap.detail);
    }
    for child in &found.children {
        println!("  part: {} ({} bytes)", child.path, child.blob.len());
    }
    Ok(())
}
