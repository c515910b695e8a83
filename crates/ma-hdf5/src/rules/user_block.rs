//! What lies in front of the superblock.

use ma_core::{Issue, Severity, declare_rule};
use ma_wire::Content;

use crate::stray::Place;

use super::Found;

declare_rule! {
    /// ## What it finds
    /// A user block (the room that HDF5 leaves in front of its own beginning) that begins as a program, a script, an archive or a pickle.
    /// ## Why it matters
    /// The file is two things at once. Readers of HDF5 skip the block, and a system that runs or unpacks the file sees nothing but the block.
    /// ## What it leaves alone
    /// Zeros and text, such as the line that MATLAB writes there. Other bytes are Info.
    /// ## What to do
    /// Do not run or unpack it; ask the author what the block is for.
    pub static USER_BLOCK = {
        code: "HDF009", name: "hdf5-user-block", severity: Critical,
        title: "Another file stands in front of the HDF5 file",
        references: [Cwe(646), Spec("https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html")],
    }
}

/// Fires on a user block that is something.
#[must_use]
pub fn check(found: &Found<'_>) -> Vec<Issue> {
    let blocks = found.stray.iter().filter(|s| s.place == Place::Before);
    blocks
        .filter_map(|stray| {
            let count = stray.range.end.saturating_sub(stray.range.start);
            let (severity, what) = match stray.content {
                Content::Zeros => return None,
                content if content.is_active() => (Severity::Critical, content.to_string()),
                _ if stray.text => return None,
                content => (Severity::Info, content.to_string()),
            };
            let message = format!("{count} bytes stand in front of the HDF5 file: {what}");
            Some(
                Issue::new(&USER_BLOCK, message)
                    .severity(severity)
                    .at(stray.range.clone()),
            )
        })
        .collect()
}
