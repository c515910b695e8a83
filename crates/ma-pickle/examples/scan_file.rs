//! Scans files and prints one line for each issue: `scan_file model.pkl other.pkl …`. With
//! `--source` the reconstructed calls are printed, too; with `--worst` one line for each file.
#![allow(clippy::print_stdout, reason = "it is what this program is for")]

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, FileSource, Match, Probe, ScanOptions,
    Scanner, Target, scanner::PROBE_HEAD,
};
use ma_pickle::Pickle;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (source, worst) = (
        args.iter().any(|a| a == "--source"),
        args.iter().any(|a| a == "--worst"),
    );
    for file in args.iter().filter(|a| !a.starts_with("--")) {
        let started = std::time::Instant::now();
        let Ok(opened) = std::fs::File::open(file).and_then(FileSource::new) else {
            println!("{file}: can't be opened");
            continue;
        };
        let artifact = Artifact::new(
            ArtifactPath::new(&**file),
            Blob::new(std::sync::Arc::new(opened)),
        );
        let (kind, found) = scan(&artifact);
        let took = started.elapsed().as_millis();
        if worst {
            let level = found
                .issues
                .iter()
                .map(|i| i.severity)
                .max()
                .map_or("clean", |s| s.name());
            let mut rules: Vec<_> = found
                .issues
                .iter()
                .map(|i| format!("{}:{}", i.rule.code, i.severity))
                .collect();
            rules.dedup();
            println!(
                "{file}\t{kind:?}\t{level}\t{}\t{}\t{took}\t{}",
                found.gaps.len(),
                found.children.len(),
                rules.join(",")
            );
            continue;
        }
        println!("{file}: {kind:?}, {took} ms");
        for issue in &found.issues {
            println!(
                "  {} {} {}: {}",
                issue.severity, issue.rule.name, issue.location, issue.message
            );
            for evidence in issue.evidence.iter().filter(|_| source) {
                println!("      {}: {}", evidence.label, evidence.text);
            }
        }
        for gap in &found.gaps {
            println!("  gap {}: {}", gap.reason, gap.detail);
        }
        for child in &found.children {
            println!(
                "  child {} ({:?}, {} bytes)",
                child.path,
                child.hint,
                child.blob.len()
            );
        }
    }
}

fn scan(artifact: &Artifact) -> (Match, Collector) {
    let mut found = Collector::default();
    let budget = Budget::default();
    let head = artifact.blob.head(PROBE_HEAD).unwrap_or_default();
    let kind = Pickle.probe(&Probe::new(artifact, &head, None));
    if kind != Match::No {
        let mut cx = Cx::new(artifact, &budget, ScanOptions::default(), &mut found);
        if let Err(e) = Pickle.scan(Target::Bytes(artifact), &mut cx) {
            cx.gap(ma_core::GapReason::Unreadable, e.to_string());
        }
    }
    (kind, found)
}
