//! The files beside a model.

use std::collections::HashMap;

use ma_core::{Entry, Home};

/// The entries of the container that the model lies in, by name.
pub(crate) struct Siblings<'a> {
    names: HashMap<&'a str, &'a Entry>,
    folder: &'a str,
}

/// Listings stop somewhere: with so many entries, one more may lie there.
const MANY: usize = 20_000;

/// `relative` as seen from `folder`, by its text alone; `None` when it leads out.
pub(crate) fn resolve(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

impl<'a> Siblings<'a> {
    pub(crate) fn new(home: &'a Home) -> Self {
        let entries = home.container.entries().iter();
        Self {
            names: entries.map(|e| (e.name.trim_end_matches('/'), e)).collect(),
            folder: home.name().rsplit_once('/').map_or("", |(f, _)| f),
        }
    }

    /// The entry that `place` names, seen from the model.
    pub(crate) fn find(&self, place: &str) -> Option<&'a Entry> {
        let name = resolve(self.folder, place)?;
        self.names.get(name.as_str()).copied()
    }

    /// Whether a link was followed when the directory was listed, to a file that is listed too: then its
    /// target is written in full, and its size is that of the file.
    pub(crate) fn was_followed(&self, link: &Entry, target: &str) -> bool {
        let is_it = |(name, entry): (&&str, &&Entry)| {
            let end = target.strip_suffix(*name);
            end.is_some_and(|start| start.ends_with('/'))
                && entry.is_file()
                && entry.size.is_some()
                && entry.size == link.size
        };
        target.starts_with('/') && self.names.iter().any(is_it)
    }

    /// Whether nobody listed what lies in the directory of `place`.
    pub(crate) fn is_unlisted(&self, place: &str) -> bool {
        let name = resolve(self.folder, place).unwrap_or_default();
        let Some((folder, _)) = name.rsplit_once('/') else {
            return self.names.len() >= MANY;
        };
        if folder == self.folder {
            return self.names.len() >= MANY;
        }
        let inside = |n: &&str| n.strip_prefix(folder).is_some_and(|n| n.starts_with('/'));
        self.names.contains_key(folder) && !self.names.keys().any(inside)
    }

    /// The links on the way to `place`, and the place itself when it is there.
    pub(crate) fn on_the_way(
        &self,
        place: &str,
    ) -> impl Iterator<Item = (String, &'a Entry)> + use<'_, 'a> {
        let name = resolve(self.folder, place).unwrap_or_default();
        let mut ends: Vec<usize> = name.match_indices('/').map(|(i, _)| i).collect();
        ends.push(name.len());
        // The model's own directory is where the user put it.
        ends.retain(|end| *end > self.folder.len());
        ends.into_iter().filter_map(move |end| {
            let path = name.get(..end)?.to_owned();
            let entry = self.names.get(path.as_str()).copied()?;
            let directory = entry.kind == ma_core::EntryKind::Directory;
            (!directory).then_some((path, entry))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_by_their_text() {
        assert_eq!(resolve("a/b", "../c"), Some("a/c".to_owned()));
        assert_eq!(resolve("", "./x//y"), Some("x/y".to_owned()));
        assert_eq!(resolve("a", "../../x"), None);
    }
}
