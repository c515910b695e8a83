//! The generated pages: one a rule, the table of formats, the command line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use modelaudit::core::{FormatInfo, Rule};

use crate::{Outcome, workspace};

/// Writes all pages and removes pages of rules that are gone.
pub fn write() -> Outcome {
    let pages = pages()?;
    let folder = workspace::root().join("docs/rules");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    for stale in stale(&pages) {
        fs::remove_file(stale).map_err(|e| e.to_string())?;
    }
    for (path, text) in pages {
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

/// Compares all pages with what is there.
pub fn check() -> Outcome {
    let pages = pages()?;
    let mut wrong: Vec<String> = stale(&pages)
        .into_iter()
        .map(|p| format!("{}: no such rule any more", p.display()))
        .collect();
    for (path, text) in pages {
        if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            wrong.push(format!("{}: out of date", path.display()));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    wrong.push("`cargo xtask docs` writes them".to_owned());
    Err(wrong.join("\n"))
}

fn stale(pages: &BTreeMap<PathBuf, String>) -> Vec<PathBuf> {
    let folder = workspace::root().join("docs/rules");
    let there = fs::read_dir(folder).into_iter().flatten().flatten();
    there
        .map(|e| e.path())
        .filter(|p| !pages.contains_key(p))
        .collect()
}

fn pages() -> Result<BTreeMap<PathBuf, String>, String> {
    let docs = workspace::root().join("docs");
    let registry = modelaudit::registry();
    let mut pages = BTreeMap::new();
    for rule in registry.rules() {
        let path = docs.join("rules").join(format!("{}.md", rule.name));
        pages.insert(path, rule_page(rule));
    }
    pages.insert(docs.join("rules/README.md"), rule_table(&registry.rules()));
    pages.insert(docs.join("formats.md"), format_table(&registry.formats()));
    pages.insert(docs.join("cli.md"), command_line()?);
    Ok(pages)
}

const GENERATED: &str = "<!-- Written by `cargo xtask docs`; do not edit. -->\n\n";

fn rule_page(rule: &Rule) -> String {
    let mut page = String::from(GENERATED);
    let _ = writeln!(page, "# {}\n", rule.title);
    let _ = writeln!(
        page,
        "`{}` · `{}` · {}\n",
        rule.code, rule.name, rule.severity
    );
    for line in rule.docs.lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        if line.starts_with("## ") && !page.ends_with("\n\n") {
            page.push('\n');
        }
        page.push_str(line);
        page.push('\n');
        if line.starts_with("## ") {
            page.push('\n');
        }
    }
    page.push_str("\n## Keys\n\n");
    let _ = writeln!(
        page,
        "Suppress with `--suppress {}` or `--suppress {}`.",
        rule.name, rule.code
    );
    if !rule.aliases.is_empty() {
        let _ = writeln!(page, "\nAlso answers to: {}.", rule.aliases.join(", "));
    }
    if rule.trustable {
        page.push_str("\n`--trust NAME` hides it for names that you vouch for.\n");
    }
    if !rule.references.is_empty() {
        page.push_str("\n## References\n\n");
        for reference in rule.references {
            let _ = writeln!(page, "* {reference}");
        }
    }
    page
}

fn rule_table(rules: &[&Rule]) -> String {
    let mut page = String::from(GENERATED);
    page.push_str(
        "# Rules\n\n| code | rule | severity | what it says |\n| --- | --- | --- | --- |\n",
    );
    for rule in rules {
        let _ = writeln!(
            page,
            "| {} | [{name}]({name}.md) | {} | {} |",
            rule.code,
            rule.severity,
            rule.title,
            name = rule.name,
        );
    }
    page
}

fn format_table(formats: &[&FormatInfo]) -> String {
    let mut page = String::from(GENERATED);
    page.push_str("# Formats\n\nWhat is read, how it is recognised (never by the name alone), and what is checked.\n\n");
    page.push_str("| format | usual extensions | recognised by | checked | rules | follows |\n| --- | --- | --- | --- | --- | --- |\n");
    for format in formats {
        let extensions: Vec<String> = format
            .extensions
            .iter()
            .map(|e| format!("`.{e}`"))
            .collect();
        let rules: Vec<String> = format
            .rules
            .iter()
            .map(|r| format!("[{}](rules/{}.md)", r.code, r.name))
            .collect();
        let _ = writeln!(
            page,
            "| {} (`{}`) | {} | {} | {} | {} | {} |",
            format.title,
            format.id,
            extensions.join(" "),
            format.recognised_by,
            format.checks,
            rules.join(" "),
            format.spec,
        );
    }
    page
}

fn command_line() -> Result<String, String> {
    workspace::run(workspace::cargo().args(["build", "--quiet", "-p", "modelaudit-cli"]))?;
    let binary = workspace::target().join("debug/modelaudit");
    let mut page = String::from(GENERATED);
    page.push_str("# Command line\n");
    for command in ["", "scan", "inspect", "rules", "formats", "doctor"] {
        let mut help = Command::new(&binary);
        if !command.is_empty() {
            help.arg(command);
        }
        help.arg("--help")
            .env("COLUMNS", "100")
            .env("NO_COLOR", "1");
        let output = help.output().map_err(|e| format!("{help:?}: {e}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let title = format!("modelaudit {command}");
        let _ = write!(
            page,
            "\n## {}\n\n```text\n{}\n```\n",
            title.trim(),
            text.trim_end()
        );
    }
    Ok(page)
}
