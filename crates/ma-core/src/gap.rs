//! Something that was not looked at, and why. Where there is a gap there is no clean verdict.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use crate::artifact::ArtifactPath;

/// Why something was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GapReason {
    /// No scanner knows the format.
    Unrecognised,
    /// The format is known, this variant of it can't be read here.
    Unsupported,
    /// It needs a password.
    Encrypted,
    /// It is broken: no loader, or only some, would read on from there.
    Malformed,
    /// A bound on size, number, depth or work was hit.
    Limit,
    /// The time ran out, or the user stopped the scan.
    Stopped,
    /// The file system, network or archive could not deliver the bytes.
    Unreadable,
    /// A scanner failed inside; this is a bug of ours.
    Crashed,
}

impl fmt::Display for GapReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unrecognised => "unrecognised",
            Self::Unsupported => "unsupported",
            Self::Encrypted => "encrypted",
            Self::Malformed => "malformed",
            Self::Limit => "limit",
            Self::Stopped => "stopped",
            Self::Unreadable => "unreadable",
            Self::Crashed => "crashed",
        })
    }
}

/// Something that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// In which artifact.
    pub artifact: ArtifactPath,
    /// Why.
    pub reason: GapReason,
    /// What exactly, in a sentence.
    pub detail: String,
    /// Which bytes, when that is known.
    pub range: Option<Range<u64>>,
}
