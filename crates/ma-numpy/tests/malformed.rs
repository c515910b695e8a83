//! Broken files: nothing panics, nothing runs away, and what fired on the whole file is not silently
//! lost when only its end is cut.

use std::time::{Duration, Instant};

use ma_testkit::golden::folder;
use ma_testkit::malformed::{mutants, torture};
use ma_testkit::torch;

fn seeds() -> Vec<Vec<u8>> {
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let mut files = Vec::new();
    for rule in std::fs::read_dir(root).into_iter().flatten().flatten() {
        for file in std::fs::read_dir(rule.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = file.file_name().to_string_lossy().into_owned();
            if !name.ends_with(".json") {
                files.push((name, std::fs::read(file.path()).unwrap_or_default()));
            }
        }
    }
    files.sort();
    files.into_iter().map(|(_, bytes)| bytes).collect()
}

/// One input of the fuzzer.
fn body(bytes: &[u8]) {
    let found = torch::scan_all(&ma_numpy::scanners(), "x.npy", bytes);
    assert!(found.issues.len() < 10_000);
}

#[test]
fn broken_files_are_read_to_an_end() {
    let seeds: Vec<Vec<u8>> = seeds().into_iter().step_by(7).collect();
    torture(&seeds, 50, body);
}

/// `FUZZ_SECONDS=300 cargo test -p ma-numpy --test malformed -- --ignored`
#[test]
#[ignore = "runs as long as it is told to"]
fn fuzz() {
    let seconds = std::env::var("FUZZ_SECONDS")
        .ok()
        .and_then(|s| s.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(10));
    let seeds = seeds();
    let mut round = 0;
    while Instant::now() < end {
        round += 1;
        for (seed, other) in seeds.iter().zip(seeds.iter().rev()) {
            for bad in mutants(seed, other, round, 20) {
                body(&bad);
            }
        }
    }
}
