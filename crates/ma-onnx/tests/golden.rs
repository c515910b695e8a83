//! Every rule has a file that fires it and a twin that does not. The files lie in a directory with some
//! others, which is the same for all of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

mod common;

use std::sync::Arc;

use common::data::{File, external_files, tensor_files};
use common::graphs::{
    flat_files, function_files, more_operator_files, operator_files, structure_files, trigger_files,
};
use ma_core::{Blob, Collector, Container, Cx, Entry, EntryId, EntryKind, Home, Rule, ScanError};
use ma_testkit::golden::folder;
use ma_testkit::{Scan, check_folder, run};

/// What lies beside each file.
struct Beside(Vec<Entry>);

impl Beside {
    fn new(name: &str) -> Self {
        let file = |name: &str, size: u64| Entry {
            size: Some(size),
            ..Entry::file(name)
        };
        let link = |name: &str, kind: EntryKind| Entry {
            kind,
            ..Entry::file(name)
        };
        Self(vec![
            file(&format!("m/{name}"), 100),
            file("m/w.data", 64),
            file("m/short.data", 8),
            file("m/sub/w.data", 64),
            link("m/out.data", EntryKind::Symlink("../../etc/passwd".into())),
            link("m/in.data", EntryKind::Symlink("sub/w.data".into())),
            link("m/hard.data", EntryKind::Hardlink("etc/passwd".into())),
            link("m/outdir", EntryKind::Symlink("/etc".into())),
            Entry {
                hard_links: Some(2),
                ..file("m/names.data", 64)
            },
        ])
    }
}

impl Container for Beside {
    fn entries(&self) -> &[Entry] {
        &self.0
    }

    fn open(&self, _: EntryId, _: &mut Cx<'_>) -> Result<Blob, ScanError> {
        Ok(Blob::from_vec(Vec::new()))
    }
}

struct InDirectory;

impl Scan for InDirectory {
    fn rules(&self) -> Vec<&'static Rule> {
        // No test stores a file of two gigabytes; that rule has a unit test.
        let rules = ma_onnx::RULES.iter().copied();
        rules.filter(|r| r.name != "onnx-too-large").collect()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        let mut artifact = run::artifact(name, bytes);
        artifact.home = Some(Home {
            container: Arc::new(Beside::new(name)),
            entry: EntryId(0),
        });
        run::scan_artifact(&ma_onnx::Onnx, &artifact)
    }
}

#[test]
fn golden_files() {
    check_folder(
        &InDirectory,
        &folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME")),
    );
}

fn files() -> Vec<File> {
    let parts = [
        external_files(),
        tensor_files(),
        operator_files(),
        more_operator_files(),
        function_files(),
        trigger_files(),
        structure_files(),
        flat_files(),
    ];
    parts.concat()
}

/// Writes the files; run by hand after a change of the builders:
/// `cargo test -p ma-onnx --test golden -- --ignored`
#[test]
#[ignore = "writes into testdata"]
fn write_golden_files() {
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    for (rule, name, bytes) in files() {
        std::fs::create_dir_all(root.join(rule)).unwrap();
        std::fs::write(root.join(rule).join(name), bytes).unwrap();
    }
}

#[test]
fn a_file_cut_anywhere_is_not_clean() {
    let cases = files();
    for (rule, name, bytes) in cases.iter().filter(|(_, _, b)| b.len() < 10_000).step_by(9) {
        for n in 1..bytes.len() {
            let artifact = run::artifact("x.onnx", &bytes[..n]);
            let found = run::scan_artifact(&ma_onnx::Onnx, &artifact);
            let budget = ma_core::Budget::default();
            let blob = Blob::from_vec(bytes[..n].to_vec());
            let kind = ma_onnx::parse::recognise::recognise(
                &blob,
                &budget,
                ma_onnx::parse::recognise::Look::Whole,
            )
            .unwrap();
            let foreign = kind == ma_onnx::parse::recognise::Recognised::No;
            // The format has no end of its own: cut between two outermost fields it is a shorter model.
            let complete = found.gaps.is_empty() && found.issues.is_empty();
            let boundary = ma_onnx::parse::parse(&blob, &budget)
                .unwrap()
                .anomalies
                .is_empty();
            assert!(foreign || !complete || boundary, "{rule}/{name} cut at {n}");
        }
    }
}
