//! Scans ONNX files: `cargo run -p ma-onnx --example scan_file -- model.onnx …`; with `--inspect` in
//! front, shows what they hold, with `--structure`, how much of them is read.
#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::time::Instant;

use ma_core::{
    Artifact, ArtifactPath, Blob, Budget, Collector, Cx, Depth, FileSource, Probe, ScanOptions,
    Scanner, Target, scanner::PROBE_HEAD,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut inspect, mut structure) = (false, false);
    for path in std::env::args().skip(1) {
        match path.as_str() {
            "--inspect" => inspect = true,
            "--structure" => structure = true,
            path => scan(path, inspect, structure)?,
        }
    }
    Ok(())
}

fn scan(path: &str, inspect: bool, structure: bool) -> Result<(), Box<dyn std::error::Error>> {
    let blob = Blob::new(Arc::new(FileSource::new(std::fs::File::open(path)?)?));
    let artifact = Artifact::new(ArtifactPath::new(path), blob);
    let head = artifact.blob.head(PROBE_HEAD)?;
    let matched = ma_onnx::Onnx.probe(&Probe::new(&artifact, &head, None));
    let (budget, mut found) = (Budget::default(), Collector::default());
    let options = ScanOptions::with_depth(Depth::Structure);
    let mut cx = Cx::new(&artifact, &budget, options, &mut found);
    let start = Instant::now();
    let coverage = ma_onnx::Onnx.scan(Target::Bytes(&artifact), &mut cx)?;
    let time = start.elapsed();
    if inspect && let Some(view) = ma_onnx::Onnx.inspect(Target::Bytes(&artifact), &mut cx)? {
        for (name, value) in view.facts {
            println!("{name}: {}", ma_core::text::escape(&value));
        }
        for section in view.sections {
            println!("{}", section.title);
            for line in section.lines.iter().take(20) {
                println!("  {}", ma_core::text::escape(&line.text));
            }
        }
    }
    for issue in &found.issues {
        println!(
            "{path}: {} {}: {} [{}]",
            issue.severity, issue.rule.name, issue.message, issue.location.route
        );
    }
    for gap in &found.gaps {
        println!("{path}: not looked at: {}", gap.detail);
    }
    println!("{path}: {matched:?} {coverage:?}");
    if structure {
        let (read, len) = (budget.bytes_read(), artifact.blob.len());
        let regions = found.regions.len();
        println!("{path}: {read} of {len} bytes read in {time:?}, {regions} regions");
    }
    Ok(())
}
