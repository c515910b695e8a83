//! The context of one scan of one artifact: where results go, the budget, and the user's choices.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use crate::artifact::{Artifact, ArtifactPath};
use crate::blob::Blob;
use crate::budget::Budget;
use crate::detector::Region;
use crate::gap::{Gap, GapReason};
use crate::issue::Issue;
use crate::kind::Kind;
use crate::scanner::ScanError;

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// What a loader interprets; the weights are not read. A choice, not a gap.
    Structure,
    /// Every byte once.
    #[default]
    Full,
}

/// What the user chose for the scan itself (a [`crate::Policy`] is about what comes after it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanOptions {
    /// How much is read.
    pub depth: Depth,
    /// Bytes at each end of a region of weights that are searched for what the lowest bits of its
    /// numbers may hide, at most; of a small region it is less, so that it stays a small part of the
    /// work. `u64::MAX` = all of every region, which takes many times as long.
    pub carve: u64,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            depth: Depth::default(),
            carve: 1 << 20,
        }
    }
}

impl ScanOptions {
    /// Options with that depth.
    #[must_use]
    pub fn with_depth(depth: Depth) -> Self {
        Self {
            depth,
            ..Self::default()
        }
    }

    /// The same with that many bytes at each end of a region of weights searched for hidden bits.
    #[must_use]
    pub fn carve(mut self, bytes: u64) -> Self {
        self.carve = bytes;
        self
    }
}

/// Receives what a scan finds. `Break` asks the scanner to stop.
pub trait Sink {
    /// A rule fired.
    fn issue(&mut self, issue: Issue) -> ControlFlow<()>;

    /// Something was not looked at.
    fn gap(&mut self, gap: Gap);

    /// Something inside the artifact that deserves its own look. Who embeds one crate and does not
    /// scan children is told so by the default: a gap, so that nothing vanishes.
    fn child(&mut self, child: Artifact) -> ControlFlow<()> {
        let what = child.hint.map_or("part", Kind::name);
        self.gap(Gap {
            artifact: child.path.clone(),
            reason: GapReason::Unsupported,
            detail: format!("an embedded {what} was found and nothing here scans it"),
            range: None,
        });
        ControlFlow::Continue(())
    }

    /// These bytes are weights, text, metadata …: what detectors look at, and how.
    fn region(&mut self, _region: Region) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// A sink that keeps everything, for tests and small embedders.
#[derive(Debug, Default)]
pub struct Collector {
    /// Issues in the order in which they came.
    pub issues: Vec<Issue>,
    /// Gaps in the order in which they came.
    pub gaps: Vec<Gap>,
    /// Children in the order in which they came.
    pub children: Vec<Artifact>,
    /// Regions in the order in which they came.
    pub regions: Vec<Region>,
}

impl Sink for Collector {
    fn issue(&mut self, issue: Issue) -> ControlFlow<()> {
        self.issues.push(issue);
        ControlFlow::Continue(())
    }

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    fn child(&mut self, child: Artifact) -> ControlFlow<()> {
        self.children.push(child);
        ControlFlow::Continue(())
    }

    fn region(&mut self, region: Region) -> ControlFlow<()> {
        self.regions.push(region);
        ControlFlow::Continue(())
    }
}

/// What a scanner is given besides its target.
pub struct Cx<'a> {
    artifact: &'a Artifact,
    budget: &'a Budget,
    options: ScanOptions,
    sink: &'a mut dyn Sink,
    gaps: u64,
}

impl<'a> Cx<'a> {
    /// A context for one artifact.
    pub fn new(
        artifact: &'a Artifact,
        budget: &'a Budget,
        options: ScanOptions,
        sink: &'a mut dyn Sink,
    ) -> Self {
        Self {
            artifact,
            budget,
            options,
            sink,
            gaps: 0,
        }
    }

    /// The artifact that is being scanned.
    #[must_use]
    pub fn artifact(&self) -> &'a Artifact {
        self.artifact
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &'a ArtifactPath {
        &self.artifact.path
    }

    /// The shared bounds.
    #[must_use]
    pub fn budget(&self) -> &'a Budget {
        self.budget
    }

    /// How much is to be read.
    #[must_use]
    pub fn depth(&self) -> Depth {
        self.options.depth
    }

    /// The user's choices.
    #[must_use]
    pub fn options(&self) -> ScanOptions {
        self.options
    }

    /// Gaps reported through this context so far.
    #[must_use]
    pub fn gaps(&self) -> u64 {
        self.gaps
    }

    /// Reports an issue; the artifact's path is filled in here.
    ///
    /// # Errors
    /// [`ScanError::Stopped`] when the receiver wants no more.
    pub fn issue(&mut self, mut issue: Issue) -> Result<(), ScanError> {
        issue.location.artifact = self.artifact.path.clone();
        stopped(self.sink.issue(issue))
    }

    /// Reports that something was not looked at.
    pub fn gap(&mut self, reason: GapReason, detail: impl Into<String>) {
        self.gap_in(reason, detail, None);
    }

    /// Reports that these bytes were not looked at.
    pub fn gap_at(&mut self, reason: GapReason, detail: impl Into<String>, range: Range<u64>) {
        self.gap_in(reason, detail, Some(range));
    }

    fn gap_in(&mut self, reason: GapReason, detail: impl Into<String>, range: Option<Range<u64>>) {
        self.gaps = self.gaps.saturating_add(1);
        self.sink.gap(Gap {
            artifact: self.artifact.path.clone(),
            reason,
            detail: detail.into(),
            range,
        });
    }

    /// Hands out a part of the artifact for its own look.
    ///
    /// # Errors
    /// [`ScanError::Stopped`] when the receiver wants no more.
    pub fn child(
        &mut self,
        name: impl Into<Arc<str>>,
        blob: Blob,
        hint: Option<Kind>,
    ) -> Result<(), ScanError> {
        let child = self.artifact.child(name, blob, hint);
        stopped(self.sink.child(child))
    }

    /// Passes on what was collected about the same artifact elsewhere (on another thread, say).
    ///
    /// # Errors
    /// [`ScanError::Stopped`] when the receiver wants no more.
    pub fn pass_on(&mut self, found: Collector) -> Result<(), ScanError> {
        for gap in found.gaps {
            self.gaps = self.gaps.saturating_add(1);
            self.sink.gap(gap);
        }
        for issue in found.issues {
            stopped(self.sink.issue(issue))?;
        }
        for child in found.children {
            stopped(self.sink.child(child))?;
        }
        for region in found.regions {
            stopped(self.sink.region(region))?;
        }
        Ok(())
    }

    /// Says what some bytes are.
    ///
    /// # Errors
    /// [`ScanError::Stopped`] when the receiver wants no more.
    pub fn region(&mut self, region: Region) -> Result<(), ScanError> {
        stopped(self.sink.region(region))
    }
}

fn stopped(flow: ControlFlow<()>) -> Result<(), ScanError> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ScanError::Stopped),
    }
}
