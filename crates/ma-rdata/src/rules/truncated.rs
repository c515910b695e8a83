//! The file ends before what it declares.

use ma_core::{Issue, declare_rule};

use crate::model::Anomaly;

declare_rule! {
    /// ## What it finds
    /// A file that ends before the bytes that its header declares.
    ///
    /// ## Why it matters
    /// It is not what its author made: the transfer broke off, or somebody cut it.
    ///
    /// ## What it leaves alone
    /// Complete files.
    ///
    /// ## What to do
    /// Fetch it again.
    pub static TRUNCATED = {
        code: "RDA001", name: "rdata-truncated", severity: Warning,
        title: "The file is cut off",
        references: [],
    }
}

/// The issue, when there is one.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let Anomaly::Truncated { declared, len } = anomaly;
    let end = declared.end;
    let message = format!("The body should end at byte {end}, the file has {len}");
    Some(Issue::new(&TRUNCATED, message).at(declared.clone()))
}
