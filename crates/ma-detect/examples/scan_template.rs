//! Scans each template named on the command line.
#![allow(clippy::print_stdout)]

use std::{env, fs};

use ma_core::{Artifact, ArtifactPath, Blob, Budget, Collector, Cx, ScanOptions, Scanner, Target};
use ma_detect::jinja::Template;

fn main() -> std::io::Result<()> {
    for path in env::args().skip(1) {
        let blob = Blob::from_vec(fs::read(&path)?);
        let artifact = Artifact::new(ArtifactPath::new(path.as_str()), blob);
        let (budget, mut found) = (Budget::default(), Collector::default());
        let mut cx = Cx::new(&artifact, &budget, ScanOptions::default(), &mut found);
        if let Err(e) = Template.scan(Target::Bytes(&artifact), &mut cx) {
            println!("{path}: {e}");
        }
        for issue in &found.issues {
            println!(
                "{path}: {} {}: {}",
                issue.severity, issue.rule.name, issue.message
            );
            for evidence in &issue.evidence {
                println!(
                    "    {}: {}",
                    evidence.label,
                    ma_core::text::escape(&evidence.text)
                );
            }
        }
        for gap in &found.gaps {
            println!("{path}: gap: {}", gap.detail);
        }
    }
    Ok(())
}
