//! Broken files: nothing panics, nothing runs away.

use ma_testkit::golden::folder;
use ma_testkit::malformed::fuzz;

/// The golden files, and what was written by the real libraries.
fn seeds() -> Vec<Vec<u8>> {
    let golden = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let mut todo = vec![golden.clone(), golden.join("../../benign/onnx")];
    let mut files = Vec::new();
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
            todo.extend(entries.map(|e| e.path()));
        } else if path.extension().is_some_and(|e| e != "json") {
            files.push(path);
        }
    }
    files.sort();
    let read = files.iter().filter_map(|path| std::fs::read(path).ok());
    read.filter(|bytes| bytes.len() < 20_000).collect()
}

#[test]
fn fuzz_parse() {
    let seeds: Vec<Vec<u8>> = seeds().into_iter().step_by(5).collect();
    fuzz(&seeds, ma_onnx::fuzz::parse);
}

#[test]
fn fuzz_scan() {
    let seeds: Vec<Vec<u8>> = seeds().into_iter().skip(2).step_by(5).collect();
    fuzz(&seeds, ma_onnx::fuzz::scan);
}
