//! Two links of one name.

use ma_core::{Issue, declare_rule};

use crate::model::AnomalyKind;

use super::{Found, of_kind};

declare_rule! {
    /// ## What it finds
    /// A group with two links of the same name.
    /// ## Why it matters
    /// Libraries do not write that, and readers differ in which of the two they take: one sees harmless weights, another one the object that was hidden behind them.
    /// ## What it leaves alone
    /// Several names of one object.
    /// ## What to do
    /// Do not load it; nobody gets such a file by accident.
    pub static DUPLICATE_LINK = {
        code: "HDF013", name: "hdf5-duplicate-link", severity: Warning,
        title: "A group has the same name twice",
        references: [Cwe(436)],
    }
}

/// One issue a name.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    of_kind(found, AnomalyKind::DuplicateLink, &DUPLICATE_LINK)
}
