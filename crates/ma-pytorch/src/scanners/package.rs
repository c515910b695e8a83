//! Archives of `torch.package`: pickles with the Python sources that they need.
//!
//! ```text
//! <root>/.data/extern_modules    modules taken from the machine, one a line
//! <root>/.data/python_version    <root>/.data/<n>.storage
//! <root>/**.py                   sources, imported when an object is loaded
//! <root>/<package>/<name>.pkl    pickles
//! ```
//!
//! Follows `torch/package/package_importer.py` of torch 2.11.

use ma_core::{Coverage, Cx, FormatInfo, Inspection, Match, Probe, ScanError, Scanner, Target};

use super::coverage;
use crate::records::{self, MAX_SMALL, Records};
use crate::rules::package_source;

/// Scans `torch.package` archives.
#[derive(Debug, Clone, Copy, Default)]
pub struct TorchPackage;

static INFO: FormatInfo = FormatInfo {
    id: "torch-package",
    title: "PyTorch package",
    extensions: &["pt", "pth", "package", "zip"],
    kinds: &[],
    runs_code: true,
    recognised_by: "A zip with `<folder>/.data/extern_modules` or `<folder>/.data/python_version`.",
    checks: "What it runs and takes from the machine; the sources are members with a name of their own.",
    spec: "https://docs.pytorch.org/docs/stable/package.html",
    rules: &[&package_source::PACKAGE_SOURCE],
};

impl Scanner for TorchPackage {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        match probe.members {
            Some(members)
                if (records::has_record(members, ".data/extern_modules")
                    || records::has_record(members, ".data/python_version"))
                    && records::is_zip(probe) =>
            {
                Match::Strong
            }
            _ => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(Coverage::Complete);
        };
        let before = cx.gaps();
        let records = Records::new(container);
        let mut sources = 0usize;
        let mut externs = String::new();
        for (id, entry) in records.files() {
            cx.budget().charge_steps(1)?;
            let lower = entry.name.to_ascii_lowercase();
            if lower.ends_with(".py") {
                // Their name says what they are, so they are scanned as members without a hint.
                sources = sources.saturating_add(1);
            } else if lower.ends_with("/.data/extern_modules")
                && let Some(text) = records.read(id, MAX_SMALL, cx)?
            {
                externs.push_str(&String::from_utf8_lossy(&text));
                externs.push('\n');
            }
        }
        let externs: Vec<&str> = externs
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .collect();
        cx.issue(package_source::check(sources, &externs))?;
        Ok(coverage(before, cx))
    }

    fn inspect(
        &self,
        target: Target<'_>,
        _cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(None);
        };
        let records = Records::new(container);
        let sources = records
            .files()
            .filter(|(_, e)| e.name.ends_with(".py"))
            .count();
        Ok(Some(Inspection {
            format: INFO.id.to_owned(),
            facts: vec![
                ("root".to_owned(), records.root.clone()),
                ("sources".to_owned(), sources.to_string()),
            ],
            sections: Vec::new(),
        }))
    }
}
