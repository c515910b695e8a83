//! What a report amounts to, given what the user calls a failure.

use ma_core::report::Verdict;
use ma_core::{Report, Severity};

/// What the user calls a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Issues from this severity upward fail.
    pub fail_on: Severity,
    /// Whether a file in a directory that is in no known format counts as not looked at.
    pub unrecognised_counts: bool,
}

impl Default for Bar {
    fn default() -> Self {
        Self {
            fail_on: Severity::Warning,
            unrecognised_counts: false,
        }
    }
}

impl Bar {
    /// What `report` amounts to.
    #[must_use]
    pub fn outcome(&self, report: &Report) -> Outcome {
        let unrecognised = self.unrecognised_counts && report.totals.files_unrecognised > 0;
        match report.verdict(self.fail_on) {
            Verdict::Issues => Outcome::Issues,
            Verdict::Incomplete => Outcome::Incomplete,
            // Nothing found because nothing was looked at is no good news.
            Verdict::Clean if report.totals.files_scanned == 0 => Outcome::NothingScanned,
            Verdict::Clean if unrecognised => Outcome::Incomplete,
            Verdict::Clean => Outcome::Clean,
        }
    }
}

/// What a report amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Everything was looked at and nothing at or above the bar was found.
    Clean,
    /// There is an issue at or above the bar.
    Issues,
    /// There is none, but something was not looked at.
    Incomplete,
    /// There was nothing to look at.
    NothingScanned,
}

impl Outcome {
    /// The word for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Issues => "issues",
            Self::Incomplete => "incomplete",
            Self::NothingScanned => "nothing-scanned",
        }
    }

    /// The exit code: 0 clean, 1 issues, 2 everything that is no verdict.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Issues => 1,
            Self::Incomplete | Self::NothingScanned => 2,
        }
    }
}
