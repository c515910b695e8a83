//! What a file holds, as its formats read it, with the issues marked at the lines they are about.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ma_core::text::{escape, shorten};
use ma_core::{ArtifactPath, Inspection, Issue, Section};
use serde::Serialize;

use crate::json;
use crate::json::IssueDocument;
use crate::out::{Out, TextOptions, flat};

/// Characters of a line.
const COLUMNS: usize = 400;

/// One artifact as one format reads it.
pub type View = (ArtifactPath, Inspection);

/// Writes the views for people.
///
/// # Errors
/// What `to` reports.
pub fn text(
    to: &mut dyn Write,
    views: &[View],
    issues: &[Issue],
    options: &TextOptions,
) -> io::Result<()> {
    let mut out = Out::new(to, options);
    for (i, (path, inspection)) in views.iter().enumerate() {
        if i > 0 {
            out.end()?;
        }
        let here: Vec<_> = of(path, issues).collect();
        view(&mut out, path, inspection, &here)?;
    }
    Ok(())
}

fn of<'a>(path: &'a ArtifactPath, issues: &'a [Issue]) -> impl Iterator<Item = &'a Issue> {
    issues.iter().filter(move |i| i.location.artifact == *path)
}

fn view(
    out: &mut Out<'_>,
    path: &ArtifactPath,
    inspection: &Inspection,
    issues: &[&Issue],
) -> io::Result<()> {
    let styles = out.styles();
    out.styled(styles.strong, &path.to_string())?;
    out.line(&format!(" ({})", escape(&inspection.format)))?;
    let names = inspection
        .facts
        .iter()
        .map(|(name, _)| name.chars().count());
    let widest = names.max().unwrap_or(0);
    for (name, value) in &inspection.facts {
        let pad = widest.saturating_sub(name.chars().count());
        out.put("  ")?;
        out.styled(styles.faint, &escape(name))?;
        out.put(&" ".repeat(pad.saturating_add(2)))?;
        out.line(&shorten(&escape(value), COLUMNS))?;
    }
    let mut marked = false;
    for section in &inspection.sections {
        out.end()?;
        out.styled(styles.strong, &format!("  {}", escape(&section.title)))?;
        out.end()?;
        marked |= listing(out, section, issues)?;
    }
    if !marked && !issues.is_empty() {
        out.end()?;
        for issue in issues {
            mark(out, "  ", issue)?;
        }
    }
    Ok(())
}

/// Writes a listing; says whether issues were marked in it.
fn listing(out: &mut Out<'_>, section: &Section, issues: &[&Issue]) -> io::Result<bool> {
    let styles = out.styles();
    let widest = section.lines.iter().filter_map(|l| l.offset).max();
    let digits = widest.map(|n| n.to_string().len());
    let mut marks = digits.map(|_| placed(section, issues)).unwrap_or_default();
    let marked = !marks.is_empty();
    let indent = " ".repeat(digits.map_or(4, |d| d.saturating_add(6)));
    for issue in marks.remove(&None).unwrap_or_default() {
        mark(out, &indent, issue)?;
    }
    for (i, line) in section.lines.iter().enumerate() {
        out.put("    ")?;
        if let Some(digits) = digits {
            let offset = line.offset.map(|n| n.to_string()).unwrap_or_default();
            out.styled(styles.faint, &format!("{offset:>digits$}"))?;
            out.put("  ")?;
        }
        for (j, part) in line.text.lines().enumerate() {
            if j > 0 {
                out.put(&indent)?;
            }
            let part = part.replace('\t', "    ");
            out.line(&shorten(&escape(&part), COLUMNS))?;
        }
        if line.text.is_empty() {
            out.end()?;
        }
        for issue in marks.remove(&Some(i)).unwrap_or_default() {
            mark(out, &indent, issue)?;
        }
    }
    Ok(marked)
}

/// The line that each issue is about: the one with its offset, or the last one before it.
fn placed<'a>(section: &Section, issues: &[&'a Issue]) -> BTreeMap<Option<usize>, Vec<&'a Issue>> {
    let mut by_offset: Vec<(u64, usize)> = section
        .lines
        .iter()
        .enumerate()
        .filter_map(|(i, line)| Some((line.offset?, i)))
        .collect();
    by_offset.sort_unstable();
    let mut placed: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for issue in issues {
        let Some(range) = &issue.location.range else {
            placed.entry(None).or_default().push(*issue);
            continue;
        };
        let after = by_offset.partition_point(|(offset, _)| *offset <= range.start);
        let line = after.checked_sub(1).and_then(|i| by_offset.get(i));
        let line = line.map(|(_, i)| *i);
        placed.entry(line).or_default().push(*issue);
    }
    placed
}

fn mark(out: &mut Out<'_>, indent: &str, issue: &Issue) -> io::Result<()> {
    let styles = out.styles();
    let style = styles.severity(issue.severity);
    out.put(indent)?;
    let severity = issue.severity.name().to_uppercase();
    out.styled(style, &format!("^ [{severity}] {}", flat(&issue.message)))?;
    out.styled(
        styles.faint,
        &format!(" ({}, {})", issue.rule.name, issue.rule.code),
    )?;
    out.end()
}

#[derive(Serialize)]
struct ViewDocument<'a> {
    location: &'a ArtifactPath,
    format: &'a str,
    facts: Vec<Fact<'a>>,
    sections: &'a [Section],
    issues: Vec<IssueDocument<'a>>,
}

#[derive(Serialize)]
struct Fact<'a> {
    name: &'a str,
    value: &'a str,
}

/// Writes the views as a JSON array.
///
/// # Errors
/// What `to` reports.
pub fn json(to: &mut dyn Write, views: &[View], issues: &[Issue]) -> io::Result<()> {
    let documents: Vec<_> = views
        .iter()
        .map(|(path, inspection)| ViewDocument {
            location: path,
            format: &inspection.format,
            facts: inspection
                .facts
                .iter()
                .map(|(name, value)| Fact { name, value })
                .collect(),
            sections: &inspection.sections,
            issues: of(path, issues).map(IssueDocument::new).collect(),
        })
        .collect();
    json::value(to, &documents)
}
