//! One target and all that lies in it. The walk is a worklist, so nesting costs no stack; it is done
//! by one thread, so what is found does not depend on how many there are.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ma_core::{
    Artifact, Budget, Container, Coverage, Cx, Depth, EntryId, Gap, GapReason, Home, Issue,
    LimitHit, LimitKind, Opener, Probe, Region, ScanError, ScanOptions, Scanner, Sink, Target,
    report::ArtifactRecord, scanner::PROBE_HEAD,
};

use crate::dispatch;
use crate::identity;
use crate::registry::Registry;

/// What came of one target.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) records: Vec<ArtifactRecord>,
    pub(crate) issues: Vec<Issue>,
    pub(crate) gaps: Vec<Gap>,
    /// True when the user stopped the scan or the time of the whole run is up.
    pub(crate) interrupted: bool,
}

/// Something still to be looked at.
pub(crate) enum Work {
    /// Bytes.
    Bytes(Artifact),
    /// An entry of a container, opened when its turn comes, so that at most one is unpacked a time.
    Member(Arc<Artifact>, Arc<dyn Container>, EntryId),
    /// A directory: only scanners that take containers look at it; its files are targets of their
    /// own.
    Directory(Artifact, Arc<dyn Container>),
}

/// Walks one target.
pub(crate) struct Tree<'e> {
    registry: &'e Registry,
    options: ScanOptions,
    budget: &'e Budget,
    /// True for a file that the user named: then "nobody knows this format" is a gap.
    named: bool,
    outcome: Outcome,
    work: Vec<Work>,
}

/// Keeps what the scanners of one artifact say.
#[derive(Default)]
struct Found {
    issues: Vec<Issue>,
    gaps: Vec<Gap>,
    children: Vec<Artifact>,
    regions: Vec<Region>,
}

/// What an artifact was read as.
#[derive(Default)]
struct Formats {
    ids: BTreeSet<&'static str>,
    /// Whether one of them is something that a model loader opens.
    model: bool,
}

impl Formats {
    fn add(&mut self, id: &'static str) {
        self.ids.insert(id);
        self.model = true;
    }
}

/// Children that one artifact may hand out; a file that consists of nothing else is cut off here.
const MAX_CHILDREN: usize = 100_000;

impl Sink for Found {
    fn issue(&mut self, issue: Issue) -> ControlFlow<()> {
        self.issues.push(issue);
        ControlFlow::Continue(())
    }

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    fn child(&mut self, child: Artifact) -> ControlFlow<()> {
        if self.children.len() >= MAX_CHILDREN {
            return ControlFlow::Break(());
        }
        self.children.push(child);
        ControlFlow::Continue(())
    }

    fn region(&mut self, region: Region) -> ControlFlow<()> {
        self.regions.push(region);
        ControlFlow::Continue(())
    }
}

impl<'e> Tree<'e> {
    pub(crate) fn new(
        registry: &'e Registry,
        options: ScanOptions,
        budget: &'e Budget,
        named: bool,
    ) -> Self {
        Self {
            registry,
            options,
            budget,
            named,
            outcome: Outcome::default(),
            work: Vec::new(),
        }
    }

    /// Looks at `first` and everything inside it.
    pub(crate) fn walk(mut self, first: Work) -> Outcome {
        self.work.push(first);
        while let Some(work) = self.work.pop() {
            if let Err(hit) = self.budget.check() {
                self.stop(&work, hit);
                break;
            }
            match work {
                Work::Bytes(artifact) => self.bytes(artifact),
                Work::Member(parent, container, id) => self.member(&parent, container, id),
                Work::Directory(artifact, container) => self.directory(&artifact, &container),
            }
        }
        tidy(&mut self.outcome, self.budget);
        self.outcome
    }

    /// The time is up or the user has enough: what is left is one gap.
    fn stop(&mut self, work: &Work, hit: LimitHit) {
        self.outcome.interrupted = self.budget.run_is_over();
        let path = match work {
            Work::Bytes(a) | Work::Directory(a, _) => a.path.clone(),
            Work::Member(parent, ..) => parent.path.clone(),
        };
        let left = self.work.len().saturating_add(1);
        self.gap_in(
            path,
            GapReason::Stopped,
            format!("{hit}; {left} parts were not looked at"),
        );
        self.work.clear();
    }

    fn gap_in(&mut self, artifact: ma_core::ArtifactPath, reason: GapReason, detail: String) {
        self.outcome.gaps.push(Gap {
            artifact,
            reason,
            detail,
            range: None,
        });
    }

    fn member(&mut self, parent: &Arc<Artifact>, container: Arc<dyn Container>, id: EntryId) {
        let Some(entry) = container.entry(id) else {
            return;
        };
        let name = entry.name.clone();
        let path = parent.path.join(name.as_str());
        let depth = parent.depth.saturating_add(1);
        if depth > self.budget.limits().max_depth {
            let hit = LimitHit {
                kind: LimitKind::Depth,
                limit: u64::from(self.budget.limits().max_depth),
            };
            self.gap_in(path, GapReason::Limit, hit.to_string());
            return;
        }
        let mut found = Found::default();
        let mut cx = Cx::new(parent, self.budget, self.options, &mut found);
        let opened = guarded(&mut cx, "the archive reader", |cx| container.open(id, cx));
        if let Some(Err(e)) = &opened {
            let (reason, detail) = explain(e);
            cx.gap(
                reason,
                format!("`{}`: {detail}", ma_core::text::escape(&name)),
            );
        }
        // What unpacking brings to light besides the entry (bytes behind a stream) is looked at too.
        self.children(&mut found);
        self.absorb(found);
        if let Some(Ok(blob)) = opened {
            self.bytes(Artifact {
                blob,
                path,
                hint: None,
                home: Some(Home {
                    container,
                    entry: id,
                }),
                depth,
            });
        }
    }

    fn directory(&mut self, artifact: &Artifact, container: &Arc<dyn Container>) {
        let mut found = Found::default();
        let mut formats = Formats::default();
        self.by_members(artifact, container, &mut found, &mut formats);
        if !formats.ids.is_empty() {
            let complete = found.gaps.is_empty();
            self.record(artifact, formats, complete);
        }
        self.children(&mut found);
        self.absorb(found);
    }

    fn bytes(&mut self, artifact: Artifact) {
        if let Err(hit) = self.budget.charge_artifact() {
            self.gap_in(artifact.path, GapReason::Limit, hit.to_string());
            return;
        }
        if artifact.depth > self.budget.limits().max_depth {
            let limit = self.budget.limits().max_depth;
            let detail = format!("nested deeper than {limit} containers");
            self.gap_in(artifact.path, GapReason::Limit, detail);
            return;
        }
        let head = match artifact.blob.head(PROBE_HEAD) {
            Ok(head) => head,
            Err(e) => {
                self.gap_in(artifact.path, GapReason::Unreadable, e.to_string());
                return;
            }
        };
        let probe = Probe::new(&artifact, &head, None);
        let takers = dispatch::takers(self.registry, &probe);
        drop(probe);
        let mut found = Found::default();
        let mut formats = Formats::default();
        for scanner in &takers.scanners {
            if takers.strong {
                self.identity(&artifact, *scanner, &mut found);
            }
            self.scan(*scanner, Target::Bytes(&artifact), &mut found, &mut formats);
        }
        let artifact = Arc::new(artifact);
        let mut members = Vec::new();
        for opener in &takers.openers {
            let opened = self.open(*opener, &artifact, &mut found);
            if let Some(container) = opened {
                formats.add(opener.info().id);
                self.by_members(&artifact, &container, &mut found, &mut formats);
                members.push(container);
            }
        }
        if formats.ids.is_empty() {
            self.unrecognised(&artifact, &mut found);
        }
        self.detect(&artifact, &mut found);
        let complete = found.gaps.is_empty();
        self.record(&artifact, formats, complete);
        self.queue_members(&artifact, members);
        self.children(&mut found);
        self.absorb(found);
    }

    /// Puts the file entries of containers on the worklist, last first, so that they come off in
    /// their own order.
    fn queue_members(&mut self, artifact: &Arc<Artifact>, containers: Vec<Arc<dyn Container>>) {
        for container in containers.into_iter().rev() {
            for (i, entry) in container.entries().iter().enumerate().rev() {
                if entry.is_file() {
                    let parent = Arc::clone(artifact);
                    let member = Work::Member(parent, Arc::clone(&container), EntryId(i));
                    self.work.push(member);
                }
            }
        }
    }

    fn children(&mut self, found: &mut Found) {
        let cut = found.children.len() >= MAX_CHILDREN;
        if let (true, Some(first)) = (cut, found.children.first()) {
            let detail = format!("more than {MAX_CHILDREN} embedded parts");
            self.gap_in(first.path.clone(), GapReason::Limit, detail);
        }
        self.work
            .extend(found.children.drain(..).rev().map(Work::Bytes));
    }

    fn absorb(&mut self, found: Found) {
        self.outcome.issues.extend(found.issues);
        self.outcome.gaps.extend(found.gaps);
    }

    fn record(&mut self, artifact: &Artifact, formats: Formats, complete: bool) {
        self.outcome.records.push(ArtifactRecord {
            path: artifact.path.clone(),
            size: artifact.blob.len(),
            formats: formats.ids.into_iter().collect(),
            complete,
            model: formats.model,
            depth: artifact.depth,
            sha256: None,
        });
    }

    fn unrecognised(&self, artifact: &Artifact, found: &mut Found) {
        let embedded = artifact.hint.map(|hint| hint.name());
        let detail = match embedded {
            Some(kind) => format!("an embedded {kind}: nothing here reads it"),
            None if artifact.depth > 0 || !self.named => return,
            None if artifact.blob.is_empty() => "the file is empty".to_owned(),
            None => "no scanner knows this format".to_owned(),
        };
        found.gaps.push(Gap {
            artifact: artifact.path.clone(),
            reason: GapReason::Unrecognised,
            detail,
            range: None,
        });
    }

    fn identity(&self, artifact: &Artifact, scanner: &dyn Scanner, found: &mut Found) {
        if artifact.hint.is_some() {
            return;
        }
        if let Some(issue) = identity::check(&artifact.path, scanner.info()) {
            let mut cx = Cx::new(artifact, self.budget, self.options, found);
            // `Found` never asks to stop.
            let _ = cx.issue(issue);
        }
    }

    fn by_members(
        &self,
        artifact: &Artifact,
        container: &Arc<dyn Container>,
        found: &mut Found,
        formats: &mut Formats,
    ) {
        let head = artifact.blob.head(PROBE_HEAD).unwrap_or_default();
        let probe = Probe::new(artifact, &head, Some(container.entries()));
        for scanner in dispatch::member_takers(self.registry, &probe, container.entries()) {
            self.identity(artifact, scanner, found);
            self.scan(
                scanner,
                Target::Members(artifact, container),
                found,
                formats,
            );
        }
    }

    fn scan(
        &self,
        scanner: &dyn Scanner,
        target: Target<'_>,
        found: &mut Found,
        formats: &mut Formats,
    ) {
        let mut cx = Cx::new(target.artifact(), self.budget, self.options, found);
        let id = scanner.info().id;
        match guarded(&mut cx, id, |cx| scanner.scan(target, cx)) {
            Some(Ok(Coverage::Partial)) if cx.gaps() == 0 => {
                let detail = format!("the {id} scanner did not reach all of it");
                cx.gap(GapReason::Malformed, detail);
            }
            Some(Ok(Coverage::Foreign)) => return,
            Some(Ok(Coverage::NoModel)) => {
                formats.ids.insert(id);
                return;
            }
            Some(Ok(_)) | None => {}
            Some(Err(ScanError::Stopped)) => {}
            Some(Err(e)) => {
                let (reason, detail) = explain(&e);
                cx.gap(reason, detail);
            }
        }
        formats.add(id);
    }

    fn open(
        &self,
        opener: &dyn Opener,
        artifact: &Artifact,
        found: &mut Found,
    ) -> Option<Arc<dyn Container>> {
        let mut cx = Cx::new(artifact, self.budget, self.options, found);
        match guarded(&mut cx, opener.info().id, |cx| opener.open(artifact, cx))? {
            Ok(container) => Some(container),
            Err(e) => {
                let (reason, detail) = explain(&e);
                cx.gap(reason, detail);
                None
            }
        }
    }

    fn detect(&self, artifact: &Artifact, found: &mut Found) {
        if self.options.depth != Depth::Full {
            return;
        }
        let regions = std::mem::take(&mut found.regions);
        let mut cx = Cx::new(artifact, self.budget, self.options, found);
        let result = guarded(&mut cx, "a detector", |cx| {
            crate::content::run(self.registry, artifact, regions, cx)
        });
        if let Some(Err(e)) = result {
            let (reason, detail) = explain(&e);
            cx.gap(reason, detail);
        }
    }
}

/// Runs `body`; a panic inside becomes a gap.
fn guarded<T>(cx: &mut Cx<'_>, who: &str, body: impl FnOnce(&mut Cx<'_>) -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(|| body(cx))) {
        Ok(result) => Some(result),
        Err(_) => {
            let detail = format!("{who} failed on this file; please report it as a bug");
            cx.gap(GapReason::Crashed, detail);
            None
        }
    }
}

/// The gap that an error is.
fn explain(error: &ScanError) -> (GapReason, String) {
    let reason = match error {
        ScanError::Io(_) => GapReason::Unreadable,
        ScanError::Limit(hit) => match hit.kind {
            LimitKind::Time | LimitKind::Cancelled => GapReason::Stopped,
            _ => GapReason::Limit,
        },
        ScanError::Stopped => GapReason::Stopped,
    };
    (reason, error.to_string())
}

/// Puts the results of a tree in order, removes what was said twice and cuts what was said too often.
fn tidy(outcome: &mut Outcome, budget: &Budget) {
    let order: std::collections::HashMap<_, _> = outcome
        .records
        .iter()
        .enumerate()
        .map(|(i, r)| (r.path.clone(), i))
        .collect();
    let key = |issue: &Issue| {
        let at = order.get(&issue.location.artifact).copied();
        (
            at.unwrap_or(usize::MAX),
            issue.location.artifact.clone(),
            issue.location.range.as_ref().map_or(0, |r| r.start),
            issue.rule.code,
        )
    };
    outcome.issues.sort_by(|a, b| {
        key(a)
            .cmp(&key(b))
            .then_with(|| b.severity.cmp(&a.severity))
            .then_with(|| a.message.cmp(&b.message))
    });
    outcome.issues.dedup();
    limit_issues(outcome, budget.limits().max_issues_per_rule);
    outcome.gaps.sort_by(|a, b| {
        let at = |g: &Gap| order.get(&g.artifact).copied().unwrap_or(usize::MAX);
        at(a)
            .cmp(&at(b))
            .then_with(|| a.artifact.cmp(&b.artifact))
            .then_with(|| a.reason.cmp(&b.reason))
            .then_with(|| a.detail.cmp(&b.detail))
    });
    outcome.gaps.dedup();
}

/// Keeps at most `max` issues a rule and artifact, the worst first, and says on the last one kept how
/// many there were.
fn limit_issues(outcome: &mut Outcome, max: u32) {
    let max = max.max(1);
    let mut ranks: Vec<usize> = (0..outcome.issues.len()).collect();
    ranks.sort_by_key(|i| {
        let severity = outcome.issues.get(*i).map(|issue| issue.severity);
        (std::cmp::Reverse(severity), *i)
    });
    let mut kept: std::collections::HashMap<_, (u32, usize)> = std::collections::HashMap::new();
    let mut dropped = BTreeSet::new();
    let mut more: std::collections::BTreeMap<usize, u64> = std::collections::BTreeMap::new();
    for i in ranks {
        let Some(issue) = outcome.issues.get(i) else {
            continue;
        };
        let entry = kept
            .entry((issue.rule.code, issue.location.artifact.clone()))
            .or_insert((0, i));
        if entry.0 < max {
            *entry = (entry.0.saturating_add(1), i);
        } else {
            dropped.insert(i);
            let count = more.entry(entry.1).or_default();
            *count = count.saturating_add(1);
        }
    }
    for (i, count) in more {
        if let Some(issue) = outcome.issues.get_mut(i) {
            let text = format!("{count} more issues of this rule in this part");
            issue
                .evidence
                .push(ma_core::Evidence::fact("not listed", text));
        }
    }
    let mut i = 0usize;
    outcome.issues.retain(|_| {
        let keep = !dropped.contains(&i);
        i = i.saturating_add(1);
        keep
    });
}
