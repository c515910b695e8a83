//! Targets to report: the files are scanned on all cores, the results are put together in the order
//! of the targets, so that the report does not depend on the number of threads.

use std::sync::Arc;

use ma_core::{
    Artifact, Blob, Budget, Container, Crew, Cx, EntryId, Gap, GapReason, Home, Issue, Report,
    Root, RootContent,
    report::{Failure, Totals},
};
use rayon::prelude::*;

use crate::config::EngineConfig;
use crate::hashes;
use crate::progress::Progress;
use crate::registry::Registry;
use crate::touched::Touched;
use crate::tree::{Outcome, Tree, Work};

/// Scans targets with the registered scanners.
pub struct Engine {
    pub(crate) registry: Registry,
    pub(crate) config: EngineConfig,
    crew: Arc<Crew>,
}

/// One file or directory to walk.
enum Job {
    File(Artifact),
    Entry(Arc<Artifact>, Arc<dyn Container>, EntryId),
    Directory(Artifact, Arc<dyn Container>),
}

/// What came of one job.
struct Done {
    outcome: Outcome,
    is_file: bool,
    /// Whether the user named the very file.
    named: bool,
    bytes: u64,
    read: u64,
}

impl Engine {
    /// An engine.
    #[must_use]
    pub fn new(registry: Registry, config: EngineConfig) -> Self {
        let crew = Arc::new(Crew::new(config.threads));
        Self {
            registry,
            config,
            crew,
        }
    }

    /// What takes part.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Scans all roots. The policy is the caller's to apply.
    #[must_use]
    pub fn scan(&self, roots: Vec<Root>, progress: &dyn Progress) -> Report {
        let budget = Budget::for_crew(
            self.config.limits.clone(),
            self.config.timeout,
            Arc::clone(&self.config.cancelled),
            Arc::clone(&self.crew),
        );
        let mut report = Report {
            depth: self.config.options.depth,
            targets: roots.iter().map(|r| r.name.clone()).collect(),
            ..Report::default()
        };
        let jobs = self.jobs(roots, &mut report);
        let sizes = jobs.iter().map(Job::size);
        let total = sizes.fold(0, u64::saturating_add);
        progress.found(jobs.iter().filter(|j| j.is_file()).count() as u64, total);
        let done = self.run(&jobs, &budget, progress);
        collect(&mut report, done);
        report
    }

    /// The files to scan, in order. What is beyond the limits on size becomes a gap here.
    fn jobs(&self, roots: Vec<Root>, report: &mut Report) -> Vec<Job> {
        let mut jobs = Vec::new();
        let mut total = 0u64;
        for root in roots {
            report.gaps.extend(root.gaps);
            match root.content {
                RootContent::Failed(message) => report.failures.push(Failure {
                    target: root.name,
                    message,
                }),
                RootContent::File(artifact) => {
                    self.admit(Job::File(artifact), &mut total, &mut jobs, report);
                }
                RootContent::Directory(artifact, container) => {
                    let parent = Arc::new(artifact.clone());
                    jobs.push(Job::Directory(artifact, Arc::clone(&container)));
                    for (i, entry) in container.entries().iter().enumerate() {
                        if entry.is_file() {
                            let (parent, container) = (Arc::clone(&parent), Arc::clone(&container));
                            let job = Job::Entry(parent, container, EntryId(i));
                            self.admit(job, &mut total, &mut jobs, report);
                        }
                    }
                }
            }
        }
        jobs
    }

    fn admit(&self, job: Job, total: &mut u64, jobs: &mut Vec<Job>, report: &mut Report) {
        let size = job.size();
        let limits = &self.config.limits;
        let too_much = total.saturating_add(size);
        let refusal = match (limits.max_file_size, limits.max_total_size) {
            (Some(max), _) if size > max => Some(format!(
                "{size} bytes are more than the {max} allowed for a file"
            )),
            (_, Some(max)) if too_much > max => Some(format!(
                "the files together are more than the {max} bytes allowed"
            )),
            _ => None,
        };
        match refusal {
            Some(detail) => report.gaps.push(Gap {
                artifact: job.path(),
                reason: GapReason::Limit,
                detail,
                range: None,
            }),
            None => {
                *total = too_much;
                jobs.push(job);
            }
        }
    }

    fn run(&self, jobs: &[Job], budget: &Budget, progress: &dyn Progress) -> Vec<Done> {
        let one = |job: &Job| self.one(job, budget, progress);
        let threads = self.config.threads.unwrap_or(0);
        // A thread pool costs a millisecond; one file does not need it.
        if jobs.len() <= 2 || threads == 1 {
            return jobs.iter().map(one).collect();
        }
        match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
            Ok(pool) => pool.install(|| jobs.par_iter().map(one).collect()),
            Err(_) => jobs.iter().map(one).collect(),
        }
    }

    fn one(&self, job: &Job, run: &Budget, progress: &dyn Progress) -> Done {
        let budget = run.next_tree();
        let at_work = self.crew.join();
        let path = job.path();
        let size = job.size();
        if job.is_file() {
            progress.start(&path, size);
        }
        let (outcome, read) = match job {
            Job::Directory(artifact, container) => {
                let tree = self.tree(&budget, false);
                let work = Work::Directory(artifact.clone(), Arc::clone(container));
                (tree.walk(work), 0)
            }
            Job::File(artifact) => self.file(artifact.clone(), true, &budget),
            Job::Entry(parent, container, id) => self.entry(parent, container, *id, &budget),
        };
        if job.is_file() {
            let worst = outcome.issues.iter().map(|i| i.severity).max();
            progress.done(&path, size, worst);
        }
        drop(at_work);
        Done {
            outcome,
            is_file: job.is_file(),
            named: matches!(job, Job::File(_)),
            bytes: size,
            read,
        }
    }

    fn entry(
        &self,
        parent: &Artifact,
        container: &Arc<dyn Container>,
        id: EntryId,
        budget: &Budget,
    ) -> (Outcome, u64) {
        let mut found = ma_core::Collector::default();
        let path = entry_path(parent, container, id);
        let here = Artifact::new(path, Blob::from_vec(Vec::new()));
        let mut cx = Cx::new(&here, budget, self.config.options, &mut found);
        match container.open(id, &mut cx) {
            Ok(blob) => {
                let home = Home {
                    container: Arc::clone(container),
                    entry: id,
                };
                let artifact = Artifact {
                    blob,
                    home: Some(home),
                    ..here
                };
                self.file(artifact, false, budget)
            }
            Err(e) => {
                cx.gap(GapReason::Unreadable, e.to_string());
                let outcome = Outcome {
                    gaps: found.gaps,
                    ..Outcome::default()
                };
                (outcome, 0)
            }
        }
    }

    fn file(&self, mut artifact: Artifact, named: bool, budget: &Budget) -> (Outcome, u64) {
        let (whole, path) = (artifact.blob.clone(), artifact.path.clone());
        let touched = Arc::new(Touched::new(artifact.blob));
        artifact.blob = Blob::new(Arc::clone(&touched) as Arc<dyn ma_core::ByteSource>);
        let walk = || self.tree(budget, named).walk(Work::Bytes(artifact));
        if !self.config.hashes {
            return (walk(), touched.bytes());
        }
        let (mut outcome, hash) = hashes::beside(&whole, budget, walk);
        hashes::note(&mut outcome, &path, hash);
        (outcome, touched.bytes())
    }

    fn tree<'e>(&'e self, budget: &'e Budget, named: bool) -> Tree<'e> {
        Tree::new(&self.registry, self.config.options, budget, named)
    }
}

impl Job {
    fn is_file(&self) -> bool {
        !matches!(self, Self::Directory(..))
    }

    fn size(&self) -> u64 {
        match self {
            Self::File(artifact) => artifact.blob.len(),
            Self::Entry(_, container, id) => container.entry(*id).and_then(|e| e.size).unwrap_or(0),
            Self::Directory(..) => 0,
        }
    }

    fn path(&self) -> ma_core::ArtifactPath {
        match self {
            Self::File(artifact) | Self::Directory(artifact, _) => artifact.path.clone(),
            Self::Entry(parent, container, id) => entry_path(parent, container, *id),
        }
    }
}

/// A file in a directory is a target of its own, named by its whole path.
fn entry_path(
    parent: &Artifact,
    container: &Arc<dyn Container>,
    id: EntryId,
) -> ma_core::ArtifactPath {
    let name = container.entry(id).map_or("", |e| e.name.as_str());
    let folder = parent.path.target().trim_end_matches('/');
    let whole = match folder {
        "" if parent.path.target().starts_with('/') => format!("/{name}"),
        "" | "." => name.to_owned(),
        folder => format!("{folder}/{name}"),
    };
    ma_core::ArtifactPath::new(whole)
}

fn collect(report: &mut Report, done: Vec<Done>) {
    let mut totals = Totals::default();
    let mut unreached = 0u64;
    let mut first_unreached = None;
    for done in done {
        if done.is_file {
            let named = done.named;
            let known = |r: &ma_core::report::ArtifactRecord| {
                r.depth == 0 && (r.model || (named && !r.formats.is_empty()))
            };
            if done.outcome.records.iter().any(known) {
                totals.files_scanned = totals.files_scanned.saturating_add(1);
            } else {
                totals.files_unrecognised = totals.files_unrecognised.saturating_add(1);
            }
            totals.bytes = totals.bytes.saturating_add(done.bytes);
            totals.bytes_read = totals.bytes_read.saturating_add(done.read);
        }
        let outcome = done.outcome;
        let artifacts = outcome.records.len() as u64;
        totals.artifacts = totals.artifacts.saturating_add(artifacts);
        report.interrupted |= outcome.interrupted;
        report.artifacts.extend(outcome.records);
        report.issues.extend(outcome.issues);
        // A thousand files that were not reached are one fact, not a thousand.
        if outcome.interrupted && artifacts == 0 {
            unreached = unreached.saturating_add(1);
            first_unreached = first_unreached.or_else(|| outcome.gaps.into_iter().next());
        } else {
            report.gaps.extend(outcome.gaps);
        }
    }
    if let Some(mut gap) = first_unreached {
        gap.detail = match unreached {
            1 => "the scan ended before this file was reached".to_owned(),
            n => format!(
                "the scan ended before this file and {} more were reached",
                n.saturating_sub(1)
            ),
        };
        report.gaps.push(gap);
    }
    report.totals = totals;
    across_targets(&mut report.issues);
}

/// The same file named twice is scanned twice; its issues are told once.
fn across_targets(issues: &mut Vec<Issue>) {
    let mut seen = std::collections::HashSet::new();
    issues.retain(|issue| {
        seen.insert((
            issue.rule.code,
            issue.location.artifact.clone(),
            issue.location.range.clone(),
            issue.location.route.clone(),
            issue.message.clone(),
        ))
    });
}
