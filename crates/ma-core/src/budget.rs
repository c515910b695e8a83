//! Bounds on time, memory and work, and the counters that nesting can't reset.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::crew::Crew;

/// The configured bounds of a scan. All sizes are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Containers within containers; the target itself is at depth 0.
    pub max_depth: u32,
    /// Artifacts (members, children) opened below one target.
    pub max_artifacts: u64,
    /// Bytes that decompression may produce below one target.
    pub max_expanded: u64,
    /// Bytes out per byte in, above which a compressed stream counts as a bomb once it has produced
    /// [`Limits::bomb_floor`] bytes.
    pub max_ratio: u64,
    /// Output below which no ratio is called a bomb.
    pub bomb_floor: u64,
    /// The largest single allocation that a length in a file may cause.
    pub max_alloc: u64,
    /// Loop turns over input below one target; a scanner charges them in bulk.
    pub max_steps: u64,
    /// Files above this size are not scanned (a gap); `None` = no limit.
    pub max_file_size: Option<u64>,
    /// Targets together; what lies beyond is not scanned (a gap); `None` = no limit.
    pub max_total_size: Option<u64>,
    /// Issues kept per artifact and rule; further ones are counted in a gap.
    pub max_issues_per_rule: u32,
    /// Wall-clock time for one target with all that lies in it; `None` = no limit.
    pub file_timeout: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_depth: 16,
            max_artifacts: 200_000,
            max_expanded: 16 << 30,
            max_ratio: 200,
            bomb_floor: 256 << 20,
            max_alloc: 64 << 20,
            max_steps: 20_000_000_000,
            max_file_size: None,
            max_total_size: None,
            max_issues_per_rule: 50,
            file_timeout: None,
        }
    }
}

/// Which bound was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitKind {
    /// [`Limits::max_depth`].
    Depth,
    /// [`Limits::max_artifacts`].
    Artifacts,
    /// [`Limits::max_expanded`].
    Expanded,
    /// [`Limits::max_ratio`].
    Ratio,
    /// [`Limits::max_alloc`].
    Allocation,
    /// [`Limits::max_steps`].
    Steps,
    /// The time that was allowed.
    Time,
    /// The user asked to stop.
    Cancelled,
    /// Memory that a reader may hold for its own state.
    Memory,
}

/// A bound that was hit, with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitHit {
    /// Which bound.
    pub kind: LimitKind,
    /// Its configured value (bytes, count, or milliseconds for [`LimitKind::Time`]).
    pub limit: u64,
}

impl fmt::Display for LimitHit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.limit;
        match self.kind {
            LimitKind::Depth => write!(f, "nested deeper than {n} containers"),
            LimitKind::Artifacts => write!(f, "more than {n} parts"),
            LimitKind::Expanded => write!(f, "decompresses to more than {n} bytes in total"),
            LimitKind::Ratio => write!(f, "decompresses to more than {n} times its size"),
            LimitKind::Allocation => write!(f, "one piece is larger than {n} bytes"),
            LimitKind::Steps => write!(f, "took more than {n} steps"),
            LimitKind::Time => write!(f, "the time limit of {n} ms ran out"),
            LimitKind::Cancelled => write!(f, "the scan was interrupted"),
            LimitKind::Memory => write!(f, "needs more than {n} bytes of working memory"),
        }
    }
}

impl std::error::Error for LimitHit {}

/// What all targets of one run share.
#[derive(Debug)]
struct Run {
    limits: Limits,
    cancelled: Arc<AtomicBool>,
    deadline: Option<(Instant, u64)>,
    crew: Arc<Crew>,
}

/// The counters of one scan tree: a target with everything found inside it.
///
/// Counters are atomic, so a budget can be shared; they only ever grow.
#[derive(Debug)]
pub struct Budget {
    run: Arc<Run>,
    deadline: Option<(Instant, u64)>,
    steps: AtomicU64,
    expanded: AtomicU64,
    artifacts: AtomicU64,
    read: AtomicU64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Budget {
    /// A budget with its own counters and no deadline.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self::for_run(limits, None, Arc::new(AtomicBool::new(false)))
    }

    /// A budget for a whole run: `timeout` counts from now, and setting `cancelled` ends it at the
    /// next check.
    #[must_use]
    pub fn for_run(limits: Limits, timeout: Option<Duration>, cancelled: Arc<AtomicBool>) -> Self {
        Self::for_crew(limits, timeout, cancelled, Arc::new(Crew::new(Some(1))))
    }

    /// The same for a run whose threads are these.
    #[must_use]
    pub fn for_crew(
        limits: Limits,
        timeout: Option<Duration>,
        cancelled: Arc<AtomicBool>,
        crew: Arc<Crew>,
    ) -> Self {
        let deadline = deadline_in(timeout);
        Self::with_run(Arc::new(Run {
            limits,
            cancelled,
            deadline,
            crew,
        }))
    }

    /// The threads of the run, for what can be done side by side without changing the result.
    #[must_use]
    pub fn crew(&self) -> &Crew {
        &self.run.crew
    }

    fn with_run(run: Arc<Run>) -> Self {
        let deadline = deadline_in(run.limits.file_timeout);
        Self {
            run,
            deadline,
            steps: AtomicU64::new(0),
            expanded: AtomicU64::new(0),
            artifacts: AtomicU64::new(0),
            read: AtomicU64::new(0),
        }
    }

    /// Fresh counters for the next target of the same run; limits, deadline and cancellation are
    /// shared.
    #[must_use]
    pub fn next_tree(&self) -> Self {
        Self::with_run(Arc::clone(&self.run))
    }

    /// The configured bounds.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.run.limits
    }

    /// Time and cancellation. Costs a clock reading: call it per block, not per byte.
    ///
    /// # Errors
    /// When the time is up or the user asked to stop.
    pub fn check(&self) -> Result<(), LimitHit> {
        if self.run.cancelled.load(Ordering::Relaxed) {
            return Err(LimitHit {
                kind: LimitKind::Cancelled,
                limit: 0,
            });
        }
        for (deadline, limit) in [self.deadline, self.run.deadline].into_iter().flatten() {
            if Instant::now() >= deadline {
                return Err(LimitHit {
                    kind: LimitKind::Time,
                    limit,
                });
            }
        }
        Ok(())
    }

    /// True when the whole run is over: the user stopped it, or its time (not only this tree's) is up.
    #[must_use]
    pub fn run_is_over(&self) -> bool {
        let late = |(deadline, _): (Instant, u64)| Instant::now() >= deadline;
        self.run.cancelled.load(Ordering::Relaxed) || self.run.deadline.is_some_and(late)
    }

    /// Charges `n` loop turns and looks at the clock.
    ///
    /// # Errors
    /// When the steps or the time are used up.
    pub fn charge_steps(&self, n: u64) -> Result<(), LimitHit> {
        charge(&self.steps, n, self.run.limits.max_steps, LimitKind::Steps)?;
        self.check()
    }

    /// Charges `n` bytes that decompression produced.
    ///
    /// # Errors
    /// When the total for this tree is used up.
    pub fn charge_expanded(&self, n: u64) -> Result<(), LimitHit> {
        charge(
            &self.expanded,
            n,
            self.run.limits.max_expanded,
            LimitKind::Expanded,
        )
    }

    /// Charges one more artifact.
    ///
    /// # Errors
    /// When there are too many.
    pub fn charge_artifact(&self) -> Result<(), LimitHit> {
        charge(
            &self.artifacts,
            1,
            self.run.limits.max_artifacts,
            LimitKind::Artifacts,
        )
    }

    /// Notes bytes that were read from the target, for the report.
    pub fn note_read(&self, n: u64) {
        self.read.fetch_add(n, Ordering::Relaxed);
    }

    /// Bytes read so far, as noted by [`Budget::note_read`] and by cursors.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

fn deadline_in(timeout: Option<Duration>) -> Option<(Instant, u64)> {
    let timeout = timeout?;
    let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    // A timeout beyond what the clock can count is no timeout.
    Some((Instant::now().checked_add(timeout)?, millis))
}

fn charge(counter: &AtomicU64, n: u64, limit: u64, kind: LimitKind) -> Result<(), LimitHit> {
    let before = counter.fetch_add(n, Ordering::Relaxed);
    if before.saturating_add(n) > limit {
        return Err(LimitHit { kind, limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_per_tree_and_cancellation_is_per_run() {
        let cancelled = Arc::new(AtomicBool::new(false));
        let limits = Limits {
            max_steps: 10,
            ..Limits::default()
        };
        let run = Budget::for_run(limits, None, Arc::clone(&cancelled));
        let tree = run.next_tree();
        assert!(tree.charge_steps(10).is_ok());
        assert_eq!(tree.charge_steps(1).unwrap_err().kind, LimitKind::Steps);
        assert!(run.next_tree().charge_steps(10).is_ok());
        cancelled.store(true, Ordering::Relaxed);
        assert_eq!(run.check().unwrap_err().kind, LimitKind::Cancelled);
        assert_eq!(tree.check().unwrap_err().kind, LimitKind::Cancelled);
    }

    #[test]
    fn a_deadline_in_the_past_is_hit() {
        let run = Budget::for_run(
            Limits::default(),
            Some(Duration::ZERO),
            Arc::new(AtomicBool::new(false)),
        );
        assert_eq!(run.check().unwrap_err().kind, LimitKind::Time);
    }
}
