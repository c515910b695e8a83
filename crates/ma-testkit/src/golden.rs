//! Golden files: for each rule a file that fires and a twin that stays silent, with the full result
//! beside it.
//!
//! ```text
//! testdata/golden/<crate>/<rule-name>/fires-popen.pkl
//!                                     fires-popen.pkl.json      the full result
//!                                     silent-ordereddict.pkl
//!                                     silent-ordereddict.pkl.json
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ma_core::{Collector, Issue, Opener, Rule, Scanner};
use serde_json::{Value, json};

use crate::run;

/// Something that golden files can be put through.
pub trait Scan {
    /// The rules that it can report.
    fn rules(&self) -> Vec<&'static Rule>;
    /// Scans the bytes of one file.
    fn run(&self, name: &str, bytes: &[u8]) -> Collector;
}

/// Golden runs of a scanner.
pub struct Scanning<'a>(pub &'a dyn Scanner);

impl Scan for Scanning<'_> {
    fn rules(&self) -> Vec<&'static Rule> {
        self.0.info().rules.to_vec()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        run::scan(self.0, name, bytes)
    }
}

/// Golden runs of the openers of one crate: every opener that recognises the file opens it, and all
/// its entries.
pub struct Opening<'a>(pub &'a [Box<dyn Opener>], pub &'static [&'static Rule]);

impl Scan for Opening<'_> {
    fn rules(&self) -> Vec<&'static Rule> {
        self.1.to_vec()
    }

    fn run(&self, name: &str, bytes: &[u8]) -> Collector {
        let mut all = Collector::default();
        let artifact = run::artifact(name, bytes);
        let head = artifact
            .blob
            .head(ma_core::scanner::PROBE_HEAD)
            .unwrap_or_default();
        for opener in self.0 {
            let probe = ma_core::Probe::new(&artifact, &head, None);
            if opener.probe(&probe) != ma_core::Match::No {
                let found = run::open(opener.as_ref(), name, bytes).found;
                all.issues.extend(found.issues);
                all.gaps.extend(found.gaps);
                all.children.extend(found.children);
            }
        }
        all
    }
}

/// The folder of a crate's golden files, found from the crate's own folder.
#[must_use]
pub fn folder(manifest_dir: &str, crate_name: &str) -> PathBuf {
    Path::new(manifest_dir)
        .join("../../testdata/golden")
        .join(crate_name)
}

/// Checks all golden files of one crate.
///
/// # Panics
/// When a file behaves otherwise than its name and its `.json` say, or a rule has no firing or no
/// silent case.
pub fn check_folder(scan: &dyn Scan, folder: &Path) {
    check_rules(scan, folder, |_| true);
}

/// As [`check_folder`], for the folders of some rules only: a crate with several formats can keep a
/// test for each, whose [`Scan::rules`] are those of that format.
///
/// # Panics
/// As [`check_folder`].
pub fn check_rules(scan: &dyn Scan, folder: &Path, only: impl Fn(&str) -> bool) {
    let mut fired = BTreeSet::new();
    let mut silent = BTreeSet::new();
    let mut failures = Vec::new();
    for rule_folder in sorted(folder) {
        let rule = rule_folder
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or_default()
            .to_owned();
        if !only(&rule) {
            continue;
        }
        for file in sorted(&rule_folder) {
            let name = file
                .file_name()
                .and_then(|n| n.to_str())
                .unwrap_or_default()
                .to_owned();
            if is_result(&file) {
                continue;
            }
            let bytes = fs::read(&file).expect("a golden file can be read");
            let found = scan.run(&name, &bytes);
            let raised = found.issues.iter().any(|i| i.rule.name == rule);
            match (name.starts_with("fires-"), raised) {
                (true, true) => drop(fired.insert(rule.clone())),
                (false, false) => drop(silent.insert(rule.clone())),
                (true, false) => failures.push(format!("{}: does not fire", file.display())),
                (false, true) => failures.push(format!("{}: is not silent", file.display())),
            }
            if let Some(failure) = compare(&file, &to_json(&found)) {
                failures.push(failure);
            }
        }
    }
    for rule in scan.rules() {
        if !fired.contains(rule.name) {
            failures.push(format!("{}: no golden file fires it", rule.name));
        }
        if !silent.contains(rule.name) {
            failures.push(format!("{}: no silent twin", rule.name));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Whether a file is the result of another one, and not a case that is JSON itself.
fn is_result(file: &Path) -> bool {
    file.extension().is_some_and(|e| e == "json") && file.with_extension("").is_file()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|e| e.ok().map(|e| e.path()))
        .collect();
    paths.sort();
    paths
}

fn compare(file: &Path, actual: &Value) -> Option<String> {
    let expected_path = PathBuf::from(format!("{}.json", file.display()));
    let mut actual = serde_json::to_string_pretty(actual).unwrap_or_default();
    actual.push('\n');
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&expected_path, &actual).expect("a golden result can be written");
        return None;
    }
    let expected = fs::read_to_string(&expected_path).unwrap_or_default();
    (expected != actual).then(|| {
        format!(
            "{}: the result changed (UPDATE_GOLDEN=1 accepts it)\n--- expected\n{expected}--- actual\n{actual}",
            file.display()
        )
    })
}

/// The full result as JSON.
#[must_use]
pub fn to_json(found: &Collector) -> Value {
    let gaps: Vec<Value> = found
        .gaps
        .iter()
        .map(|g| json!({"reason": g.reason, "detail": g.detail, "where": g.artifact.to_string()}))
        .collect();
    let children: Vec<Value> = found
        .children
        .iter()
        .map(|c| json!({"path": c.path.to_string(), "kind": c.hint, "bytes": c.blob.len()}))
        .collect();
    json!({
        "issues": found.issues.iter().map(issue_json).collect::<Vec<_>>(),
        "gaps": gaps,
        "children": children,
    })
}

fn issue_json(issue: &Issue) -> Value {
    json!({
        "rule": issue.rule.name,
        "severity": issue.severity,
        "location": issue.location.to_string(),
        "range": issue.location.range.as_ref().map(|r| [r.start, r.end]),
        "route": issue.location.route,
        "message": issue.message,
        "why": issue.why,
        "subject": issue.subject,
        "evidence": issue.evidence,
    })
}

/// A test over all golden files of a crate's scanner: `golden!(ma_pickle::Pickle);`
#[macro_export]
macro_rules! golden {
    ($scanner:expr) => {
        #[test]
        fn golden_files() {
            let folder = $crate::golden::folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
            $crate::check_folder(&$crate::golden::Scanning(&$scanner), &folder);
        }
    };
}

/// A test over all golden files of a crate's openers:
/// `golden_opener!(ma_archive::openers(), ma_archive::RULES);`
#[macro_export]
macro_rules! golden_opener {
    ($openers:expr, $rules:expr) => {
        #[test]
        fn golden_files() {
            let folder = $crate::golden::folder(env!("CARGO_MANIFEST_DIR"), env!("CARGO_PKG_NAME"));
            let openers = $openers;
            $crate::check_folder(&$crate::golden::Opening(&openers, $rules), &folder);
        }
    };
}
