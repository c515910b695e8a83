//! Pickles in attributes and datasets.

use ma_core::{Evidence, Issue, declare_rule};
use ma_wire::Content;

use super::Found;

declare_rule! {
    /// ## What it finds
    /// Attributes and datasets that hold pickles, as PyTables and pandas write them for values that HDF5 has no type for.
    /// ## Why it matters
    /// PyTables and pandas unpickle them as soon as the value is read, and a pickle can run any code. What each of them does is scanned and reported on its own.
    /// ## What it leaves alone
    /// Nothing: it is good to know, and no more than that by itself.
    /// ## What to do
    /// Read the file with h5py, which hands out the bytes, unless you trust where it comes from.
    pub static PICKLED_VALUE = {
        code: "HDF015", name: "hdf5-pickled-value", severity: Info,
        title: "Values are pickles",
        references: [Cwe(502), Spec("https://www.pytables.org/usersguide/libref/declarative_classes.html#the-attributeset-class")],
    }
}

/// Examples that are named.
const EXAMPLES: usize = 5;

/// One issue a file.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    let mut pickles = found
        .payloads
        .iter()
        .filter(|p| p.content == Content::Pickle);
    let Some(first) = pickles.next() else {
        return Vec::new();
    };
    let count = pickles.clone().count().saturating_add(1);
    let message = match count {
        1 => format!("`{}` holds a pickle", first.route),
        n => format!("{n} values hold pickles, the first is `{}`", first.route),
    };
    let mut issue = Issue::new(&PICKLED_VALUE, message)
        .at(first.range.clone())
        .route(first.route.clone());
    for pickle in pickles.take(EXAMPLES) {
        issue = issue.evidence(Evidence::text("also", pickle.route.clone()));
    }
    vec![issue]
}
