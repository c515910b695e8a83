//! One stream, run and judged.

use std::ops::Range;

use ma_core::{Blob, Budget, LimitHit, ScanError};

use crate::event::{Pause, StreamEnd};
use crate::judge::Outcome;
use crate::judge::{Child, Findings, Judge, Reading};
use crate::machine::Machine;
use crate::rules::{
    ATTRIBUTE_WALK, CODE_OBJECT, COMPUTED_CALL, DANGEROUS_CALL, DANGEROUS_IMPORT, EXTENSION_CODE,
    HIDDEN_CALL, LOADS_OTHER_FILE, PERSISTENT_ID,
};
use crate::streams::torch::StorageKey;

/// Pickles inside one stream of joblib.
const MAX_INNER: u32 = 1_000_000;

/// What one stream turned out to be.
pub(crate) struct Run {
    /// Where it begins.
    pub(crate) start: u64,
    /// What was found in it.
    pub(crate) found: Findings,
    /// What is to be looked at by others.
    pub(crate) children: Vec<Child>,
    /// Storages that it refers to.
    pub(crate) storages: Vec<StorageKey>,
    /// What it hands back.
    pub(crate) result: Outcome,
    /// Raw bytes inside it.
    pub(crate) raw: Vec<Range<u64>>,
    /// How it ended.
    pub(crate) end: StreamEnd,
    /// The offset behind it.
    pub(crate) stop: u64,
    /// Opcodes executed.
    pub(crate) opcodes: u64,
    /// Names that are not known to be harmless.
    pub(crate) interesting: bool,
    /// Such names that are well-formed, too.
    pub(crate) named: bool,
    /// Well-formed names that are known to be dangerous.
    pub(crate) denied: bool,
    /// Where a second reading of a frame was not followed.
    pub(crate) skipped: Option<u64>,
    /// A bound of the machine that was hit in a reading beside the first.
    pub(crate) limit: Option<(u64, LimitHit)>,
}

impl Run {
    /// Forgets what chance can make of numbers: oddities, numbers of the registry, odd names.
    pub(crate) fn drop_doubtful(&mut self) {
        let doubtful = [&EXTENSION_CODE, &PERSISTENT_ID];
        let named = self.named;
        self.found.retain(|finding| {
            let rule = finding.issue.rule;
            let odd = rule.code == ATTRIBUTE_WALK.code && !named;
            !finding.structural && !odd && doubtful.iter().all(|d| d.code != rule.code)
        });
    }

    /// Whether it reached STOP.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.end, StreamEnd::Stop { .. })
    }
}

/// Runs the stream at `start`.
///
/// # Errors
/// When the bytes can't be read or the budget is used up.
pub(crate) fn run(
    blob: &Blob,
    start: u64,
    budget: &Budget,
    reading: Reading,
) -> Result<Run, ScanError> {
    let mut first = run_once(blob, start, budget, reading)?;
    if let Some(raw) = first.raw.first().map(|raw| raw.start) {
        // Plain pickle does not skip joblib's arrays: what it would run inside them counts, too. Of
        // what it makes of numbers, only calls of things known to be dangerous are believed.
        let plain = Reading {
            joblib: false,
            nesting: 0,
            ..reading
        };
        let mut second = run_once(blob, start, budget, plain)?;
        first.skipped = first.skipped.or(second.skipped);
        first.limit = first.limit.or(limit_of(&second.end)).or(second.limit);
        if second.denied {
            let rules = [
                &DANGEROUS_CALL,
                &DANGEROUS_IMPORT,
                &HIDDEN_CALL,
                &CODE_OBJECT,
                &COMPUTED_CALL,
                &LOADS_OTHER_FILE,
            ];
            second.found.retain(|finding| {
                let at = finding.issue.location.range.as_ref().map_or(0, |r| r.start);
                at >= raw
                    && rules
                        .iter()
                        .any(|rule| rule.code == finding.issue.rule.code)
            });
            first.denied |= !second.found.is_empty();
            first.found.absorb(second.found);
        }
    }
    Ok(first)
}

fn run_once(blob: &Blob, start: u64, budget: &Budget, reading: Reading) -> Result<Run, ScanError> {
    let mut machine = Machine::new(blob.clone(), start, budget);
    let mut judge = Judge::new(blob.clone(), budget, reading);
    let mut inner_found: Vec<Run> = Vec::new();
    let mut inner_left = MAX_INNER;
    let end = loop {
        match machine.run(&mut judge)? {
            Pause::Ended(end) => break end,
            Pause::NestedPickle { offset } => {
                let plain = Reading {
                    joblib: false,
                    ..reading
                };
                let inner = run_inner(blob, offset, budget, plain)?;
                let (whole, stop) = (inner.is_whole(), inner.stop);
                let unread = inner.skipped.is_some() || limit_of(&inner.end).is_some();
                if unread || !inner.found.is_empty() || !inner.children.is_empty() {
                    inner_found.push(inner);
                }
                inner_left = inner_left.saturating_sub(1);
                if !whole || inner_left == 0 {
                    break StreamEnd::Undecodable { at: stop };
                }
                machine.resume_at(stop);
            }
        }
    };
    let opcodes = machine.stats().opcodes;
    let stop = end.offset().unwrap_or_else(|| machine.position());
    let mut run = Run {
        start,
        found: judge.finish(&end, opcodes),
        children: std::mem::take(&mut judge.children),
        storages: std::mem::take(&mut judge.storages),
        result: judge.result.clone(),
        raw: std::mem::take(&mut judge.raw),
        end,
        stop,
        opcodes,
        interesting: judge.interesting,
        named: judge.named,
        denied: judge.denied,
        skipped: judge.skipped,
        limit: None,
    };
    for inner in inner_found {
        run.interesting |= inner.interesting;
        run.denied |= inner.denied;
        run.skipped = run.skipped.or(inner.skipped);
        run.limit = run.limit.or(limit_of(&inner.end)).or(inner.limit);
        run.found.absorb(inner.found);
        run.children.extend(inner.children);
    }
    Ok(run)
}

/// The bound that ended a stream.
fn limit_of(end: &StreamEnd) -> Option<(u64, LimitHit)> {
    match end {
        StreamEnd::Limit { at, hit } => Some((*at, *hit)),
        _ => None,
    }
}

/// A pickle inside a stream; joblib reads it with plain `pickle.load`, so there is none inside it.
fn run_inner(blob: &Blob, start: u64, budget: &Budget, reading: Reading) -> Result<Run, ScanError> {
    let mut machine = Machine::new(blob.clone(), start, budget);
    let mut judge = Judge::new(blob.clone(), budget, reading);
    let end = match machine.run(&mut judge)? {
        Pause::Ended(end) => end,
        Pause::NestedPickle { offset } => StreamEnd::Undecodable { at: offset },
    };
    let opcodes = machine.stats().opcodes;
    let stop = end.offset().unwrap_or_else(|| machine.position());
    let mut found = judge.finish(&end, opcodes);
    found.route(&format!("object array at byte {start}"));
    Ok(Run {
        start,
        found,
        children: std::mem::take(&mut judge.children),
        storages: Vec::new(),
        result: Outcome::Other,
        raw: Vec::new(),
        end,
        stop,
        opcodes,
        interesting: judge.interesting,
        named: judge.named,
        denied: judge.denied,
        skipped: judge.skipped,
        limit: None,
    })
}
