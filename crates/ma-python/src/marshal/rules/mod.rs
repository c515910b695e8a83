//! The rules about marshalled data and bytecode, one file each, and the list of them.

pub mod carries_code;
pub mod dangerous_code;
pub mod malformed;

use ma_core::{Issue, Rule};

use super::judge::Finding;
use super::{CodeSummary, Parsed};

/// All rules about marshalled data.
pub static RULES: &[&Rule] = &[
    &dangerous_code::DANGEROUS_CODE,
    &carries_code::CARRIES_CODE,
    &malformed::MALFORMED,
];

/// A marshalled stream as the rules see it.
#[derive(Debug)]
pub struct Stream<'a> {
    /// The values.
    pub parsed: &'a Parsed,
    /// What the code among them does.
    pub summary: &'a CodeSummary,
    /// What of that does harm.
    pub findings: &'a [Finding],
    /// Bytes before the values: the header of a `.pyc`.
    pub skipped: usize,
    /// It is a module (`.pyc`) that somebody may import, and not code that another format carries to be called.
    pub module: bool,
}

/// All issues of one stream.
#[must_use]
pub fn check(stream: &Stream<'_>) -> Vec<Issue> {
    let mut issues = dangerous_code::check(stream);
    issues.extend(carries_code::check(stream));
    issues.extend(malformed::check(stream));
    issues
}

/// A position in the stream as one in the artifact.
fn range(stream: &Stream<'_>, range: &std::ops::Range<usize>) -> std::ops::Range<u64> {
    let place = |at: usize| u64::try_from(at.saturating_add(stream.skipped)).unwrap_or(u64::MAX);
    place(range.start)..place(range.end)
}

#[cfg(test)]
pub(crate) mod tests {
    use ma_core::{Kind, Severity};

    use crate::marshal::Marshal;

    /// Bytes recorded from CPython.
    pub(crate) fn file(name: &str) -> Vec<u8> {
        std::fs::read(format!(
            "{}/testdata/marshal/{name}",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap()
    }

    /// The severity with which `rule` fires on code that another format carries.
    pub(crate) fn fired(rule: &str, bytes: &[u8]) -> Option<Severity> {
        worst(
            rule,
            ma_testkit::run::scan_as(&Marshal, "lambda", bytes, Kind::MARSHAL),
        )
    }

    /// The same for a `.pyc` of CPython 3.11.
    pub(crate) fn fired_in_pyc(rule: &str, bytes: &[u8]) -> Option<Severity> {
        let pyc = [b"\xa7\r\r\n\0\0\0\0\0\0\0\0\0\0\0\0".as_slice(), bytes].concat();
        worst(rule, ma_testkit::run::scan(&Marshal, "x.pyc", &pyc))
    }

    fn worst(rule: &str, found: ma_core::Collector) -> Option<Severity> {
        found
            .issues
            .iter()
            .filter(|issue| issue.rule.name == rule)
            .map(|issue| issue.severity)
            .max()
    }
}
