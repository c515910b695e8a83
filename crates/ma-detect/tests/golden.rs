//! The golden files of this crate's rules.

use std::fs;

use ma_core::{Collector, Rule};
use ma_testkit::{Scan, golden::folder, run};

#[path = "golden/jinja.rs"]
mod jinja;

/// Both scanners of the crate, as the engine would run them.
struct Both;

impl Scan for Both {
    fn rules(&self) -> Vec<&'static Rule> {
        let scanners = ma_detect::scanners();
        scanners
            .iter()
            .flat_map(|s| s.info().rules.iter().copied())
            .collect()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        let artifact = jinja::artifact(name, bytes);
        let mut all = Collector::default();
        for scanner in ma_detect::scanners() {
            if run::probe(scanner.as_ref(), &artifact) != ma_core::Match::No {
                let found = run::scan_artifact(scanner.as_ref(), &artifact);
                all.issues.extend(found.issues);
                all.gaps.extend(found.gaps);
                all.children.extend(found.children);
            }
        }
        all
    }
}

#[test]
fn golden_files() {
    let folder = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let names: Vec<&str> = Both.rules().iter().map(|r| r.name).collect();
    ma_testkit::check_rules(&Both, &folder, |rule| names.contains(&rule));
}

#[test]
fn text_that_turns_into_something_else_is_followed() {
    let mut bytes = b"notes\n".repeat(1000);
    bytes.extend(b"\x80\x04}.");
    let found = run::scan(&ma_detect::text::PlainText, "notes.txt", &bytes);
    assert_eq!(found.children.len(), 1);
    assert_eq!(found.children[0].blob.len(), 4);
}

#[test]
fn fuzz_detectors() {
    let folder = folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let mut seeds = vec![b"{\"a\": \"gASVCAAAAAAAAACMBHBvc2l4lC4=\"}".to_vec()];
    for rule in fs::read_dir(folder).into_iter().flatten().flatten() {
        // Templates have fuzz tests of their own, and a lot of seeds.
        if rule.file_name().to_string_lossy().starts_with("jinja-") {
            continue;
        }
        for file in fs::read_dir(rule.path()).into_iter().flatten().flatten() {
            seeds.extend(fs::read(file.path()));
        }
    }
    ma_testkit::malformed::fuzz(&seeds, ma_detect::fuzz::scan);
}
