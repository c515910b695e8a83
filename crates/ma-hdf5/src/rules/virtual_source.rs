//! Virtual datasets that are put together from other files.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::model::Layout;
use crate::reach::Reach;

use super::{Found, MAX_ISSUES, short};

declare_rule! {
    /// ## What it finds
    /// A virtual dataset that takes its elements from other files, and in files that Keras wrote or loads any virtual dataset.
    /// ## Why it matters
    /// Whoever reads it reads the other files, without being told; where they are missing, the elements are silently filled with another value.
    /// ## What it leaves alone
    /// Virtual datasets of the file's own datasets, outside Keras. A name that leads out of the directory of the file makes it Critical.
    /// ## What to do
    /// Ask the author for a file that holds its data itself; do not load this one where private files can be read.
    pub static VIRTUAL_SOURCE = {
        code: "HDF004", name: "hdf5-virtual-source", severity: Warning,
        title: "A dataset is put together from other files",
        references: [Cve("CVE-2026-1669"), Cwe(73)],
    }
}

/// One issue a source.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (object, dataset) in found.file.datasets() {
        let Some(Layout::Virtual(sources)) = &dataset.layout else {
            continue;
        };
        for source in sources {
            let own = source.file == ".";
            if (own && !found.keras) || issues.len() >= MAX_ISSUES {
                continue;
            }
            let reach = Reach::of(&source.file);
            let severity = if reach.leaves() {
                Severity::Critical
            } else {
                Severity::Warning
            };
            let path = short(&object.path);
            let message = if own {
                format!("`{path}` stands for other datasets of the file")
            } else {
                let file = short(&source.file);
                format!(
                    "`{path}` takes elements from `{file}`, which {}",
                    reach.words()
                )
            };
            issues.push(
                Issue::new(&VIRTUAL_SOURCE, message)
                    .severity(severity)
                    .at(object.address..object.address.saturating_add(16))
                    .route(path)
                    .evidence(Evidence::text("file", short(&source.file)))
                    .evidence(Evidence::text("dataset", short(&source.dataset))),
            );
        }
    }
    issues
}
