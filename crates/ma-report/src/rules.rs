//! The rule catalogue: a table, one rule in full, and both as JSON.

use std::io::{self, Write};

use ma_core::{Rule, Severity};
use serde::Serialize;

use crate::json;
use crate::out::{Out, TextOptions};

/// Writes a table of rules.
///
/// # Errors
/// What `to` reports.
pub fn table(to: &mut dyn Write, rules: &[&Rule], options: &TextOptions) -> io::Result<()> {
    let mut out = Out::new(to, options);
    let styles = out.styles();
    let widest = |f: fn(&Rule) -> &str| rules.iter().map(|r| f(r).len()).max().unwrap_or(0);
    let code = widest(|r| r.code).max("CODE".len());
    let name = widest(|r| r.name).max("NAME".len());
    let head = format!(
        "{:code$}  {:8}  {:name$}  TITLE",
        "CODE", "SEVERITY", "NAME"
    );
    out.styled(styles.strong, &head)?;
    out.end()?;
    for rule in rules {
        out.put(&format!("{:code$}  ", rule.code))?;
        let severity = format!("{:8}", rule.severity.name());
        out.styled(styles.severity(rule.severity), &severity)?;
        out.put(&format!("  {:name$}  ", rule.name))?;
        out.line(rule.title)?;
    }
    Ok(())
}

/// Writes one rule in full.
///
/// # Errors
/// What `to` reports.
pub fn page(to: &mut dyn Write, rule: &Rule, options: &TextOptions) -> io::Result<()> {
    let mut out = Out::new(to, options);
    let styles = out.styles();
    out.styled(styles.strong, &format!("{} {}", rule.code, rule.name))?;
    out.put(" ")?;
    let severity = format!("[{}]", rule.severity.name().to_uppercase());
    out.styled(styles.severity(rule.severity), &severity)?;
    out.end()?;
    out.line(rule.title)?;
    for (heading, body) in sections(rule) {
        out.end()?;
        out.styled(styles.strong, heading)?;
        out.end()?;
        for block in blocks(&body) {
            out.prose(2, &block)?;
        }
    }
    if !rule.aliases.is_empty() {
        out.end()?;
        out.labelled(0, "Also known as:", &rule.aliases.join(", "))?;
    }
    if !rule.references.is_empty() {
        out.end()?;
        out.styled(styles.strong, "Read on")?;
        out.end()?;
        for reference in rule.references {
            out.line(&format!("  {reference}"))?;
        }
    }
    out.end()?;
    let hide = format!("--suppress {}", rule.name);
    out.labelled(0, "To hide it:", &hide)?;
    let change = format!("--severity {}=info|warning|critical", rule.name);
    out.labelled(0, "To change its weight:", &change)?;
    if rule.trustable {
        out.labelled(0, "To vouch for a name:", "--trust package.or.full.name")?;
    }
    Ok(())
}

/// Headings of the page with the text below them.
fn sections(rule: &Rule) -> Vec<(&'static str, String)> {
    let parts = rule.docs.split("## ").skip(1);
    parts
        .filter_map(|part| {
            let (heading, body) = part.split_once('\n')?;
            Some((heading.trim(), body.trim().to_owned()))
        })
        .collect()
}

/// Paragraphs and list items, each to be wrapped on its own.
fn blocks(body: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    let mut open = false;
    for line in body.lines().map(str::trim) {
        let item = line.starts_with("- ") || line.starts_with("* ") || line.starts_with('|');
        match blocks.last_mut() {
            Some(last) if open && !item && !line.is_empty() => {
                last.push(' ');
                last.push_str(line);
            }
            _ if line.is_empty() => {}
            _ => blocks.push(line.to_owned()),
        }
        open = !line.is_empty();
    }
    blocks
}

#[derive(Serialize)]
struct RuleDocument<'a> {
    code: &'a str,
    name: &'a str,
    title: &'a str,
    severity: Severity,
    aliases: &'a [&'a str],
    trustable: bool,
    references: Vec<String>,
    finds: String,
    why: String,
    leaves_alone: String,
    advice: String,
}

/// Writes rules as a JSON array.
///
/// # Errors
/// What `to` reports.
pub fn json(to: &mut dyn Write, rules: &[&Rule]) -> io::Result<()> {
    let text = |rule: &Rule, heading| blocks(rule.section(heading)).join("\n");
    let documents: Vec<_> = rules
        .iter()
        .map(|rule| RuleDocument {
            code: rule.code,
            name: rule.name,
            title: rule.title,
            severity: rule.severity,
            aliases: rule.aliases,
            trustable: rule.trustable,
            references: rule.references.iter().map(ToString::to_string).collect(),
            finds: text(rule, "What it finds"),
            why: text(rule, "Why it matters"),
            leaves_alone: text(rule, "What it leaves alone"),
            advice: text(rule, "What to do"),
        })
        .collect();
    json::value(to, &documents)
}
