//! Scans the files that are named on the command line with the scanners of this crate.
//! With `--inspect` it shows what they hold.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::sync::Arc;

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, FileSource, Match, Probe, ScanOptions,
    Target,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut inspect = false;
    for name in std::env::args().skip(1) {
        if name == "--inspect" {
            inspect = true;
            continue;
        }
        let file = std::fs::File::open(&name)?;
        let blob = Blob::new(Arc::new(FileSource::new(file)?));
        let artifact = Artifact::new(ArtifactPath::new(name.clone()), blob);
        let head = artifact.blob.head(8192)?;
        for scanner in ma_tensorflow::scanners() {
            if scanner.probe(&Probe::new(&artifact, &head, None)) != Match::Strong {
                continue;
            }
            let budget = Budget::default();
            let mut found = Collector::default();
            let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
            let target = Target::Bytes(&artifact);
            if inspect {
                if let Some(view) = scanner.inspect(target, &mut cx)? {
                    println!("{}", serde_json::to_string_pretty(&view)?);
                }
                continue;
            }
            let coverage = scanner.scan(target, &mut cx)?;
            println!("{name}: {} {coverage:?}", scanner.info().id);
            for issue in &found.issues {
                let route = &issue.location.route;
                println!(
                    "  {} {} [{route}] {}",
                    issue.severity, issue.rule.name, issue.message
                );
                for evidence in &issue.evidence {
                    println!("      {}: {}", evidence.label, evidence.text);
                }
            }
            for gap in &found.gaps {
                println!("  gap {}: {}", gap.reason, gap.detail);
            }
            println!(
                "  {} children, {} regions, {} bytes read",
                found.children.len(),
                found.regions.len(),
                budget.bytes_read()
            );
        }
    }
    Ok(())
}
