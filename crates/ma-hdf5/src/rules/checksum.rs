//! Checksums that do not fit.

use ma_core::{Issue, declare_rule};

use crate::model::AnomalyKind;

use super::{Found, of_kind};

declare_rule! {
    /// ## What it finds
    /// A superblock or an object header whose checksum does not fit its bytes.
    /// ## Why it matters
    /// The bytes were changed after the file was written, by a damaged disk or by hand. The usual library refuses the object, readers that do not check take it as it is.
    /// ## What it leaves alone
    /// Structures of old versions, which have no checksum.
    /// ## What to do
    /// Fetch the file again from its author.
    pub static CHECKSUM = {
        code: "HDF011", name: "hdf5-checksum", severity: Warning,
        title: "A checksum does not fit",
        references: [Cwe(354)],
    }
}

/// One issue a structure.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    of_kind(found, AnomalyKind::Checksum, &CHECKSUM)
}
