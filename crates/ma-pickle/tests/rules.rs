//! Each rule fires where it should and stays silent where it should; nothing else is said of the
//! silent files that matters.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in tests a panic is the point"
)]

mod cases;

use ma_core::Severity;

/// Writes the golden files when they are to be updated.
fn keep(case: &cases::Case, folder: &std::path::Path) {
    let kind = if case.fires { "fires" } else { "silent" };
    let folder = folder.join(case.rule);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join(format!("{kind}-{}.pkl", case.name)),
        &case.bytes,
    )
    .unwrap();
}

#[test]
fn every_rule_fires_and_stays_silent() {
    let folder = ma_testkit::golden::folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
    let mut failures = Vec::new();
    for case in cases::all() {
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            keep(&case, &folder);
        }
        let found = ma_pickle::scan_bytes("case.pkl", &case.bytes);
        let fired = found.issues.iter().any(|i| i.rule.name == case.rule);
        let worst = found.issues.iter().map(|i| i.severity).max();
        if fired != case.fires || (!case.fires && worst >= Some(Severity::Warning)) {
            let said: Vec<_> = found
                .issues
                .iter()
                .map(|i| (i.rule.name, &i.message))
                .collect();
            failures.push(format!(
                "{} {} fires={}: {said:?}",
                case.rule, case.name, case.fires
            ));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
