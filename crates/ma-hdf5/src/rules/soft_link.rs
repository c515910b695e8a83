//! Links by path in files that have no use for them.

use ma_core::{Evidence, Issue, declare_rule};

use crate::model::LinkTarget;

use super::{Found, MAX_ISSUES, below, short};

declare_rule! {
    /// ## What it finds
    /// A link by path (a soft link) in a file that Keras wrote or loads.
    /// ## Why it matters
    /// Keras never writes one, and new versions refuse to follow it: it makes one name stand for another object, so that what was checked is not what is loaded, and it can lead on to an external link.
    /// ## What it leaves alone
    /// Other HDF5 files, where such links are ordinary. Hard links.
    /// ## What to do
    /// Ask where the file comes from; load the weights with a current Keras, which refuses it.
    pub static SOFT_LINK = {
        code: "HDF002", name: "hdf5-soft-link", severity: Warning,
        title: "A Keras file has a link by path",
        references: [Cve("CVE-2026-1669"), Cwe(61)],
    }
}

/// One issue a link.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    if !found.keras {
        return Vec::new();
    }
    let links = found
        .file
        .objects
        .iter()
        .flat_map(|o| o.links.iter().map(move |l| (o, l)));
    links
        .filter_map(|(object, link)| {
            let LinkTarget::Soft(path) = &link.target else {
                return None;
            };
            let route = below(&object.path, &link.name);
            let message = format!("`{route}` stands for `{}`", short(path));
            Some(
                Issue::new(&SOFT_LINK, message)
                    .at(link.range.clone())
                    .route(route)
                    .evidence(Evidence::text("path", short(path))),
            )
        })
        .take(MAX_ISSUES)
        .collect()
}
