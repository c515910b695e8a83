//! The weights file is a link.

use ma_core::{EntryKind, Evidence, Issue, Severity, declare_rule};

use super::siblings::{Siblings, resolve};
use super::{Context, short};
use crate::model::External;

declare_rule! {
    /// ## What it finds
    /// External data whose file beside the model, or a directory on the way to it, is a symbolic link that leads out of what is scanned (Critical) or stays inside (Info); a hard link in an archive, or a file with several names on disk (Warning).
    ///
    /// ## Why it matters
    /// The name looks harmless and the content comes from elsewhere: a link to a private file makes the loader read that file. Hard links get past checks that look for symbolic ones only. Recent versions of ONNX refuse both.
    ///
    /// ## What it leaves alone
    /// Links that were followed when the directory was listed, as caches of the Hugging Face Hub have them, and plain files.
    ///
    /// ## What to do
    /// Look where the link leads. Do not unpack or load the model when it leads out.
    pub static EXTERNAL_LINK = {
        code: "ONX003", name: "onnx-external-link", severity: Critical,
        title: "The weights file is a link",
        references: [Cwe(59), Cve("CVE-2026-34446"), Cve("CVE-2026-34447"), Advisory("GHSA-cmw6-hcpp-c6jp")],
    }
}

/// One issue for each linked place.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let Some(siblings) = &cx.siblings else {
        return Vec::new();
    };
    let places = cx.places();
    places
        .iter()
        .filter_map(|(place, first)| one(siblings, place, first.first()?))
        .collect()
}

fn one(siblings: &Siblings<'_>, place: &str, external: &External) -> Option<Issue> {
    for (path, entry) in siblings.on_the_way(place) {
        let (message, severity, target) = match &entry.kind {
            EntryKind::Symlink(target) => {
                let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let out = target.starts_with('/')
                    || crate::paths::leaves(target)
                        .is_some_and(|l| l.is_sure() && l != crate::paths::Leaves::Parent)
                    || resolve(folder, target).is_none();
                let (to, severity) = if out {
                    ("leads out of what is scanned", Severity::Critical)
                } else {
                    ("stays inside", Severity::Info)
                };
                let message = format!(
                    "`{}` is a symbolic link to `{}`, which {to}",
                    short(&path),
                    short(target)
                );
                (message, severity, target.clone())
            }
            EntryKind::Hardlink(target) => {
                let message = format!("`{}` is a hard link to `{}`", short(&path), short(target));
                (message, Severity::Warning, target.clone())
            }
            _ => match entry.hard_links {
                Some(names) if names > 1 && entry.is_file() => {
                    let message = format!(
                        "`{}` is one of {names} names of the same file",
                        short(&path)
                    );
                    (message, Severity::Warning, format!("{names} names"))
                }
                _ => continue,
            },
        };
        return Some(
            Issue::new(&EXTERNAL_LINK, message)
                .severity(severity)
                .at(external.range.clone())
                .route(external.route.clone())
                .evidence(Evidence::text("location", place))
                .evidence(Evidence::text("link", target)),
        );
    }
    None
}
