//! The walk over a directory: every file below it once, in an order that the names alone decide.
//!
//! Directories are read from a worklist, links are looked at when everything else is known, and
//! nothing is opened.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ma_core::artifact::extension;
use ma_core::{
    Artifact, ArtifactPath, Blob, ByteSource, Entry, EntryKind, Gap, GapReason, Root, RootContent,
};

use super::container::DirContainer;
use super::file::{LazyFile, plain};
use crate::names::{below, relative, shown};
use crate::resolve::{ResolveError, ResolveOptions};

/// Formats whose meaning lies in the name of the file: the same text under another name can be
/// read by another loader.
const NAMED: [&str; 9] = [
    "json", "yaml", "yml", "toml", "py", "txt", "cfg", "ini", "jinja",
];

/// Everything below `root`, which the user calls `name`.
pub(super) fn directory(
    root: &Path,
    name: &str,
    options: &ResolveOptions,
) -> Result<Root, ResolveError> {
    // The root itself must be readable; what lies deeper may fail without ending the walk.
    fs::read_dir(root).map_err(|e| super::unreadable(name, &e))?;
    let real_root = fs::canonicalize(root).map_err(|e| super::unreadable(name, &e))?;
    let mut walk = Walk {
        root,
        allowed: link_area(&real_root),
        real_root,
        options,
        found: BTreeMap::new(),
        links: Vec::new(),
    };
    walk.directories();
    walk.links();
    Ok(root_of(walk.found, name))
}

/// Where links may lead: the directory itself, and for the snapshots of a Hugging Face cache the
/// repository that they belong to.
fn link_area(real_root: &Path) -> PathBuf {
    let in_cache = real_root.ancestors().find(|dir| {
        dir.file_name().is_some_and(|name| name == "snapshots")
            && dir.parent().is_some_and(|repo| {
                let name = repo.file_name().map(shown).unwrap_or_default();
                name.contains("--") && repo.join("blobs").is_dir()
            })
    });
    let repository = in_cache.and_then(Path::parent);
    repository.unwrap_or(real_root).to_path_buf()
}

/// What was found at a place.
enum Found {
    File(Arc<LazyFile>),
    /// Another name of a file that is scanned under a better one.
    Elsewhere(Arc<LazyFile>, EntryKind),
    Directory,
    Link(PathBuf, Option<Problem>),
    Special(Problem),
    Unreadable(Problem),
}

struct Problem(GapReason, String);

struct Walk<'a> {
    root: &'a Path,
    real_root: PathBuf,
    allowed: PathBuf,
    options: &'a ResolveOptions,
    found: BTreeMap<PathBuf, Found>,
    links: Vec<PathBuf>,
}

impl Walk<'_> {
    fn directories(&mut self) {
        let mut todo = vec![PathBuf::new()];
        while let Some(dir) = todo.pop() {
            if self.options.cancelled.load(Ordering::Relaxed) {
                let problem = Problem(GapReason::Stopped, "the walk was interrupted".to_owned());
                self.found.insert(dir, Found::Unreadable(problem));
                return;
            }
            let listing = match fs::read_dir(self.root.join(&dir)) {
                Ok(listing) => listing,
                Err(e) => {
                    self.unreadable(dir, "the directory can't be read", &e);
                    continue;
                }
            };
            for item in listing {
                match item {
                    Ok(item) => self.one(&dir, &item, &mut todo),
                    Err(e) => self.unreadable(dir.clone(), "the directory can't be read", &e),
                }
            }
        }
    }

    fn one(&mut self, dir: &Path, item: &fs::DirEntry, todo: &mut Vec<PathBuf>) {
        let path = dir.join(item.file_name());
        let kind = match item.file_type() {
            Ok(kind) => kind,
            Err(e) => return self.unreadable(path, "can't be looked at", &e),
        };
        if kind.is_dir() {
            self.found.insert(path.clone(), Found::Directory);
            todo.push(path);
        } else if kind.is_symlink() {
            self.links.push(path);
        } else if kind.is_file() {
            match item.metadata() {
                Ok(metadata) => {
                    let file = self.lazy(item.path(), &metadata);
                    self.found.insert(path, Found::File(file));
                }
                Err(e) => self.unreadable(path, "can't be looked at", &e),
            }
        } else {
            let what = "a device, socket or pipe, which holds nothing to scan".to_owned();
            let problem = Problem(GapReason::Unsupported, what);
            self.found.insert(path, Found::Special(problem));
        }
    }

    fn lazy(&self, path: PathBuf, metadata: &fs::Metadata) -> Arc<LazyFile> {
        let file = LazyFile::new(path, metadata.len(), Arc::clone(&self.options.files));
        Arc::new(file.counted(metadata))
    }

    fn unreadable(&mut self, path: PathBuf, what: &str, e: &io::Error) {
        let problem = Problem(GapReason::Unreadable, format!("{what}: {}", plain(e)));
        self.found.insert(path, Found::Unreadable(problem));
    }

    /// Decides about links, grouped by the file that they lead to.
    fn links(&mut self) {
        let mut links = std::mem::take(&mut self.links);
        links.sort();
        let mut files: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
        for link in links {
            let at = self.root.join(&link);
            let written = fs::read_link(&at).unwrap_or_default();
            match self.follow(&at) {
                Ok(Some(real)) => files.entry(real).or_default().push(link),
                Ok(None) => {
                    self.found.insert(link, Found::Link(written, None));
                }
                Err(problem) => {
                    self.found.insert(link, Found::Link(written, Some(problem)));
                }
            }
        }
        for (real, links) in files {
            self.names(&real, links);
        }
    }

    /// The file that a link leads to; `None` for a directory that is walked anyway.
    fn follow(&self, at: &Path) -> Result<Option<PathBuf>, Problem> {
        let real = fs::canonicalize(at).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => Problem(
                GapReason::Unreadable,
                "a link to something that does not exist".to_owned(),
            ),
            _ => Problem(
                GapReason::Unreadable,
                format!("a link that can't be followed: {}", plain(&e)),
            ),
        })?;
        let metadata = fs::metadata(&real).map_err(|e| {
            Problem(
                GapReason::Unreadable,
                format!("a link that can't be followed: {}", plain(&e)),
            )
        })?;
        if metadata.is_file() && real.starts_with(&self.allowed) {
            return Ok(Some(real));
        }
        if metadata.is_dir() && real.starts_with(&self.real_root) {
            return Ok(None);
        }
        if !real.starts_with(&self.allowed) || metadata.is_dir() {
            return Err(Problem(
                GapReason::Unsupported,
                format!(
                    "a link that leads out of the scanned directory, to {}; name that path too to have it scanned",
                    shown(real.as_os_str())
                ),
            ));
        }
        Ok(None)
    }

    /// Under which names one file is scanned.
    fn names(&mut self, real: &Path, links: Vec<PathBuf>) {
        let own = real.strip_prefix(&self.real_root).ok().map(PathBuf::from);
        let own = own.filter(|path| matches!(self.found.get(path), Some(Found::File(_))));
        let Ok(metadata) = fs::metadata(real) else {
            return;
        };
        let mut names: Vec<String> = own.iter().map(|p| base_name(p)).collect();
        for link in links {
            let file = self.lazy(real.to_path_buf(), &metadata);
            let name = base_name(&link);
            let known = names.iter().any(|n| says_as_much(n, &name));
            if known {
                let kind = EntryKind::Symlink(shown(real.as_os_str()));
                self.found.insert(link, Found::Elsewhere(file, kind));
            } else {
                names.push(name);
                self.found.insert(link, Found::File(file));
            }
        }
        // The blobs of a content-addressed store are known by the links to them.
        if let Some(own) = own
            && names.len() > 1
            && is_hash(&base_name(&own))
            && let Some(found) = self.found.get_mut(&own)
            && let Found::File(file) = found
        {
            let better = names.get(1).cloned().unwrap_or_default();
            *found = Found::Elsewhere(Arc::clone(file), EntryKind::Hardlink(better));
        }
    }
}

fn base_name(path: &Path) -> String {
    path.file_name().map(shown).unwrap_or_default()
}

/// Whether a scan under `known` finds all that a scan under `other` would.
fn says_as_much(known: &str, other: &str) -> bool {
    let ext = extension(other);
    known == other || (extension(known) == ext && !ext.is_empty() && !NAMED.contains(&ext.as_str()))
}

fn is_hash(name: &str) -> bool {
    name.len() >= 16 && name.chars().all(|c| c.is_ascii_hexdigit())
}

/// The directory as a container of files, with what could not be reached.
fn root_of(found: BTreeMap<PathBuf, Found>, target: &str) -> Root {
    let mut listing = Vec::with_capacity(found.len());
    let mut gaps = Vec::new();
    for (path, found) in found {
        let name = relative(&path);
        let mut entry = Entry::file(name.as_str());
        let (source, problem) = match found {
            Found::File(file) => (Some(file), None),
            Found::Elsewhere(file, kind) => {
                entry.kind = kind;
                (Some(file), None)
            }
            Found::Directory => {
                entry.kind = EntryKind::Directory;
                (None, None)
            }
            Found::Link(target, problem) => {
                entry.kind = EntryKind::Symlink(shown(target.as_os_str()));
                (None, problem)
            }
            Found::Special(problem) | Found::Unreadable(problem) => {
                entry.kind = EntryKind::Special;
                (None, Some(problem))
            }
        };
        entry.size = source.as_ref().map(|file| file.len());
        entry.hard_links = source.as_ref().and_then(|file| file.links());
        if let Some(Problem(reason, detail)) = problem {
            let full = match name.is_empty() {
                true => target.to_owned(),
                false => below(target, &name),
            };
            gaps.push(Gap {
                artifact: ArtifactPath::new(full),
                reason,
                detail,
                range: None,
            });
        }
        listing.push((entry, source));
    }
    let container = Arc::new(DirContainer::new(listing));
    let directory = Artifact::new(ArtifactPath::new(target), Blob::from_vec(Vec::new()));
    Root {
        name: target.to_owned(),
        content: RootContent::Directory(directory, container),
        gaps,
    }
}
