//! Detectors over regions: the bytes are read once, and every detector that wants the region's kind
//! sees each piece, on as many threads as are free.
//!
//! ```text
//! region    what a scanner declared                       any size
//! unit      what one thread takes at a time               4 MiB of one region, or many small regions
//! piece     what is read, and looked at by all detectors  256 KiB: it stays in the processor's cache
//! wave      units after which results are put in order    64
//! ```
//!
//! All sizes are constants and all pieces are counted from the beginning of their region, so what is
//! found and in which order does not depend on the number of threads. Memory: one piece a thread.

use std::collections::{HashMap, HashSet};
use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use ma_core::detector::{AFTER, BEFORE};
use ma_core::{
    Artifact, Budget, Collector, Crew, Cx, Detector, DetectorPass, GapReason, Piece, Region,
    ScanError, ScanOptions, Severity,
};

use crate::registry::Registry;

/// How regions are cut.
#[derive(Debug, Clone, Copy)]
struct Cuts {
    piece: u64,
    unit: u64,
}

const CUTS: Cuts = Cuts {
    piece: 256 << 10,
    unit: 4 << 20,
};

/// Regions that one unit takes at most.
const UNIT_REGIONS: usize = 64;

/// Units between two times that results are put in order.
const WAVE: usize = 64;

/// Fewer bytes than this are not worth a second thread.
const WORTH_HELP: u64 = 16 << 20;

/// Issues of one rule and severity that are kept of one artifact. The report lists far fewer; this
/// keeps a file made of nothing else from filling the memory.
const MAX_ISSUES: usize = 2000;

/// Feeds the regions of `artifact` to the detectors that want them.
pub(crate) fn run(
    registry: &Registry,
    artifact: &Artifact,
    regions: Vec<Region>,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let crew = cx.budget().crew();
    cut_and_run(&registry.detectors, crew, artifact, regions, CUTS, cx)
}

fn cut_and_run(
    detectors: &[Box<dyn Detector>],
    crew: &Crew,
    artifact: &Artifact,
    regions: Vec<Region>,
    cuts: Cuts,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let regions = worth_a_look(detectors, regions, artifact.blob.len());
    if regions.is_empty() {
        return Ok(());
    }
    let passes = long_passes(detectors, &regions, cuts);
    let job = Job {
        detectors,
        artifact,
        regions: &regions,
        passes: &passes,
        cuts,
        budget: cx.budget(),
        options: cx.options(),
    };
    let units = units(&regions, cuts);
    let bytes = units.iter().map(Unit::bytes).fold(0, u64::saturating_add);
    let mut kept = Kept::default();
    for wave in units.chunks(WAVE) {
        let crew = crew.hire(helpers(wave.len(), bytes));
        let done = side_by_side(crew.len(), wave, |unit, window, found| {
            job.unit(unit, window, found)
        });
        kept.pass_on(done, cx)?;
    }
    let long: Vec<&Vec<Pass<'_>>> = passes.iter().filter(|p| !p.is_empty()).collect();
    for wave in long.chunks(WAVE) {
        let crew = crew.hire(helpers(wave.len(), bytes));
        let done = side_by_side(crew.len(), wave, |passes, _, found| {
            job.finish(passes, found)
        });
        kept.pass_on(done, cx)?;
    }
    Ok(())
}

/// Threads that are wanted besides the present one.
fn helpers(tasks: usize, bytes: u64) -> usize {
    match bytes < WORTH_HELP {
        true => 0,
        false => tasks.saturating_sub(1),
    }
}

/// The regions that somebody wants, each once, ending with the bytes.
fn worth_a_look(detectors: &[Box<dyn Detector>], regions: Vec<Region>, len: u64) -> Vec<Region> {
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for mut region in regions {
        region.range.end = region.range.end.min(len);
        let wanted = detectors.iter().any(|d| d.wants(region.kind));
        if wanted
            && region.range.start < region.range.end
            && seen.insert((region.range.clone(), region.kind))
        {
            kept.push(region);
        }
    }
    kept
}

type Pass<'d> = Box<dyn DetectorPass + 'd>;

fn begin<'d>(detectors: &'d [Box<dyn Detector>], region: &'d Region) -> Vec<Pass<'d>> {
    let wanting = detectors.iter().filter(|d| d.wants(region.kind));
    wanting.map(|d| d.begin(region)).collect()
}

/// The passes over regions that are more than one unit. Those over smaller ones are begun and ended
/// by the thread that takes the region.
fn long_passes<'d>(
    detectors: &'d [Box<dyn Detector>],
    regions: &'d [Region],
    cuts: Cuts,
) -> Vec<Vec<Pass<'d>>> {
    let long = |region: &Region| length(&region.range) > cuts.unit;
    regions
        .iter()
        .map(|region| match long(region) {
            true => begin(detectors, region),
            false => Vec::new(),
        })
        .collect()
}

fn length(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

/// What one thread takes at a time.
#[derive(Debug, PartialEq, Eq)]
enum Unit {
    /// A part of a long region.
    Part(usize, Range<u64>),
    /// Whole regions in a row.
    Whole(Range<usize>, u64),
}

impl Unit {
    fn bytes(&self) -> u64 {
        match self {
            Self::Part(_, range) => length(range),
            Self::Whole(_, bytes) => *bytes,
        }
    }
}

fn units(regions: &[Region], cuts: Cuts) -> Vec<Unit> {
    let mut units = Vec::new();
    for (i, region) in regions.iter().enumerate() {
        let len = length(&region.range);
        if len > cuts.unit {
            let mut at = region.range.start;
            while at < region.range.end {
                let end = at.saturating_add(cuts.unit).min(region.range.end);
                units.push(Unit::Part(i, at..end));
                at = end;
            }
            continue;
        }
        match units.last_mut() {
            Some(Unit::Whole(range, bytes))
                if range.len() < UNIT_REGIONS
                    && range.end == i
                    && bytes.saturating_add(len) <= cuts.unit =>
            {
                range.end = i.saturating_add(1);
                *bytes = bytes.saturating_add(len);
            }
            _ => units.push(Unit::Whole(i..i.saturating_add(1), len)),
        }
    }
    units
}

/// Everything that a thread needs to work on a unit.
struct Job<'a> {
    detectors: &'a [Box<dyn Detector>],
    artifact: &'a Artifact,
    regions: &'a [Region],
    passes: &'a [Vec<Pass<'a>>],
    cuts: Cuts,
    budget: &'a Budget,
    options: ScanOptions,
}

/// What came of a unit, with its number.
type Done = (usize, Collector, Result<(), ScanError>);

/// Does all tasks, on this thread and so many helpers; what came of them, in their order.
fn side_by_side<T: Sync>(
    helpers: usize,
    tasks: &[T],
    body: impl Fn(&T, &mut Window, &mut Collector) -> Result<(), ScanError> + Sync,
) -> Vec<Done> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        let mut window = Window::default();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = tasks.get(i) else {
                break;
            };
            let mut found = Collector::default();
            let result = body(task, &mut window, &mut found);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((i, found, result));
        }
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            // Without another thread this one does it all.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(i, ..)| *i);
    done
}

impl Job<'_> {
    fn unit(
        &self,
        unit: &Unit,
        window: &mut Window,
        found: &mut Collector,
    ) -> Result<(), ScanError> {
        match unit {
            Unit::Part(i, range) => {
                if let (Some(region), Some(passes)) = (self.regions.get(*i), self.passes.get(*i)) {
                    self.look(region, range, passes, window, found)?;
                }
            }
            Unit::Whole(range, _) => {
                for region in self.regions.get(range.clone()).unwrap_or(&[]) {
                    let passes = begin(self.detectors, region);
                    self.look(region, &region.range, &passes, window, found)?;
                    self.finish(&passes, found)?;
                }
            }
        }
        Ok(())
    }

    fn look(
        &self,
        region: &Region,
        range: &Range<u64>,
        passes: &[Pass<'_>],
        window: &mut Window,
        found: &mut Collector,
    ) -> Result<(), ScanError> {
        let in_memory = self.artifact.blob.as_slice();
        let mut at = range.start;
        while at < range.end {
            self.budget.check()?;
            let end = at.saturating_add(self.cuts.piece).min(range.end);
            let from = at.saturating_sub(BEFORE as u64).max(region.range.start);
            let to = end.saturating_add(AFTER as u64).min(region.range.end);
            self.budget.note_read(end.saturating_sub(at));
            let bytes = match in_memory {
                Some(all) => all.get(index(from)..index(to)).unwrap_or(&[]),
                None => window.read(self.artifact, from..to)?,
            };
            let own = index(at.saturating_sub(from))..index(end.saturating_sub(from));
            let piece = Piece {
                region,
                bytes,
                offset: from,
                own,
            };
            for pass in passes {
                self.guarded(found, |cx| pass.look(&piece, cx))?;
            }
            at = end;
        }
        Ok(())
    }

    fn finish(&self, passes: &[Pass<'_>], found: &mut Collector) -> Result<(), ScanError> {
        for pass in passes {
            self.guarded(found, |cx| pass.finish(cx))?;
        }
        Ok(())
    }

    /// Runs a detector; a panic inside becomes a gap, and the others go on.
    fn guarded(
        &self,
        found: &mut Collector,
        body: impl FnOnce(&mut Cx<'_>) -> Result<(), ScanError>,
    ) -> Result<(), ScanError> {
        let mut cx = Cx::new(self.artifact, self.budget, self.options, found);
        match catch_unwind(AssertUnwindSafe(|| body(&mut cx))) {
            Ok(result) => result,
            Err(_) => {
                let detail = "a detector failed on this file; please report it as a bug";
                cx.gap(GapReason::Crashed, detail);
                Ok(())
            }
        }
    }
}

fn index(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// The bytes of the present piece; what the next one sees again is kept.
#[derive(Default)]
struct Window {
    buf: Vec<u8>,
    base: u64,
    len: usize,
    of: Option<ma_core::ArtifactPath>,
}

impl Window {
    /// The bytes of `range`.
    fn read(&mut self, artifact: &Artifact, range: Range<u64>) -> Result<&[u8], ScanError> {
        if self.of.as_ref() != Some(&artifact.path) {
            self.of = Some(artifact.path.clone());
            self.len = 0;
        }
        let want = index(length(&range));
        if self.buf.len() < want {
            self.buf.resize(want, 0);
        }
        let held = self.base..self.base.saturating_add(self.len as u64);
        let keep = if range.start >= held.start && range.start < held.end {
            let skip = index(range.start.saturating_sub(held.start));
            self.buf.copy_within(skip..self.len, 0);
            self.len.saturating_sub(skip).min(want)
        } else {
            0
        };
        self.base = range.start;
        self.len = keep;
        if let Some(rest) = self.buf.get_mut(keep..want) {
            let at = range.start.saturating_add(keep as u64);
            let got = artifact.blob.read_at(at, rest)?;
            self.len = keep.saturating_add(got);
        }
        if self.len < want {
            return Err(ScanError::Io(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the source ended before its stated length",
            )));
        }
        Ok(self.buf.get(..want).unwrap_or(&[]))
    }
}

/// How many issues there were of each rule and severity.
#[derive(Default)]
struct Kept(HashMap<(&'static str, Severity), usize>);

impl Kept {
    /// Passes on what was found, in order, and the first error.
    fn pass_on(&mut self, done: Vec<Done>, cx: &mut Cx<'_>) -> Result<(), ScanError> {
        let mut failed = None;
        for (_, found, result) in done {
            cx.pass_on(self.cut(found))?;
            failed = failed.or(result.err());
        }
        failed.map_or(Ok(()), Err)
    }

    fn cut(&mut self, mut found: Collector) -> Collector {
        found.issues.retain(|issue| {
            let count = self.0.entry((issue.rule.code, issue.severity)).or_default();
            *count = count.saturating_add(1);
            *count <= MAX_ISSUES
        });
        found
    }
}

#[cfg(test)]
mod tests;
