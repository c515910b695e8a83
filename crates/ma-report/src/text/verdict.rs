//! The last line: what it all amounts to.

use std::io;

use ma_core::{Report, Severity};

use crate::out::Out;
use crate::outcome::{Bar, Outcome};
use crate::sizes::counted;

/// Writes the verdict.
pub(super) fn line(out: &mut Out<'_>, report: &Report, bar: &Bar) -> io::Result<()> {
    let styles = out.styles();
    let left_out = left_out(report, bar);
    match bar.outcome(report) {
        Outcome::Clean => {
            out.styled(styles.good, "✓ No security issues found")?;
            out.line(&below_the_bar(report))
        }
        Outcome::Issues => {
            if !left_out.is_empty() {
                out.line(&format!("The scan is incomplete: {left_out}"))?;
            }
            if report.count(Severity::Critical) > 0 {
                let text = "✗ Security issues found - DO NOT deploy this model";
                out.styled(styles.critical, text)?;
            } else {
                let text =
                    "✗ Possible security issues found - review them before you load this model";
                out.styled(styles.warning, text)?;
            }
            out.end()
        }
        Outcome::Incomplete => {
            let text = format!("? Incomplete: {left_out} - this is not a clean result");
            out.styled(styles.warning, &text)?;
            out.end()
        }
        Outcome::NothingScanned => {
            out.styled(styles.warning, "? Nothing was scanned")?;
            out.line(&match report.totals.files_unrecognised {
                0 => ": there are no files".to_owned(),
                n => format!(
                    ": {} found, none in a format that is known here",
                    counted(n, "file", "files")
                ),
            })
        }
    }
}

/// Issues that do not count, so that a clean verdict does not deny them.
fn below_the_bar(report: &Report) -> String {
    let parts: Vec<_> = [Severity::Critical, Severity::Warning, Severity::Info]
        .into_iter()
        .map(|severity| (severity, report.count(severity)))
        .filter(|(_, n)| *n > 0)
        .map(|(severity, n)| format!("{n} {severity}"))
        .collect();
    match (parts.is_empty(), report.worst()) {
        (true, _) => String::new(),
        (false, Some(Severity::Info)) => format!(" ({} for your information)", parts.join(", ")),
        (false, _) => format!(" at the level that fails ({} below it)", parts.join(", ")),
    }
}

fn left_out(report: &Report, bar: &Bar) -> String {
    let mut parts = Vec::new();
    if report.interrupted {
        parts.push("the scan was stopped early".to_owned());
    }
    let failures = report.failures.len() as u64;
    if failures > 0 {
        let n = counted(failures, "target", "targets");
        parts.push(format!("{n} could not be scanned"));
    }
    let gaps = report.gaps.len() as u64;
    if gaps > 0 {
        let n = counted(gaps, "thing was", "things were");
        parts.push(format!("{n} not looked at"));
    }
    let unrecognised = report.totals.files_unrecognised;
    if bar.unrecognised_counts && unrecognised > 0 {
        let n = counted(unrecognised, "file is", "files are");
        parts.push(format!("{n} in a format that is not known here"));
    }
    parts.join(", ")
}
