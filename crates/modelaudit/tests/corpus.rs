//! Evasions, their innocent twins, and genuine files of the frameworks, end to end.
#![allow(clippy::expect_used)]

use std::path::Path;

use ma_testkit::manifest::{self, describe};

fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata")
        .join(name);
    let cases = manifest::read(&path).expect("the manifest can be read");
    assert!(cases.len() > 50, "{name} lists only {} files", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let shown = case.path.display().to_string();
        assert!(
            case.path.exists(),
            "{shown} is in the manifest and not there"
        );
        let report = modelaudit::scan([&shown]);
        if !case.expected.met_by(&report) {
            let said = describe(&report);
            wrong.push(format!(
                "{shown} ({}): expected {:?}, got {said}",
                case.what, case.expected
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn evasions_and_twins() {
    check("corpus/manifest.tsv");
}

#[test]
fn genuine_files_are_silent() {
    check("benign/manifest.tsv");
}
