//! Links to objects of other files.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::model::LinkTarget;
use crate::reach::Reach;

use super::{Found, MAX_ISSUES, below, short};

declare_rule! {
    /// ## What it finds
    /// A link that leads to an object of another file.
    /// ## Why it matters
    /// Whoever reads the linked name reads the other file, without being told: the weights come from a place that nobody checked, and content of a private file can end up in what is saved or sent on.
    /// ## What it leaves alone
    /// Nothing: models are one file. A name that leads out of the directory of the file (absolute, `..`, home directory, another machine) makes it Critical.
    /// ## What to do
    /// Ask the author for a file that holds its data itself; do not load this one where private files can be read.
    pub static EXTERNAL_LINK = {
        code: "HDF001", name: "hdf5-external-link", severity: Warning,
        title: "A link leads to another file",
        references: [Cve("CVE-2026-1669"), Cwe(73), Spec("https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html")],
    }
}

/// One issue a link.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    let links = found
        .file
        .objects
        .iter()
        .flat_map(|o| o.links.iter().map(move |l| (o, l)));
    let external = links.filter_map(|(object, link)| match &link.target {
        LinkTarget::External { file, path } => Some((object, link, file, path)),
        _ => None,
    });
    external
        .take(MAX_ISSUES)
        .map(|(object, link, file, path)| {
            let reach = Reach::of(file);
            let severity = if reach.leaves() {
                Severity::Critical
            } else {
                Severity::Warning
            };
            let route = below(&object.path, &link.name);
            let message = format!(
                "`{route}` is read from `{}`, which {}",
                short(file),
                reach.words()
            );
            Issue::new(&EXTERNAL_LINK, message)
                .severity(severity)
                .at(link.range.clone())
                .route(route)
                .evidence(Evidence::text("file", short(file)))
                .evidence(Evidence::text("path in that file", short(path)))
        })
        .collect()
}
