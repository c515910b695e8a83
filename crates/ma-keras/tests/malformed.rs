//! Broken files: nothing panics, nothing runs away, and what is cut is not silently clean.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use ma_testkit::golden::folder;
use ma_testkit::malformed::fuzz;

/// The golden files with that extension, and some genuine ones.
fn seeds(extension: &str) -> Vec<Vec<u8>> {
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let benign = root.join("../../benign/keras");
    let mut folders: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .flatten()
        .map(|e| e.path())
        .collect();
    folders.push(benign);
    let mut files = Vec::new();
    for folder in folders {
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            let path = file.path();
            let beside = path.to_string_lossy().into_owned();
            let result = beside
                .strip_suffix(".json")
                .is_some_and(|p| std::path::Path::new(p).exists());
            if name.ends_with(extension) && !result {
                files.push((name, std::fs::read(path).unwrap()));
            }
        }
    }
    files.sort();
    files.into_iter().map(|(_, bytes)| bytes).collect()
}

#[test]
fn fuzz_config() {
    fuzz(&seeds(".json"), |bytes| {
        ma_keras::fuzz::config(bytes);
        assert!(support::scan("x.json", bytes).issues.len() < 10_000);
    });
}

#[test]
fn fuzz_yaml() {
    fuzz(&seeds(".yaml"), |bytes| {
        drop(support::scan("x.yaml", bytes))
    });
}

#[test]
fn fuzz_archive() {
    let seeds: Vec<Vec<u8>> = seeds(".keras").into_iter().step_by(7).collect();
    fuzz(&seeds, |bytes| drop(support::scan("x.keras", bytes)));
}

#[test]
fn fuzz_hdf5() {
    let seeds: Vec<Vec<u8>> = seeds(".h5").into_iter().step_by(4).collect();
    fuzz(&seeds, |bytes| drop(support::scan("x.h5", bytes)));
}

/// A configuration that is cut anywhere says so.
#[test]
fn cut_configurations_are_not_clean() {
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let text = std::fs::read(root.join("keras-safe-mode-switch/silent-relu.json")).unwrap();
    let whole = support::scan("x.json", &text);
    assert!(whole.issues.is_empty() && whole.gaps.is_empty());
    for len in 0..text.len() {
        let artifact = ma_testkit::run::artifact("x.json", &text[..len]);
        let artifact = artifact.with_hint(ma_keras::scanner::CONFIG);
        let found = ma_testkit::run::scan_artifact(&ma_keras::KerasConfig, &artifact);
        assert!(!found.gaps.is_empty(), "cut to {len} bytes");
    }
}
