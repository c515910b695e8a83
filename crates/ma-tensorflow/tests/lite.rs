//! LiteRT models, checkpoints and TensorFlow.js models: every rule has a file that fires it and a twin
//! that does not; files cut anywhere never read as clean.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::too_many_lines
)]

#[path = "lite/cases.rs"]
mod cases;
#[path = "lite/flat.rs"]
mod flat;
#[path = "lite/models.rs"]
mod models;
#[path = "lite/table.rs"]
mod table;

use ma_core::{Artifact, Collector, EntryId, Home, Rule, Scanner};
use ma_tensorflow::{checkpoint, tfjs, tflite};
use ma_testkit::golden::folder;
use ma_testkit::{Scan, check_rules, run, torch};

fn scanners() -> Vec<Box<dyn Scanner>> {
    vec![
        Box::new(tflite::TfLite),
        Box::new(checkpoint::CheckpointIndex),
        Box::new(checkpoint::CheckpointData),
        Box::new(checkpoint::CheckpointState),
        Box::new(tfjs::TfJs),
        Box::new(tfjs::TfJsShard),
    ]
}

struct Lite;

impl Scan for Lite {
    fn rules(&self) -> Vec<&'static Rule> {
        [
            tflite::rules::RULES,
            checkpoint::rules::RULES,
            tfjs::rules::RULES,
        ]
        .concat()
    }

    /// A zip stands for a folder: each file is scanned with the others beside it.
    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        if !name.ends_with(".zip") {
            return torch::scan_all(&scanners(), name, bytes);
        }
        let container = torch::members(bytes).unwrap();
        let folder = run::artifact(name, bytes);
        let mut all = Collector::default();
        for (i, entry) in container.entries().iter().enumerate() {
            let stored = entry.stored_at.clone().unwrap();
            let part = folder.blob.slice(stored.clone()).unwrap();
            let artifact = Artifact {
                blob: part,
                path: folder.path.join(entry.name.as_str()),
                hint: None,
                home: Some(Home {
                    container: container.clone(),
                    entry: EntryId(i),
                }),
                depth: 1,
            };
            let (from, to) = (stored.start as usize, stored.end as usize);
            let found = torch::scan_artifact(&scanners(), &artifact, &bytes[from..to]);
            all.issues.extend(found.issues);
            all.gaps.extend(found.gaps);
            all.children.extend(found.children);
            all.regions.extend(found.regions);
        }
        all
    }
}

#[test]
fn golden_files() {
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let names: Vec<&str> = Lite.rules().iter().map(|r| r.name).collect();
    check_rules(&Lite, &root, |rule| names.contains(&rule));
}

/// Writes the files; run by hand after a change of the builders:
/// `cargo test -p ma-tensorflow --test lite -- --ignored`
#[test]
#[ignore = "writes into testdata"]
fn write_golden_files() {
    let files = models::tflite_structure()
        .into_iter()
        .chain(models::tflite_content())
        .chain(cases::checkpoints())
        .chain(cases::tfjs_models());
    let root = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    for (rule, name, bytes) in files {
        std::fs::create_dir_all(root.join(rule)).unwrap();
        std::fs::write(root.join(rule).join(name), bytes).unwrap();
    }
}

/// Whether anything was said about a file: an issue, or a gap.
fn told(name: &str, bytes: &[u8]) -> bool {
    let found = Lite.run(name, bytes);
    !found.issues.is_empty() || !found.gaps.is_empty()
}

#[test]
fn a_model_cut_anywhere_is_not_clean() {
    let whole = flat::Model::new().build();
    // The zeros at the end are alignment.
    let end = whole.iter().rposition(|b| *b != 0).unwrap() + 1;
    assert!(!told("x.tflite", &whole));
    for n in 8..end {
        assert!(told("x.tflite", &whole[..n]), "cut at {n}");
    }
}

#[test]
fn an_index_cut_anywhere_is_not_clean() {
    let whole = table::index(&[table::Tensor::f32("a", 2, 0)]);
    assert!(!told("m.index", &whole));
    for n in 2..whole.len() {
        assert!(told("m.index", &whole[..n]), "cut at {n}");
    }
}

#[test]
fn a_cut_model_json_is_not_clean() {
    let (_, _, whole) = cases::tfjs_models().swap_remove(2);
    assert!(!told("model.json", &whole));
    let key = b"modelTopology\":";
    let from = whole.windows(key.len()).position(|w| w == key).unwrap();
    for n in from + key.len()..whole.len() {
        assert!(told("model.json", &whole[..n]), "cut at {n}");
    }
}

#[test]
fn a_graph_in_a_constant_is_handed_out() {
    use ma_testkit::proto::Message;
    let node = Message::new()
        .text(1, "w")
        .text(2, "WriteFile")
        .text(3, "name");
    let graph = String::from_utf8(Message::new().message(1, &node).build()).unwrap();
    let model = models::flex("DatasetFromGraph", "DatasetFromGraph", &[&graph]);
    let found = Lite.run("x.tflite", &model);
    let kinds: Vec<_> = found.children.iter().filter_map(|c| c.hint).collect();
    assert_eq!(kinds, [ma_core::Kind::new("tensorflow-graph")]);
    assert_eq!(found.issues[0].severity, ma_core::Severity::Critical);
}
