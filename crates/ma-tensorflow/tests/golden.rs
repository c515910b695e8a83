//! Graphs: every rule has a file that fires it and a twin that does not. Files with operators that take
//! something are made by TensorFlow itself (`tests/make/make_attacks.py`); those about the structure are
//! built here, since TensorFlow would not write them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

#[path = "graphs/cases.rs"]
mod cases;

use ma_core::{Collector, Rule};
use ma_tensorflow::savedmodel::TensorFlowGraph;
use ma_testkit::golden::folder;
use ma_testkit::malformed::cuts;
use ma_testkit::{Scan, check_rules, run};

struct Graphs;

impl Scan for Graphs {
    fn rules(&self) -> Vec<&'static Rule> {
        ma_tensorflow::rules::RULES.to_vec()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        run::scan(&TensorFlowGraph, name, bytes)
    }
}

#[test]
fn golden_files() {
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    check_rules(&Graphs, &root, |rule| rule.starts_with("tensorflow-"));
}

/// A graph that is cut anywhere but between two of its messages is never complete.
#[test]
fn cut_files_are_not_clean() {
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let file = root.join("tensorflow-file-write/fires-write-file.pb");
    let whole = std::fs::read(file).unwrap();
    let mut clean = 0;
    for cut in cuts(&whole) {
        let artifact = run::artifact("x.pb", &cut);
        if run::probe(&TensorFlowGraph, &artifact) != ma_core::Match::Strong {
            continue;
        }
        let found = run::scan_artifact(&TensorFlowGraph, &artifact);
        if found.issues.is_empty() && found.gaps.is_empty() {
            clean += 1;
        }
    }
    assert!(clean <= 8, "{clean} cuts read as clean");
}

/// Writes the files that are built here; run by hand after a change of the builders:
/// `cargo test -p ma-tensorflow --test golden -- --ignored`
#[test]
#[ignore = "writes into testdata"]
fn write_golden_files() {
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    for (rule, name, bytes) in cases::all() {
        std::fs::create_dir_all(root.join(rule)).unwrap();
        std::fs::write(root.join(rule).join(name), bytes).unwrap();
    }
}
