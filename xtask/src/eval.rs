//! Scans the files of a manifest and lists the verdicts that are not the expected ones.

use std::collections::BTreeMap;
use std::path::Path;

use ma_testkit::manifest::{self, describe};

use crate::Outcome;

/// Scans all files of `manifest`.
pub fn run(path: &str) -> Outcome {
    let cases = manifest::read(Path::new(path)).map_err(|e| format!("{path}: {e}"))?;
    let mut wrong = 0u32;
    let mut families: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for case in cases {
        let shown = case.path.display().to_string();
        let report = modelaudit::scan([&shown]);
        let count = families.entry(case.family).or_default();
        count.1 += 1;
        if case.expected.met_by(&report) {
            count.0 += 1;
        } else {
            wrong += 1;
            println!(
                "{shown}: expected {:?}, got {}",
                case.expected,
                describe(&report)
            );
        }
    }
    for (family, (right, all)) in &families {
        println!("{family}: {right} of {all}");
    }
    if wrong == 0 {
        Ok(())
    } else {
        Err(format!("{wrong} verdicts are not the expected ones"))
    }
}
