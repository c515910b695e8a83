//! What the style asks for and no compiler holds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{Outcome, layers, workspace};

/// Lines beyond which a file is split.
const MAX_LINES: usize = 620;

/// Crates that read hostile bytes.
const PARSERS: &[&str] = &[
    "ma-archive",
    "ma-gguf",
    "ma-hdf5",
    "ma-jax",
    "ma-keras",
    "ma-numpy",
    "ma-onnx",
    "ma-pickle",
    "ma-python",
    "ma-pytorch",
    "ma-rdata",
    "ma-safetensors",
    "ma-tensorflow",
    "ma-wire",
];

/// Runs all checks and lists what fails.
pub fn run() -> Outcome {
    let mut wrong = layers::check()?;
    wrong.extend(files());
    wrong.extend(fuzz_bodies());
    wrong.extend(rules());
    wrong.extend(rooms());
    if wrong.is_empty() {
        println!("tidy: nothing to say");
        return Ok(());
    }
    Err(wrong.join("\n"))
}

/// All Rust files of the workspace.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![
        workspace::root().join("crates"),
        workspace::root().join("xtask"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn files() -> Vec<String> {
    let mut wrong = Vec::new();
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let shown = path.strip_prefix(workspace::root()).unwrap_or(&path);
        let shown = shown.display();
        if !text.starts_with("//!") && !text.starts_with("#![doc") {
            wrong.push(format!("{shown}: does not say at its head what it does"));
        }
        let lines = text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!(
                "{shown}: {lines} lines; split it (at most {MAX_LINES})"
            ));
        }
        let unfinished = ["TO", "DO"].concat();
        let later = ["FIX", "ME"].concat();
        if text.contains(&unfinished) || text.contains(&later) {
            wrong.push(format!("{shown}: something is left undone in it"));
        }
    }
    wrong
}

/// Every crate that parses has a fuzz body, and a test that runs it.
fn fuzz_bodies() -> Vec<String> {
    let has = |name: &str, what: &str| {
        let folder = workspace::root().join("crates").join(name);
        let mut inside = sources().into_iter().filter(|p| p.starts_with(&folder));
        inside.any(|p| fs::read_to_string(p).is_ok_and(|text| text.contains(what)))
    };
    let mut wrong = Vec::new();
    for name in PARSERS {
        if !has(name, "pub mod fuzz") {
            wrong.push(format!("{name}: has no `pub mod fuzz`"));
        }
        if !has(name, "fn fuzz_") {
            wrong.push(format!("{name}: no test `fuzz_*` runs its fuzz bodies"));
        }
    }
    wrong
}

/// Rules about files that are too large to be kept; they have unit tests only.
const TOO_LARGE: &[&str] = &["onnx-too-large"];

/// The four headings of a rule's page.
const HEADINGS: [&str; 4] = [
    "What it finds",
    "Why it matters",
    "What it leaves alone",
    "What to do",
];

fn rules() -> Vec<String> {
    let mut wrong = Vec::new();
    let registry = modelaudit::registry();
    let mut keys: BTreeMap<String, &str> = BTreeMap::new();
    let mut all: Vec<_> = registry
        .formats()
        .into_iter()
        .flat_map(|f| f.rules.iter().copied())
        .chain(registry.rules())
        .collect();
    all.sort_by_key(|rule| rule.name);
    all.dedup_by_key(|rule| rule.name);
    for rule in all {
        for key in [rule.code, rule.name] {
            if let Some(other) = keys.insert(key.to_lowercase(), rule.name) {
                wrong.push(format!(
                    "{}: the key {key} belongs to {other} too",
                    rule.name
                ));
            }
        }
        for heading in HEADINGS {
            if rule.section(heading).is_empty() {
                wrong.push(format!("{}: its page has no `## {heading}`", rule.name));
            }
        }
        for case in ["fires-", "silent-"] {
            if !TOO_LARGE.contains(&rule.name) && !has_golden(rule.name, case) {
                wrong.push(format!("{}: no golden file {case}*", rule.name));
            }
        }
    }
    wrong
}

fn has_golden(rule: &str, case: &str) -> bool {
    let golden = workspace::root().join("testdata/golden");
    let crates = fs::read_dir(golden).into_iter().flatten().flatten();
    let mut cases = crates
        .flat_map(|c| fs::read_dir(c.path().join(rule)).into_iter().flatten())
        .flatten();
    cases.any(|file| file.file_name().to_string_lossy().starts_with(case))
}

/// Every library crate has its README and, where it reads files, an example.
fn rooms() -> Vec<String> {
    let mut wrong = Vec::new();
    for name in workspace::crates() {
        let folder = workspace::root().join("crates").join(&name);
        if !folder.join("README.md").exists() {
            wrong.push(format!("{name}: has no README.md"));
        }
        let reads_files = PARSERS.contains(&name.as_str());
        if reads_files && !has_rust_file(&folder.join("examples")) {
            wrong.push(format!("{name}: has no example"));
        }
    }
    wrong
}

fn has_rust_file(folder: &Path) -> bool {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .into_iter()
        .any(|f| f.path().extension().is_some_and(|e| e == "rs"))
}
