//! The weights file is a link.

use ma_core::{EntryKind, Evidence, Issue, Severity, declare_rule};

use super::siblings::{Siblings, resolve};
use super::{Context, short};
use crate::model::External;

declare_rule! {
    /// ## What it finds
    /// External data whose file beside the model, or a directory on the way to it, is a symbolic link that leads out of what is scanned (Critical), or stays inside or leads to the blobs of a Hugging Face cache (Info); a hard link in an archive, or a file with several names on disk (Warning).
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

/// `../../blobs/<hash>`: how caches of the Hugging Face Hub name files. Whatever such a name leads to
/// elsewhere, it is named by its own hash.
fn is_hub_blob(target: &str) -> bool {
    let mut parts = target.rsplit('/');
    let (name, folder) = (parts.next(), parts.next());
    // Written as it is: up, and nothing else; or the path that it was followed to.
    let way = target.starts_with('/') && !target.contains("/../") || parts.all(|part| part == "..");
    let hash = name.is_some_and(|name| {
        matches!(name.len(), 40 | 64) && name.bytes().all(|b| b.is_ascii_hexdigit())
    });
    target.contains("/blobs/") && folder == Some("blobs") && hash && way
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
                let (to, severity) = if is_hub_blob(target) {
                    ("belongs to a cache of the Hugging Face Hub", Severity::Info)
                } else if out && !siblings.was_followed(entry, target) {
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
        let why = if severity == Severity::Info {
            "The weights lie under another name, and nothing is read that does not belong to the model. Some versions of ONNX refuse links all the same."
        } else {
            ""
        };
        return Some(
            Issue::new(&EXTERNAL_LINK, message)
                .severity(severity)
                .why(why)
                .at(external.range.clone())
                .route(external.route.clone())
                .evidence(Evidence::text("location", place))
                .evidence(Evidence::text("link", target)),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::is_hub_blob;

    #[test]
    fn only_blobs_of_a_cache_are_blobs() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        assert!(is_hub_blob(&format!("../../blobs/{hash}")));
        assert!(is_hub_blob(&format!("../../../blobs/{hash}")));
        assert!(is_hub_blob(&format!("/cache/models--x/blobs/{hash}")));
        for target in [
            format!("blobs/{hash}"),
            format!("/home/../blobs/{hash}"),
            format!("../x/blobs/{hash}"),
            format!("../../blobs/../{hash}"),
            format!("../../blobs/{hash}/x"),
            "../../blobs/passwd".to_owned(),
            format!("../../etc/{hash}"),
        ] {
            assert!(!is_hub_blob(&target), "{target}");
        }
    }
}
