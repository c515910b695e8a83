//! The result of a scan, in an order that depends on the input alone.

use crate::artifact::ArtifactPath;
use crate::cx::Depth;
use crate::gap::Gap;
use crate::issue::Issue;
use crate::policy::Hidden;
use crate::rule::Severity;

/// What became of one artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactRecord {
    /// The way to it.
    pub path: ArtifactPath,
    /// Its size in bytes.
    pub size: u64,
    /// Ids of the formats that it was read as, sorted; empty when nothing recognised it.
    pub formats: Vec<&'static str>,
    /// True when everything that a loader would interpret was looked at.
    pub complete: bool,
    /// False for what no model loader opens: plain text, or bytes that nothing recognised.
    pub model: bool,
    /// Containers around it; 0 for a file that the user named or a directory held.
    pub depth: u32,
    /// The SHA-256 of its bytes in hexadecimal, for a file when hashes were asked for.
    pub sha256: Option<String>,
}

/// Something that kept a target from being scanned at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The target as the user wrote it.
    pub target: String,
    /// What is wrong, and what to do about it.
    pub message: String,
}

/// Counts over a whole scan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files that at least one scanner or opener took.
    pub files_scanned: u64,
    /// Files in directories that no scanner recognised by content.
    pub files_unrecognised: u64,
    /// Artifacts looked at, members and embedded parts included.
    pub artifacts: u64,
    /// Bytes of all target files.
    pub bytes: u64,
    /// Bytes read from them.
    pub bytes_read: u64,
}

/// The result of a scan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How much was read.
    pub depth: Depth,
    /// What the user asked for.
    pub targets: Vec<String>,
    /// What was looked at.
    pub artifacts: Vec<ArtifactRecord>,
    /// What was found, in the order of the artifacts and of the bytes in them.
    pub issues: Vec<Issue>,
    /// What the policy hid.
    pub hidden: Vec<Hidden>,
    /// What was not looked at.
    pub gaps: Vec<Gap>,
    /// Targets that could not be scanned at all.
    pub failures: Vec<Failure>,
    /// Counts.
    pub totals: Totals,
    /// True when the user stopped the scan or its time ran out.
    pub interrupted: bool,
}

/// The answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing at or above the failing severity, and nothing left out.
    Clean,
    /// At least one issue at or above the failing severity.
    Issues,
    /// No such issue, but something was not looked at.
    Incomplete,
}

impl Report {
    /// How many issues of that severity there are.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let same = self.issues.iter().filter(|i| i.severity == severity);
        same.count()
    }

    /// The worst severity found.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.issues.iter().map(|i| i.severity).max()
    }

    /// The answer, with issues from `fail_on` upward counting. Issues outrank gaps: who found a
    /// payload need not have read the rest.
    #[must_use]
    pub fn verdict(&self, fail_on: Severity) -> Verdict {
        if self.worst().is_some_and(|worst| worst >= fail_on) {
            Verdict::Issues
        } else if !self.gaps.is_empty() || !self.failures.is_empty() || self.interrupted {
            Verdict::Incomplete
        } else {
            Verdict::Clean
        }
    }

    /// The exit code of the command line: 0 clean, 1 issues, 2 incomplete.
    #[must_use]
    pub fn exit_code(&self, fail_on: Severity) -> u8 {
        match self.verdict(fail_on) {
            Verdict::Clean => 0,
            Verdict::Issues => 1,
            Verdict::Incomplete => 2,
        }
    }
}
