//! Broken files: nothing panics, nothing runs away, and what fired on the whole file is not silently
//! lost when only its end is cut.

use ma_testkit::golden::folder;
use ma_testkit::malformed::fuzz;
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
    ma_pytorch::fuzz::bytes(bytes);
    let found = torch::scan_all(&ma_pytorch::scanners(), "x.pt", bytes);
    assert!(found.issues.len() < 10_000);
}

#[test]
fn fuzz_scan() {
    let seeds: Vec<Vec<u8>> = seeds().into_iter().step_by(7).collect();
    fuzz(&seeds, body);
}
