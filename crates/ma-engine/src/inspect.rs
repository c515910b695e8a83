//! What the formats show of a file, for people who look.

use std::sync::Arc;

use ma_core::{
    Artifact, ArtifactPath, Budget, Collector, Container, Cx, EntryId, Home, Inspection, Match,
    Probe, Scanner, Target, scanner::PROBE_HEAD,
};

use crate::dispatch;
use crate::run::Engine;

/// Parts shown of one file; a zip of a million pickles is not for reading.
const MAX_PARTS: usize = 1000;

impl Engine {
    /// What each format that takes `artifact`, or a member of it, shows of it.
    #[must_use]
    pub fn inspect(&self, artifact: Artifact) -> Vec<(ArtifactPath, Inspection)> {
        let budget = Budget::for_run(
            self.config.limits.clone(),
            self.config.timeout,
            Arc::clone(&self.config.cancelled),
        );
        let mut shown = Vec::new();
        let mut work = vec![artifact];
        while let Some(artifact) = work.pop() {
            if shown.len() >= MAX_PARTS || budget.charge_artifact().is_err() {
                break;
            }
            if artifact.depth > budget.limits().max_depth {
                continue;
            }
            self.inspect_one(&artifact, &budget, &mut shown, &mut work);
        }
        shown
    }

    fn inspect_one(
        &self,
        artifact: &Artifact,
        budget: &Budget,
        shown: &mut Vec<(ArtifactPath, Inspection)>,
        work: &mut Vec<Artifact>,
    ) {
        let Ok(head) = artifact.blob.head(PROBE_HEAD) else {
            return;
        };
        let mut ignored = Collector::default();
        let mut cx = Cx::new(artifact, budget, self.config.options, &mut ignored);
        let takers = dispatch::takers(&self.registry, &Probe::new(artifact, &head, None));
        for scanner in takers.scanners {
            show(scanner, Target::Bytes(artifact), &mut cx, shown);
        }
        for opener in takers.openers {
            let Ok(container) = opener.open(artifact, &mut cx) else {
                continue;
            };
            let probe = Probe::new(artifact, &head, Some(container.entries()));
            let by_members = self.registry.scanners.iter();
            for scanner in by_members.filter(|s| s.probe(&probe) != Match::No) {
                let target = Target::Members(artifact, &container);
                show(scanner.as_ref(), target, &mut cx, shown);
            }
            queue(artifact, &container, &mut cx, work);
        }
    }
}

fn show(
    scanner: &dyn Scanner,
    target: Target<'_>,
    cx: &mut Cx<'_>,
    shown: &mut Vec<(ArtifactPath, Inspection)>,
) {
    if let Ok(Some(inspection)) = scanner.inspect(target, cx) {
        shown.push((target.artifact().path.clone(), inspection));
    }
}

fn queue(
    artifact: &Artifact,
    container: &Arc<dyn Container>,
    cx: &mut Cx<'_>,
    work: &mut Vec<Artifact>,
) {
    for (i, entry) in container.entries().iter().enumerate().rev() {
        if work.len() >= MAX_PARTS {
            break;
        }
        if !entry.is_file() {
            continue;
        }
        if let Ok(blob) = container.open(EntryId(i), cx) {
            let mut member = artifact.child(entry.name.as_str(), blob, None);
            member.home = Some(Home {
                container: Arc::clone(container),
                entry: EntryId(i),
            });
            work.push(member);
        }
    }
}
