//! Hard links that lead back.

use ma_core::{Issue, Severity, declare_rule};

use crate::model::AnomalyKind;

use super::{Found, of_kind};

declare_rule! {
    /// ## What it finds
    /// A hard link in a group that leads back to the group itself or to one around it.
    /// ## Why it matters
    /// A program that goes down from group to group and keeps no record of where it was never comes to an end.
    /// ## What it leaves alone
    /// Several names of one object, which are ordinary. Outside of files that Keras wrote or loads it is Info.
    /// ## What to do
    /// Do not walk over the file with a program that may not notice; a model has no use for such a link.
    pub static LINK_CYCLE = {
        code: "HDF012", name: "hdf5-link-cycle", severity: Warning,
        title: "A link leads back to a group around it",
        references: [Cwe(835)],
    }
}

/// One issue a link.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    let severity = if found.keras {
        Severity::Warning
    } else {
        Severity::Info
    };
    let issues = of_kind(found, AnomalyKind::Cycle, &LINK_CYCLE);
    let graded = issues.into_iter().map(|issue| issue.severity(severity));
    graded.collect()
}
