//! Programs and archives in attributes and datasets.

use ma_core::{Issue, declare_rule};
use ma_wire::Content;

use super::{Found, MAX_ISSUES};

declare_rule! {
    /// ## What it finds
    /// An attribute, or a dataset of bytes, that begins as a program, a script or an archive.
    /// ## Why it matters
    /// A model is numbers. What is stored as a file inside is there to be written out and used, by a loader that belongs to it or by somebody who was told to.
    /// ## What it leaves alone
    /// Pickles, which have their own rule, text, and numbers of more than one byte.
    /// ## What to do
    /// Look at the report on what is inside, and ask the author what it is for.
    pub static EMBEDDED_FILE = {
        code: "HDF016", name: "hdf5-embedded-file", severity: Warning,
        title: "A value is a program or an archive",
        references: [Cwe(506)],
    }
}

/// One issue a value.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    let files = found
        .payloads
        .iter()
        .filter(|p| p.content != Content::Pickle);
    files
        .take(MAX_ISSUES)
        .map(|file| {
            let content = match file.content {
                Content::Archive(what) => format!("an archive or compressed stream ({what})"),
                content => content.to_string(),
            };
            let message = format!("`{}` holds {content}", file.route);
            Issue::new(&EMBEDDED_FILE, message)
                .at(file.range.clone())
                .route(file.route.clone())
        })
        .collect()
}
