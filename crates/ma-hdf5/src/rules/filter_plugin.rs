//! Filters that need a library to be loaded.

use std::collections::BTreeMap;

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::filters;

use super::{Found, MAX_ISSUES, short};

declare_rule! {
    /// ## What it finds
    /// A dataset that can only be read through a filter that is not part of the library: a number of 256 or more.
    /// ## Why it matters
    /// For such a number the library looks through a directory of plug-ins and loads the one that answers: native code that runs as soon as the dataset is read. Whoever can put a file there, or talks the user into installing "the needed plug-in", runs code.
    /// ## What it leaves alone
    /// The library's own filters, and LZF, which h5py brings along. Filters of the public registry (Blosc, Zstandard, bitshuffle …) are Info; numbers that nobody registered are Warning.
    /// ## What to do
    /// Install plug-ins only from where you know them (the package `hdf5plugin`); ask the author of a model for a file without them.
    pub static FILTER_PLUGIN = {
        code: "HDF005", name: "hdf5-filter-plugin", severity: Warning,
        title: "Reading needs a plug-in of native code",
        references: [Cwe(427), Spec("https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md")],
    }
}

/// One issue a filter, at the first dataset that uses it.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    let mut used = BTreeMap::new();
    for (object, dataset) in found.file.datasets() {
        for filter in dataset.filters.iter().filter(|f| !filters::built_in(f.id)) {
            let entry = used.entry(filter.id).or_insert((object, filter, 0u64));
            entry.2 = entry.2.saturating_add(1);
        }
    }
    used.into_values()
        .take(MAX_ISSUES)
        .map(|(object, filter, count)| {
            let (severity, what) = match filters::name(filter.id) {
                Some(name) => (Severity::Info, format!("{name} ({})", filter.id)),
                None => (
                    Severity::Warning,
                    format!("number {}, which nobody registered", filter.id),
                ),
            };
            let what = match count {
                1 => format!("A dataset needs the filter {what}"),
                n => format!("{n} datasets need the filter {what}"),
            };
            Issue::new(&FILTER_PLUGIN, what)
                .severity(severity)
                .at(object.address..object.address.saturating_add(16))
                .route(short(&object.path))
                .evidence(Evidence::text("name in the file", short(&filter.name)))
        })
        .collect()
}
