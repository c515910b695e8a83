//! Scans the files of a manifest and lists the verdicts that are not the expected ones.
//!
//! A manifest is a table with tabs and a header: `path`, `id`, `family`, `expected`, `what`, with paths
//! relative to its folder. Expected is `critical`, `warning`, `info`, `clean` (nothing above Info and
//! no gap) or `gap`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use modelaudit::core::{Report, Severity};

use crate::Outcome;

/// Scans all files of `manifest`.
pub fn run(manifest: &str) -> Outcome {
    let text = fs::read_to_string(manifest).map_err(|e| format!("{manifest}: {e}"))?;
    let folder = Path::new(manifest).parent().unwrap_or(Path::new("."));
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| header.iter().position(|h| *h == name);
    let path_at = column("path").ok_or("the manifest has no column `path`")?;
    let expected_at = column("expected");
    let family_at = column("family");
    let mut wrong = 0u32;
    let mut families: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for line in lines.filter(|l| !l.is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let get = |at: Option<usize>| at.and_then(|i| fields.get(i)).copied().unwrap_or("");
        let expected = match get(expected_at) {
            "" => "clean",
            expected => expected,
        };
        let path = folder.join(get(Some(path_at)));
        let shown = path.display().to_string();
        let report = modelaudit::scan([&shown]);
        let count = families.entry(get(family_at).to_owned()).or_default();
        count.1 += 1;
        if meets(&report, expected) {
            count.0 += 1;
        } else {
            wrong += 1;
            println!("{shown}: expected {expected}, got {}", describe(&report));
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

/// Whether the report is what the manifest expects. Worse than expected is right for everything but
/// `clean` and `info`: a payload may break a second rule.
fn meets(report: &Report, expected: &str) -> bool {
    let worst = report.worst();
    let gaps = !report.gaps.is_empty();
    match expected {
        "critical" => worst == Some(Severity::Critical),
        "warning" => worst >= Some(Severity::Warning),
        "info" => worst == Some(Severity::Info),
        "gap" => gaps || worst >= Some(Severity::Warning),
        _ => worst <= Some(Severity::Info) && !gaps,
    }
}

fn describe(report: &Report) -> String {
    let mut parts: Vec<String> = Vec::new();
    for issue in report.issues.iter().take(4) {
        parts.push(format!(
            "{} {}: {}",
            issue.severity, issue.rule.name, issue.message
        ));
    }
    for gap in report.gaps.iter().take(3) {
        parts.push(format!("gap {}: {}", gap.reason, gap.detail));
    }
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join("; ")
    }
}
