//! The file ends before the end that it states.

use ma_core::{Evidence, Issue, declare_rule};

use super::Found;

declare_rule! {
    /// ## What it finds
    /// A file that is shorter than the end that its superblock states.
    /// ## Why it matters
    /// It is not what its author made: the transfer broke off, or somebody cut it. The usual library refuses it, others read on, so what was checked and what is loaded may differ.
    /// ## What it leaves alone
    /// Complete files.
    /// ## What to do
    /// Fetch it again, and compare its checksum with the author's.
    pub static TRUNCATED = {
        code: "HDF007", name: "hdf5-truncated", severity: Warning,
        title: "The file is cut off",
        references: [Spec("https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html")],
    }
}

/// Fires when bytes are missing.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    let Some(block) = found.file.superblock.as_ref().filter(|b| b.end > found.len) else {
        return Vec::new();
    };
    let message = format!(
        "The file should have {} bytes, and it has {}",
        block.end, found.len
    );
    vec![
        Issue::new(&TRUNCATED, message)
            .at(block.range.clone())
            .evidence(Evidence::fact(
                "missing",
                format!("{} bytes", block.end.saturating_sub(found.len)),
            )),
    ]
}
