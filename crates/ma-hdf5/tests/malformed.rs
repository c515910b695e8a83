//! Broken files: nothing panics, nothing runs away, and no cut file reads as a clean one.

use std::path::{Path, PathBuf};

use ma_core::Kind;
use ma_testkit::golden::folder;
use ma_testkit::malformed::{cuts, fuzz};
use ma_testkit::run;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "h5") {
            found.push(path);
        }
    }
}

/// All files below `folder`, smaller than 32 KiB.
fn seeds(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    files(folder, &mut paths);
    paths.sort();
    let bytes = paths.iter().map(|p| std::fs::read(p).unwrap_or_default());
    bytes.filter(|b| b.len() < 32 << 10).collect()
}

fn golden() -> Vec<Vec<u8>> {
    seeds(&folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME")))
}

fn genuine() -> Vec<Vec<u8>> {
    seeds(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/files"))
}

#[test]
fn fuzz_parse() {
    fuzz(&genuine(), ma_hdf5::fuzz::parse);
}

#[test]
fn fuzz_scan() {
    let seeds: Vec<Vec<u8>> = golden().into_iter().step_by(3).collect();
    fuzz(&seeds, ma_hdf5::fuzz::scan);
}

#[test]
fn a_cut_file_is_never_clean() {
    for file in genuine().iter().step_by(3) {
        for cut in cuts(file).filter(|cut| cut.len() > 512) {
            let found = run::scan_as(&ma_hdf5::Hdf5, "x.h5", &cut, Kind::new("hdf5"));
            let block = ma_hdf5::parse::find_superblock(&cut.clone().into(), u64::MAX);
            if matches!(block, Ok(Some(_))) {
                assert!(!found.gaps.is_empty(), "cut at {}", cut.len());
            }
        }
    }
}
