//! The formats that are known: a table, and the same as JSON.

use std::io::{self, Write};

use ma_core::FormatInfo;
use serde::Serialize;

use crate::json;
use crate::out::{Out, TextOptions};

/// Writes the formats for people, each with what is checked.
///
/// # Errors
/// What `to` reports.
pub fn table(to: &mut dyn Write, formats: &[&FormatInfo], options: &TextOptions) -> io::Result<()> {
    let mut out = Out::new(to, options);
    let styles = out.styles();
    for (i, format) in formats.iter().enumerate() {
        if i > 0 {
            out.end()?;
        }
        out.styled(styles.strong, format.id)?;
        out.put(&format!("  {}", format.title))?;
        if format.runs_code {
            out.put("  ")?;
            out.styled(styles.warning, "can run code when loaded")?;
        }
        out.end()?;
        if !format.extensions.is_empty() {
            let extensions: Vec<_> = format.extensions.iter().map(|e| format!(".{e}")).collect();
            out.labelled(2, "Names:", &extensions.join(" "))?;
        }
        for (label, text) in [
            ("Recognised by:", format.recognised_by),
            ("Checks:", format.checks),
        ] {
            if !text.is_empty() {
                out.labelled(2, label, text)?;
            }
        }
        if !format.rules.is_empty() {
            let codes: Vec<_> = format.rules.iter().map(|r| r.code).collect();
            out.labelled(2, "Rules:", &codes.join(" "))?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct FormatDocument<'a> {
    id: &'a str,
    title: &'a str,
    extensions: &'a [&'a str],
    runs_code: bool,
    recognised_by: &'a str,
    checks: &'a str,
    spec: &'a str,
    rules: Vec<&'a str>,
}

/// Writes the formats as a JSON array.
///
/// # Errors
/// What `to` reports.
pub fn json(to: &mut dyn Write, formats: &[&FormatInfo]) -> io::Result<()> {
    let documents: Vec<_> = formats
        .iter()
        .map(|format| FormatDocument {
            id: format.id,
            title: format.title,
            extensions: format.extensions,
            runs_code: format.runs_code,
            recognised_by: format.recognised_by,
            checks: format.checks,
            spec: format.spec,
            rules: format.rules.iter().map(|r| r.code).collect(),
        })
        .collect();
    json::value(to, &documents)
}
