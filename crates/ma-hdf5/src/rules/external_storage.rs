//! Datasets whose bytes lie in other files.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::reach::Reach;

use super::{Found, MAX_ISSUES, short};

declare_rule! {
    /// ## What it finds
    /// A dataset whose bytes lie in another file, whatever that file is.
    /// ## Why it matters
    /// Reading the dataset hands out the bytes of any file that it names, `/etc/passwd` or a private key as well, as if they were weights. Saved or sent on, they are gone.
    /// ## What it leaves alone
    /// Nothing: models hold their data themselves. A name that leads out of the directory of the file makes it Critical.
    /// ## What to do
    /// Do not load it where private files can be read; ask the author for a file that holds its data itself.
    pub static EXTERNAL_STORAGE = {
        code: "HDF003", name: "hdf5-external-storage", severity: Warning,
        title: "A dataset takes its bytes from another file",
        references: [Cve("CVE-2026-1669"), Cwe(73)],
    }
}

/// One issue a file name.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    let files = found
        .file
        .datasets()
        .flat_map(|(object, dataset)| dataset.external_files.iter().map(move |f| (object, f)));
    files
        .take(MAX_ISSUES)
        .map(|(object, file)| {
            let reach = Reach::of(&file.name);
            let severity = if reach.leaves() {
                Severity::Critical
            } else {
                Severity::Warning
            };
            let message = format!(
                "`{}` takes its bytes from `{}`, which {}",
                short(&object.path),
                short(&file.name),
                reach.words()
            );
            let size = if file.size > u64::from(u32::MAX) << 16 {
                "all".to_owned()
            } else {
                file.size.to_string()
            };
            Issue::new(&EXTERNAL_STORAGE, message)
                .severity(severity)
                .at(object.address..object.address.saturating_add(16))
                .route(short(&object.path))
                .evidence(Evidence::text("file", short(&file.name)))
                .evidence(Evidence::fact(
                    "bytes",
                    format!("{size} from byte {}", file.offset),
                ))
        })
        .collect()
}
