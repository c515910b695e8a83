//! Prints what the bytecode in `.pyc` or marshal files imports and calls: `summarise_pyc FILE…`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use ma_python::marshal::{MarshalLimits, judge, parse, parse_version, pyc_header, summarise};

fn main() {
    for path in std::env::args().skip(1) {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{path}: {error}");
                continue;
            }
        };
        let limits = MarshalLimits::default();
        let header = pyc_header(&bytes);
        let body = bytes
            .get(header.map_or(0, |header| header.len)..)
            .unwrap_or_default();
        let parsed = match header {
            Some(header) => parse_version(body, header.version, &limits),
            None => parse(body, &limits),
        };
        let summary = summarise(&parsed, header.map(|header| header.version));
        println!(
            "{path}: clean {} followed {} version {:?}",
            parsed.is_clean(),
            summary.followed,
            summary.version
        );
        for anomaly in &parsed.anomalies {
            println!("  {} at {}", anomaly.kind.title(), anomaly.offset);
        }
        for finding in judge(&summary) {
            println!(
                "  {:?}: {} ({})",
                finding.reason,
                finding.shown,
                finding.act.title()
            );
        }
    }
}
