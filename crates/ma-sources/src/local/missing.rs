//! What to say about a path that does not lead anywhere.

use std::fs;
use std::io;
use std::path::Path;

use crate::names::{closest, shown};
use crate::resolve::{ResolveError, ResolveErrorKind};

/// Names that are compared with the one that was not found.
const COMPARED: usize = 10_000;

/// Explains why `path`, which the user calls `name`, can't be looked at.
pub(super) fn explain(path: &Path, name: &str, e: &io::Error) -> ResolveError {
    if e.kind() != io::ErrorKind::NotFound && e.kind() != io::ErrorKind::NotADirectory {
        return super::unreadable(name, e);
    }
    if let Ok(target) = fs::read_link(path) {
        return ResolveError::new(
            ResolveErrorKind::Missing,
            format!(
                "`{name}` is a link to `{}`, which does not exist",
                shown(target.as_os_str())
            ),
            "",
        );
    }
    let help = suggestion(path, name).unwrap_or_default();
    ResolveError::new(
        ResolveErrorKind::Missing,
        format!("`{name}` does not exist"),
        help,
    )
}

fn suggestion(path: &Path, name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("name a file or a directory".to_owned());
    }
    // The first part of the path that is missing is the one that was mistyped.
    let mut mistyped = path;
    while let Some(parent) = mistyped.parent() {
        let parent = if parent.as_os_str().is_empty() {
            Path::new(".")
        } else {
            parent
        };
        if parent.is_dir() {
            let wanted = shown(mistyped.file_name()?);
            let names = names_in(parent);
            if let Some(best) = closest(&wanted, names.iter().map(String::as_str)) {
                let shown_parent = mistyped.parent().filter(|p| !p.as_os_str().is_empty());
                let meant = shown_parent
                    .map_or_else(|| best.to_owned(), |p| shown(p.join(best).as_os_str()));
                return Some(format!("did you mean `{meant}`?"));
            }
            return match mistyped == path {
                true => None,
                false => {
                    Some(hub_hint(name).unwrap_or_else(|| {
                        format!("there is no `{}`", shown(mistyped.as_os_str()))
                    }))
                }
            };
        }
        if parent.exists() {
            return Some(format!(
                "`{}` is a file, not a directory",
                shown(parent.as_os_str())
            ));
        }
        mistyped = parent;
    }
    None
}

/// `org/model` is how models are named on Hugging Face.
fn hub_hint(name: &str) -> Option<String> {
    let (org, model) = name.split_once('/')?;
    let plain = |s: &str| !s.is_empty() && !s.starts_with('.') && !s.contains('/');
    (plain(org) && plain(model)).then(|| {
        format!(
            "if it is a model on Hugging Face, download it first: hf download {name} --local-dir model"
        )
    })
}

fn names_in(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let names = entries.take(COMPARED).flatten();
    names.map(|entry| shown(&entry.file_name())).collect()
}
