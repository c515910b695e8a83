//! Manifests: what a scan of each file of a corpus should say.
//!
//! A table with tabs and a header: `path` (relative to the manifest), `id`, `family`, `expected`,
//! `what`. Other columns are ignored; a manifest without `expected` is one of innocent files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ma_core::{Report, Severity};

/// What a scan should say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// At least one Critical.
    Critical,
    /// At least one Warning; a Critical is as good.
    Warning,
    /// Nothing worse than Info, but something.
    Info,
    /// Something was not looked at, or worse.
    Gap,
    /// Nothing above Info; gaps are allowed, since nobody knows the format.
    Quiet,
    /// At most a Warning, no gap: innocent, and a Warning can be defended.
    Mixed,
    /// Not judged yet.
    Later,
    /// Nothing above Info, no gap.
    Clean,
}

/// One file.
#[derive(Debug, Clone)]
pub struct Case {
    /// The file.
    pub path: PathBuf,
    /// Which family of cases it belongs to.
    pub family: String,
    /// What a scan should say.
    pub expected: Expected,
    /// What it is.
    pub what: String,
}

/// Reads a manifest.
///
/// # Errors
/// When it can't be read or has no column `path`.
pub fn read(manifest: &Path) -> io::Result<Vec<Case>> {
    let text = fs::read_to_string(manifest)?;
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |name: &str| header.iter().position(|h| *h == name);
    let path = column("path")
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no column `path`"))?;
    let (family, expected, what) = (column("family"), column("expected"), column("what"));
    let case = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let get = |at: Option<usize>| at.and_then(|i| fields.get(i)).copied().unwrap_or("");
        Case {
            path: folder.join(get(Some(path))),
            family: get(family).to_owned(),
            expected: match get(expected) {
                "critical" => Expected::Critical,
                "warning" => Expected::Warning,
                "info" => Expected::Info,
                "gap" => Expected::Gap,
                "quiet" => Expected::Quiet,
                "mixed" => Expected::Mixed,
                "later" => Expected::Later,
                _ => Expected::Clean,
            },
            what: get(what).to_owned(),
        }
    };
    Ok(lines.filter(|l| !l.is_empty()).map(case).collect())
}

impl Expected {
    /// Whether the report says what is expected. Worse is as good where something is expected at all:
    /// a payload may break a second rule.
    #[must_use]
    pub fn met_by(self, report: &Report) -> bool {
        let worst = report.worst();
        let gaps = !report.gaps.is_empty();
        match self {
            Self::Critical => worst == Some(Severity::Critical),
            Self::Warning => worst >= Some(Severity::Warning),
            Self::Info => worst == Some(Severity::Info),
            Self::Gap => gaps || worst >= Some(Severity::Warning),
            Self::Quiet => worst <= Some(Severity::Info),
            Self::Mixed => worst <= Some(Severity::Warning) && !gaps,
            Self::Later => true,
            Self::Clean => worst <= Some(Severity::Info) && !gaps,
        }
    }
}

/// A report in one line, for messages of tests.
#[must_use]
pub fn describe(report: &Report) -> String {
    let issues = report.issues.iter().take(4);
    let gaps = report.gaps.iter().take(3);
    let parts: Vec<String> = issues
        .map(|i| format!("{} {}: {}", i.severity, i.rule.name, i.message))
        .chain(gaps.map(|g| format!("gap {}: {}", g.reason, g.detail)))
        .collect();
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join("; ")
    }
}
