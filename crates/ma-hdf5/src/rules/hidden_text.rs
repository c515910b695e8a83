//! Text behind the NUL where readers stop.

use ma_core::{Issue, declare_rule};

use crate::model::AnomalyKind;

use super::{Found, of_kind};

declare_rule! {
    /// ## What it finds
    /// A text attribute that goes on behind its first NUL with 16 or more printable characters.
    /// ## Why it matters
    /// The usual library stops at the NUL, others do not: a configuration can show one model to a scanner and another one to the loader.
    /// ## What it leaves alone
    /// The few characters of an older value that a rewritten field may keep. Texts that are padded with NULs.
    /// ## What to do
    /// Look at what is behind the NUL.
    pub static HIDDEN_TEXT = {
        code: "HDF014", name: "hdf5-hidden-text", severity: Warning,
        title: "Text goes on where readers stop",
        references: [Cwe(158)],
    }
}

/// One issue an attribute.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    of_kind(found, AnomalyKind::HiddenText, &HIDDEN_TEXT)
}
