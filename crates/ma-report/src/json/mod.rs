//! The report for programs. Its shape is fixed by `docs/schema/report-v1.schema.json`: fields are
//! added there under a new minor version, and nothing is renamed or removed before version 2.

mod document;
mod escape;

use std::io::{self, Write};

use ma_core::Report;
use serde::Serialize;

use crate::outcome::Bar;
use document::Document;
pub(crate) use document::IssueDocument;

/// The version of the schema that reports follow.
pub const SCHEMA_VERSION: &str = "1.1";

/// Who made the report.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Tool<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
}

/// Writes the report, indented, with a line break at its end.
///
/// # Errors
/// What `to` reports.
pub fn report(to: &mut dyn Write, report: &Report, bar: &Bar, tool: &Tool<'_>) -> io::Result<()> {
    value(to, &Document::new(report, bar, *tool))
}

/// Writes any value in the same way.
pub(crate) fn value(to: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *to, escape::Safe::default());
    value.serialize(&mut serializer)?;
    to.write_all(b"\n")
}
