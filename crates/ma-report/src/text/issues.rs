//! Issues for people: worst first, each with its proof, the same things told once.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use ma_core::text::{escape, escape_lines, shorten};
use ma_core::{Evidence, EvidenceKind, Issue};

use crate::out::{Out, flat};

/// Issues of one rule in one artifact that are shown in full; from one more on they share a line.
const EACH: usize = 3;
/// Issues shown in full altogether; further ones get a line.
const FULL: usize = 60;
/// Lines of one piece of evidence.
const LINES: usize = 12;
/// Characters of a line of evidence.
const COLUMNS: usize = 200;
/// Positions named on a line that stands for many issues.
const POSITIONS: usize = 8;

/// Issues by severity, then by place.
pub(super) fn worst_first(issues: &[Issue]) -> Vec<&Issue> {
    let mut sorted: Vec<&Issue> = issues.iter().collect();
    sorted.sort_by(|a, b| {
        let start = |i: &Issue| i.location.range.as_ref().map(|r| r.start);
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.location.artifact.cmp(&b.location.artifact))
            .then_with(|| start(a).cmp(&start(b)))
            .then_with(|| a.rule.code.cmp(b.rule.code))
            .then_with(|| a.message.cmp(&b.message))
    });
    sorted
}

/// One numbered entry of the list.
enum Shown<'a> {
    Full(&'a Issue),
    /// More of the same rule in the same artifact.
    Rest(Vec<&'a Issue>),
}

/// Writes the list.
pub(super) fn all(out: &mut Out<'_>, issues: &[Issue]) -> io::Result<()> {
    let mut told = Told::default();
    let mut number = 1usize;
    let mut full = 0usize;
    for (i, shown) in entries(issues, out.options.everything).iter().enumerate() {
        if i > 0 && full <= FULL {
            out.end()?;
        }
        match shown {
            Shown::Full(issue) if full < FULL || out.options.everything => {
                full = full.saturating_add(1);
                numbered(out, number, issue)?;
                details(out, issue, &mut told)?;
                number = number.saturating_add(1);
            }
            Shown::Full(issue) => {
                full = full.saturating_add(1);
                numbered(out, number, issue)?;
                number = number.saturating_add(1);
            }
            Shown::Rest(rest) => {
                let last = number.saturating_add(rest.len()).saturating_sub(1);
                more(out, number, last, rest)?;
                number = last.saturating_add(1);
            }
        }
    }
    Ok(())
}

fn entries(issues: &[Issue], everything: bool) -> Vec<Shown<'_>> {
    let sorted = worst_first(issues);
    let key = |i: &Issue| (i.severity, i.location.artifact.clone(), i.rule.code);
    let mut groups: BTreeMap<_, Vec<&Issue>> = BTreeMap::new();
    for issue in &sorted {
        groups.entry(key(issue)).or_default().push(issue);
    }
    let mut seen: BTreeMap<_, usize> = BTreeMap::new();
    let mut entries = Vec::new();
    for issue in sorted {
        let key = key(issue);
        let group = groups.get(&key).map_or(&[][..], Vec::as_slice);
        let rank = seen.entry(key).or_default();
        // A line that stands for one issue saves nothing.
        let short = everything || group.len() <= EACH.saturating_add(1);
        if short || *rank < EACH {
            entries.push(Shown::Full(issue));
        } else if *rank == EACH {
            entries.push(Shown::Rest(group.get(EACH..).unwrap_or(&[]).to_vec()));
        }
        *rank = rank.saturating_add(1);
    }
    entries
}

/// Rules whose advice was written already: once is enough. The reason stands under every issue, since
/// each must be understood by itself.
#[derive(Default)]
struct Told<'a> {
    advice: BTreeSet<&'a str>,
}

fn numbered(out: &mut Out<'_>, number: usize, issue: &Issue) -> io::Result<()> {
    out.put(&format!("{number}. "))?;
    heading(out, issue)?;
    out.end()
}

/// `model.pkl (pos 28): [CRITICAL] Calls os.system`, without a line break.
pub(super) fn heading(out: &mut Out<'_>, issue: &Issue) -> io::Result<()> {
    let styles = out.styles();
    out.styled(styles.strong, &issue.location.to_string())?;
    out.put(": ")?;
    let severity = issue.severity.name().to_uppercase();
    out.styled(styles.severity(issue.severity), &format!("[{severity}]"))?;
    out.put(" ")?;
    out.put(&flat(&issue.message))
}

fn details<'a>(out: &mut Out<'_>, issue: &'a Issue, told: &mut Told<'a>) -> io::Result<()> {
    let reason = first_paragraph(issue.reason());
    if !reason.is_empty() {
        out.labelled(3, "Why:", reason)?;
    }
    if !issue.location.route.is_empty() {
        out.labelled(3, "Where:", &shorten(&issue.location.route, COLUMNS))?;
    }
    for piece in &issue.evidence {
        evidence(out, piece)?;
    }
    let advice = first_paragraph(issue.rule.advice());
    if !advice.is_empty() && told.advice.insert(issue.rule.code) {
        out.labelled(3, "What to do:", advice)?;
    }
    let rule = format!("{} ({})", issue.rule.name, issue.rule.code);
    out.labelled(3, "Rule:", &rule)
}

fn first_paragraph(text: &str) -> &str {
    let end = text.find("\n\n").or_else(|| text.find("\n \n"));
    end.and_then(|end| text.get(..end)).unwrap_or(text).trim()
}

fn evidence(out: &mut Out<'_>, evidence: &Evidence) -> io::Result<()> {
    let label = format!("{}:", capitalised(&escape(&evidence.label)));
    if evidence.kind == EvidenceKind::Fact && !evidence.text.contains('\n') {
        return out.labelled(3, &label, &shorten(&evidence.text, 2 * COLUMNS));
    }
    let faint = out.styles().faint;
    let text = escape_lines(evidence.text.trim_end());
    let mut lines = text.lines();
    out.put("   ")?;
    out.styled(faint, &label)?;
    if text.contains('\n') {
        out.end()?;
    } else {
        let line = lines.next().unwrap_or_default();
        return out.line(&format!(" {}", shorten(line, COLUMNS)));
    }
    let limit = if out.options.everything {
        usize::MAX
    } else {
        LINES
    };
    for line in lines.by_ref().take(limit) {
        out.line(&format!("     {}", shorten(line, COLUMNS)))?;
    }
    match lines.count() {
        0 => Ok(()),
        n => out.line(&format!("     … {n} more lines")),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// `4-50. model.pkl: [CRITICAL] 47 more by pickle-dangerous-call (PKL001) at pos 61, 80, …`
fn more(out: &mut Out<'_>, from: usize, to: usize, rest: &[&Issue]) -> io::Result<()> {
    let Some(first) = rest.first() else {
        return Ok(());
    };
    let styles = out.styles();
    out.put(&format!("{from}-{to}. "))?;
    out.styled(styles.strong, &first.location.artifact.to_string())?;
    out.put(": ")?;
    let severity = first.severity.name().to_uppercase();
    out.styled(styles.severity(first.severity), &format!("[{severity}]"))?;
    let rule = format!("{} ({})", first.rule.name, first.rule.code);
    out.put(&format!(" {} more by {rule}", rest.len()))?;
    let mut at: Vec<_> = rest
        .iter()
        .filter_map(|i| i.location.range.as_ref())
        .map(|r| r.start.to_string())
        .take(POSITIONS)
        .collect();
    if rest.len() > at.len() && !at.is_empty() {
        at.push("…".to_owned());
    }
    if !at.is_empty() {
        out.put(&format!(" at pos {}", at.join(", ")))?;
    }
    out.line(" (--verbose lists them)")
}
