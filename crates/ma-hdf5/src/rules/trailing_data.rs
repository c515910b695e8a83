//! Bytes behind the end that the file states.

use ma_core::{Issue, Severity, declare_rule};
use ma_wire::Content;

use crate::stray::Place;

use super::Found;

declare_rule! {
    /// ## What it finds
    /// Bytes behind the end that the superblock states.
    /// ## Why it matters
    /// HDF5 libraries do not read them, other programs may: a zip, a program or a pickle that is appended is a second file in disguise.
    /// ## What it leaves alone
    /// Zeros, which a writer that was stopped leaves behind, are Info.
    /// ## What to do
    /// Look at what follows; it was handed on for its own scan when it looked like something.
    pub static TRAILING_DATA = {
        code: "HDF008", name: "hdf5-trailing-data", severity: Warning,
        title: "Bytes follow the end of the file",
        references: [Cwe(646)],
    }
}

/// Fires on anything behind the end.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    let trailing = found.stray.iter().filter(|s| s.place == Place::Behind);
    trailing
        .map(|stray| {
            let count = stray.range.end.saturating_sub(stray.range.start);
            let severity = match stray.content {
                Content::Zeros => Severity::Info,
                content if content.is_active() => Severity::Critical,
                _ => Severity::Warning,
            };
            let message = format!("{count} bytes follow the end: {}", stray.content);
            Issue::new(&TRAILING_DATA, message)
                .severity(severity)
                .at(stray.range.clone())
        })
        .collect()
}
