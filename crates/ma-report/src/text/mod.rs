//! The report for people: what was scanned, what was found (worst first), what was not looked at,
//! and the verdict in the last line.

mod gaps;
mod issues;
mod verdict;

use std::io::{self, Write};

use ma_core::{Depth, Report, Severity, text::escape};

use crate::out::{Out, TextOptions};
use crate::outcome::Bar;
use crate::sizes::{bytes, counted};

/// Targets that are named one by one.
const TARGETS: usize = 10;

/// Writes the whole report.
///
/// # Errors
/// What `to` reports.
pub fn report(
    to: &mut dyn Write,
    report: &Report,
    bar: &Bar,
    options: &TextOptions,
) -> io::Result<()> {
    let mut out = Out::new(to, options);
    head(&mut out, report)?;
    if !report.issues.is_empty() {
        out.end()?;
        issues::all(&mut out, &report.issues)?;
    }
    if !report.gaps.is_empty() {
        out.end()?;
        gaps::all(&mut out, &report.gaps)?;
    }
    notes(&mut out, report)?;
    out.end()?;
    verdict::line(&mut out, report, bar)
}

/// Writes the verdict alone.
///
/// # Errors
/// What `to` reports.
pub fn verdict(
    to: &mut dyn Write,
    report: &Report,
    bar: &Bar,
    options: &TextOptions,
) -> io::Result<()> {
    verdict::line(&mut Out::new(to, options), report, bar)
}

/// Writes one line an issue and a gap, and nothing when there is none.
///
/// # Errors
/// What `to` reports.
pub fn brief(to: &mut dyn Write, report: &Report, options: &TextOptions) -> io::Result<()> {
    let mut out = Out::new(to, options);
    for issue in issues::worst_first(&report.issues) {
        issues::heading(&mut out, issue)?;
        let faint = out.styles().faint;
        out.styled(faint, &format!(" [{}]", issue.rule.code))?;
        out.end()?;
    }
    for gap in &report.gaps {
        gaps::one(&mut out, "", gap)?;
    }
    Ok(())
}

fn head(out: &mut Out<'_>, report: &Report) -> io::Result<()> {
    let styles = out.styles();
    let failed = |target: &str| report.failures.iter().any(|f| f.target == target);
    let limit = if out.options.everything {
        usize::MAX
    } else {
        TARGETS
    };
    for target in report.targets.iter().take(limit) {
        if failed(target) {
            out.styled(styles.critical, "✗")?;
            out.put(" Could not scan ")?;
        } else {
            out.styled(styles.good, "✓")?;
            out.put(" Scanning ")?;
        }
        out.styled(styles.strong, &escape(target))?;
        out.end()?;
    }
    let more = report.targets.len().saturating_sub(limit);
    if more > 0 {
        out.line(&format!("  … and {more} more"))?;
    }
    out.put(&format!("Files scanned: {}", report.totals.files_scanned))?;
    out.put(" | Issues found: ")?;
    let mut none = true;
    for severity in [Severity::Critical, Severity::Warning, Severity::Info] {
        let n = report.count(severity);
        if n > 0 {
            let sep = if none { "" } else { ", " };
            out.put(&format!("{sep}{n} "))?;
            out.styled(styles.severity(severity), severity.name())?;
            none = false;
        }
    }
    out.line(if none { "none" } else { "" })
}

/// What a reader has to know about the scan itself.
fn notes(out: &mut Out<'_>, report: &Report) -> io::Result<()> {
    let mut notes = Vec::new();
    let totals = &report.totals;
    if totals.files_unrecognised > 0 && totals.files_scanned > 0 {
        notes.push(format!(
            "Other files: {} in formats that are not known here",
            totals.files_unrecognised
        ));
    }
    let unread = totals.bytes.saturating_sub(totals.bytes_read);
    if report.depth == Depth::Structure && unread > 0 {
        notes.push(format!(
            "Left unread by choice: {} of {} (--depth full reads every byte)",
            bytes(unread),
            bytes(totals.bytes)
        ));
    }
    if !report.hidden.is_empty() {
        notes.push(hidden(report));
    }
    if notes.is_empty() {
        return Ok(());
    }
    out.end()?;
    for note in notes {
        out.line(&note)?;
    }
    Ok(())
}

fn hidden(report: &Report) -> String {
    let mut by: Vec<(&str, u64)> = Vec::new();
    for hidden in &report.hidden {
        match by.iter_mut().find(|(name, _)| *name == hidden.by) {
            Some((_, n)) => *n = n.saturating_add(1),
            None => by.push((&hidden.by, 1)),
        }
    }
    let by: Vec<_> = by
        .iter()
        .map(|(name, n)| format!("{n} × {}", escape(name)))
        .collect();
    let n = counted(report.hidden.len() as u64, "issue", "issues");
    format!("Hidden by policy: {n} ({})", by.join(", "))
}
