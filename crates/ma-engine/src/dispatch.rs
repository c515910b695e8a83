//! Which scanners and openers take an artifact: all strong matches, or the weak ones where there is
//! no strong one. No first match wins, since a file can be several things at once.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ma_core::{Entry, Match, Opener, Probe, Scanner};

use crate::registry::Registry;

/// Who takes an artifact.
pub(crate) struct Takers<'r> {
    pub(crate) scanners: Vec<&'r dyn Scanner>,
    pub(crate) openers: Vec<&'r dyn Opener>,
    /// Whether they match strongly.
    pub(crate) strong: bool,
}

/// Who takes the bytes that `probe` shows.
pub(crate) fn takers<'r>(registry: &'r Registry, probe: &Probe<'_>) -> Takers<'r> {
    let scanners: Vec<_> = matches(&registry.scanners, |s| s.probe(probe));
    let openers: Vec<_> = matches(&registry.openers, |o| o.probe(probe));
    let strong = scanners
        .iter()
        .map(|(_, m)| m)
        .chain(openers.iter().map(|(_, m)| m));
    let want = if strong.copied().any(|m| m == Match::Strong) {
        Match::Strong
    } else {
        Match::Weak
    };
    Takers {
        scanners: keep(&scanners, want),
        openers: keep(&openers, want),
        strong: want == Match::Strong,
    }
}

/// The scanners that take a container by its members.
pub(crate) fn member_takers<'r>(
    registry: &'r Registry,
    probe: &Probe<'_>,
    _members: &[Entry],
) -> Vec<&'r dyn Scanner> {
    let scanners: Vec<_> = matches(&registry.scanners, |s| s.probe(probe));
    let best = scanners.iter().map(|(_, m)| *m).max();
    best.map_or_else(Vec::new, |best| keep(&scanners, best))
}

fn matches<T: ?Sized>(all: &[Box<T>], probe: impl Fn(&T) -> Match) -> Vec<(&T, Match)> {
    all.iter()
        .map(|item| {
            // A probe that fails inside must not hide the file from the others: such a scanner is
            // run, fails again, and that is reported as a gap.
            let found = catch_unwind(AssertUnwindSafe(|| probe(item))).unwrap_or(Match::Weak);
            (item.as_ref(), found)
        })
        .filter(|(_, m)| *m != Match::No)
        .collect()
}

fn keep<'r, T: ?Sized>(all: &[(&'r T, Match)], want: Match) -> Vec<&'r T> {
    let kept = all.iter().filter(|(_, m)| *m == want);
    kept.map(|(item, _)| *item).collect()
}
