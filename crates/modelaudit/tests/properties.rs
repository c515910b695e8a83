//! What must hold for every file: the same findings wrapped or bare, from memory or from a file, on
//! one thread or on several.
#![allow(clippy::expect_used)]

use std::path::{Path, PathBuf};

use ma_core::{Report, Severity};
use ma_engine::{Engine, EngineConfig, Quiet};
use ma_testkit::manifest::{self, Expected};
use ma_testkit::zip::{Member, Zip};

/// A spread of the corpus: wrapping each of a thousand files three times would take too long.
fn sample(step: usize) -> Vec<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/corpus/manifest.tsv");
    let cases = manifest::read(&manifest).expect("the manifest can be read");
    let pickles = cases.into_iter().filter(|c| {
        c.expected == Expected::Critical && c.path.extension().is_some_and(|e| e == "pkl")
    });
    pickles.map(|c| c.path).step_by(step).collect()
}

/// Rule, severity and message of what is above Info: what wrapping must not change. Infos may be
/// added by the wrapping itself.
fn findings(report: &Report) -> Vec<(&'static str, Severity, String)> {
    let above = report.issues.iter().filter(|i| i.severity > Severity::Info);
    let mut all: Vec<_> = above
        .map(|i| (i.rule.name, i.severity, i.message.clone()))
        .collect();
    all.sort();
    all
}

#[test]
fn a_zip_around_a_file_changes_nothing_but_the_path() {
    for path in sample(7) {
        let bytes = std::fs::read(&path).expect("a corpus file can be read");
        let name = path
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or_default()
            .to_owned();
        let bare = modelaudit::scan_bytes(&name, bytes.clone());
        let zipped = Zip::of([Member::stored(&name, &bytes)]).bytes();
        let wrapped = modelaudit::scan_bytes("outer.zip", zipped.clone());
        assert_eq!(findings(&bare), findings(&wrapped), "{}", path.display());
        let twice = Zip::of([Member::stored("inner.zip", &zipped)]).bytes();
        let wrapped = modelaudit::scan_bytes("outer.zip", twice);
        assert_eq!(findings(&bare), findings(&wrapped), "{}", path.display());
    }
}

#[test]
fn memory_and_file_give_the_same_report() {
    for path in sample(11) {
        let shown = path.display().to_string();
        let bytes = std::fs::read(&path).expect("a corpus file can be read");
        let from_file = modelaudit::scan([&shown]);
        let from_memory = modelaudit::scan_bytes(&shown, bytes);
        assert_eq!(from_file.issues, from_memory.issues, "{shown}");
        assert_eq!(from_file.gaps, from_memory.gaps, "{shown}");
    }
}

#[test]
fn threads_do_not_change_the_report() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/corpus/evil/opcode");
    let with = |threads| {
        let options = ma_sources::ResolveOptions::default();
        let root = ma_sources::resolve(corpus.display().to_string(), &options);
        let config = EngineConfig {
            threads: Some(threads),
            ..EngineConfig::default()
        };
        Engine::new(modelaudit::registry(), config).scan(vec![root], &Quiet)
    };
    let one = with(1);
    assert!(one.issues.len() > 20);
    assert_eq!(one, with(3));
}
