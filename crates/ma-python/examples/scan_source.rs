//! Prints what Python sources do that matters: `scan_source FILE-OR-DIRECTORY…`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::{Path, PathBuf};

use ma_python::source::{SourceLimits, analyse, judge};

fn main() {
    let mut list: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let (mut files, mut bytes) = (0u64, 0usize);
    while let Some(path) = list.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
            list.extend(entries.map(|entry| entry.path()));
        } else if path.extension().is_some_and(|extension| extension == "py") {
            files = files.saturating_add(1);
            bytes = bytes.saturating_add(scan(&path));
        }
    }
    println!("{files} files, {bytes} bytes");
}

fn scan(path: &Path) -> usize {
    let Ok(bytes) = std::fs::read(path) else {
        return 0;
    };
    let analysis = analyse(&bytes, &SourceLimits::default());
    for unparsed in &analysis.unparsed {
        println!(
            "{}:{}: UNPARSED {} {}",
            path.display(),
            unparsed.line,
            unparsed.reason.title(),
            unparsed.message
        );
    }
    for finding in judge(&analysis) {
        println!(
            "{}:{}: {:?} {:?} {} {}",
            path.display(),
            finding.line,
            finding.severity,
            finding.reason,
            finding.shown,
            finding.what
        );
    }
    bytes.len()
}
