//! The scanner of Keras archives and of directories with the same layout.
//!
//! The members are opened by whoever opens archives and scanned on their own; here is judged what the
//! archive as a whole shows, and the configuration is handed out as what it is.

use std::sync::Arc;

use ma_core::{
    Container, Coverage, Cx, FormatInfo, GapReason, Inspection, Match, Probe, ScanError, Scanner,
    Target,
};

use super::{CONFIG, coverage, open, view};
use crate::archive::{Archive, Part};
use crate::{parse, rules, shards};

/// Scans Keras archives.
#[derive(Debug, Clone, Copy, Default)]
pub struct KerasArchive;

static INFO: FormatInfo = FormatInfo {
    id: "keras",
    title: "Keras archive",
    extensions: &["keras"],
    kinds: &[ma_core::Kind::KERAS],
    runs_code: true,
    recognised_by: "A zip or directory with `config.json`, and `metadata.json` or `model.weights.*` beside it.",
    checks: "The configuration, members that are no part of a model, names that readers take differently, declared sizes, maps of sharded weights.",
    spec: "keras/src/saving/saving_lib.py of Keras 3.15.1",
    rules: RULES,
};

static RULES: &[&ma_core::Rule] = &[
    &rules::ARCHIVE_AMBIGUOUS,
    &rules::CONTAINER_MISMATCH,
    &rules::FOREIGN_MEMBER,
    &rules::ASSET_PATH,
    &rules::MEMBER_SIZE,
    &rules::SHARD_PATH,
];

/// Bytes of a member that are looked at to tell what it is.
const HEAD: usize = 256;
/// Members that are opened for that.
const MAX_OPENED: usize = 2000;

impl Scanner for KerasArchive {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn probe(&self, probe: &Probe<'_>) -> Match {
        let Some(members) = probe.members else {
            return Match::No;
        };
        let archive = Archive::new(members);
        let hinted = probe.named(&INFO) || probe.hinted(&INFO);
        match archive.is_keras() || (hinted && archive.files().next().is_some()) {
            true => Match::Strong,
            false => Match::No,
        }
    }

    fn scan(&self, target: Target<'_>, cx: &mut Cx<'_>) -> Result<Coverage, ScanError> {
        let Target::Members(artifact, container) = target else {
            return Ok(Coverage::Complete);
        };
        let before = cx.gaps();
        let archive = Archive::new(container.entries());
        if let Some(issue) = rules::container_mismatch(&artifact.path.extension(), true)
            && archive.is_keras()
        {
            cx.issue(issue)?;
        }
        for issue in rules::archive_ambiguous(&archive) {
            cx.issue(issue)?;
        }
        members(&archive, container, cx)?;
        if archive.named(Part::Config).next().is_none() {
            cx.gap(
                GapReason::Malformed,
                "the archive has no config.json, so what the model is remains unknown",
            );
        }
        for (id, name) in archive.entries(Part::Config) {
            if let Some(blob) = open(container, id, name, cx)? {
                cx.child(name, blob, Some(CONFIG))?;
            }
        }
        for (id, name) in archive.entries(Part::Map) {
            if let Some(blob) = open(container, id, name, cx)? {
                let (shards, whole) = shards::read(&blob, cx.budget())?;
                for shard in &shards {
                    if let Some(mut issue) = rules::shard_path(shard) {
                        // The place is in the member and not in the archive.
                        issue.location.range = None;
                        issue.location.route = format!("{name}: {}", issue.location.route);
                        cx.issue(issue)?;
                    }
                }
                if !whole {
                    cx.gap(GapReason::Malformed, format!("{name} is no JSON"));
                }
            }
        }
        Ok(coverage(before, cx))
    }

    fn inspect(
        &self,
        target: Target<'_>,
        cx: &mut Cx<'_>,
    ) -> Result<Option<Inspection>, ScanError> {
        let Target::Members(_, container) = target else {
            return Ok(None);
        };
        let archive = Archive::new(container.entries());
        let Some((id, name)) = archive.entries(Part::Config).last() else {
            return Ok(None);
        };
        let Some(blob) = open(container, id, name, cx)? else {
            return Ok(None);
        };
        let config = parse(&blob, cx.budget())?;
        let mut view = view::of_config(INFO.id, &config);
        if let Some((id, name)) = archive.entries(Part::Metadata).last()
            && let Some(blob) = open(container, id, name, cx)?
        {
            let metadata = parse(&blob, cx.budget())?;
            let facts = metadata.facts.into_iter();
            let facts = facts.map(|(key, value)| (key.to_owned(), value));
            view.facts = facts.chain(view.facts).collect();
        }
        for (id, name) in archive.entries(Part::Weights) {
            if name.to_lowercase().ends_with(".h5")
                && let Some(blob) = open(container, id, name, cx)?
            {
                let (file, _) = ma_hdf5::read(&blob, cx.budget())?;
                view::add_weights(&mut view, &file);
            }
        }
        view::add_members(&mut view, container.entries());
        Ok(Some(view))
    }
}

/// What single members show.
fn members(
    archive: &Archive,
    container: &Arc<dyn Container>,
    cx: &mut Cx<'_>,
) -> Result<(), ScanError> {
    let mut opened = 0usize;
    for (id, part, name) in archive.files() {
        cx.budget().charge_steps(1)?;
        if let Some(entry) = container.entry(id)
            && let Some(issue) = rules::member_size(entry, archive.has_assets())
        {
            cx.issue(issue)?;
        }
        if !matches!(part, Part::Asset | Part::Other) {
            continue;
        }
        if let Some(issue) = rules::asset_path(name) {
            cx.issue(issue)?;
        }
        opened = opened.saturating_add(1);
        let head = match opened <= MAX_OPENED {
            true => match open(container, id, name, cx)? {
                Some(blob) => blob.head(HEAD)?,
                None => Vec::new(),
            },
            false => Vec::new(),
        };
        if let Some(issue) = rules::foreign_member(name, &head) {
            cx.issue(issue)?;
        }
    }
    if opened > MAX_OPENED {
        cx.gap(
            GapReason::Limit,
            format!("of {opened} members the first {MAX_OPENED} were opened to tell what they are"),
        );
    }
    Ok(())
}
