//! Directories as containers, so that a scanner can look at the siblings of its artifact.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ma_core::{Blob, Container, Cx, Entry, EntryId, EntryKind, ScanError};

use super::file::{FilePool, LazyFile};
use crate::names::shown;

/// Entries that are listed beside a file that the user named.
const SIBLINGS: usize = 20_000;

/// All that lies below a directory that the user named. Names are relative to it, with `/` between
/// their parts; links that are followed are listed as the files that they lead to.
pub struct DirContainer {
    entries: Vec<Entry>,
    sources: Vec<Option<Arc<LazyFile>>>,
}

impl DirContainer {
    /// A container of entries with the files behind them, sorted by name.
    pub(super) fn new(mut listing: Vec<(Entry, Option<Arc<LazyFile>>)>) -> Self {
        listing.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        let (entries, sources) = listing.into_iter().unzip();
        Self { entries, sources }
    }
}

impl Container for DirContainer {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn open(&self, id: EntryId, _cx: &mut Cx<'_>) -> Result<Blob, ScanError> {
        open(&self.sources, id)
    }

    fn find(&self, name: &str) -> Option<EntryId> {
        let after = self.entries.partition_point(|e| e.name.as_str() <= name);
        let last = after.checked_sub(1)?;
        let found = self.entries.get(last)?.name == name;
        found.then_some(EntryId(last))
    }
}

fn open(sources: &[Option<Arc<LazyFile>>], id: EntryId) -> Result<Blob, ScanError> {
    let source = sources.get(id.0).and_then(Option::as_ref).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "this is no file that can be read",
        )
    })?;
    source.open()?;
    let source: Arc<LazyFile> = Arc::clone(source);
    Ok(Blob::new(source))
}

/// The directory of a file that the user named: the file itself comes first, its siblings follow by
/// name. It is read when somebody asks for them, and only this one level.
pub struct SiblingContainer {
    path: PathBuf,
    own: Arc<LazyFile>,
    pool: Arc<FilePool>,
    listing: OnceLock<Listing>,
}

struct Listing {
    entries: Vec<Entry>,
    sources: Vec<Option<Arc<LazyFile>>>,
}

impl SiblingContainer {
    pub(super) fn new(path: &Path, own: Arc<LazyFile>, pool: Arc<FilePool>) -> Self {
        Self {
            path: path.to_path_buf(),
            own,
            pool,
            listing: OnceLock::new(),
        }
    }

    fn listing(&self) -> &Listing {
        self.listing.get_or_init(|| self.list())
    }

    fn list(&self) -> Listing {
        let own_name = self.path.file_name().unwrap_or_default();
        let mut own = Entry::file(shown(own_name));
        own.size = Some(ma_core::ByteSource::len(&*self.own));
        let mut found = Vec::new();
        let dir = self.path.parent().filter(|p| !p.as_os_str().is_empty());
        for item in fs::read_dir(dir.unwrap_or(Path::new(".")))
            .into_iter()
            .flatten()
            .flatten()
            .take(SIBLINGS)
        {
            // Links are not followed: the user named one file, not what others point to.
            let Ok(metadata) = item.metadata() else {
                continue;
            };
            let name = item.file_name();
            if name == own_name {
                continue;
            }
            let mut entry = Entry::file(shown(&name));
            let mut source = None;
            if metadata.is_file() {
                entry.size = Some(metadata.len());
                let file = LazyFile::new(item.path(), metadata.len(), Arc::clone(&self.pool));
                let file = file.counted(&metadata);
                entry.hard_links = file.links();
                source = Some(Arc::new(file));
            } else if metadata.is_dir() {
                entry.kind = EntryKind::Directory;
            } else if metadata.is_symlink() {
                let target = fs::read_link(item.path()).unwrap_or_default();
                entry.kind = EntryKind::Symlink(shown(target.as_os_str()));
            } else {
                entry.kind = EntryKind::Special;
            }
            found.push((entry, source));
        }
        found.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        found.insert(0, (own, Some(Arc::clone(&self.own))));
        let (entries, sources) = found.into_iter().unzip();
        Listing { entries, sources }
    }
}

impl Container for SiblingContainer {
    fn entries(&self) -> &[Entry] {
        &self.listing().entries
    }

    fn open(&self, id: EntryId, _cx: &mut Cx<'_>) -> Result<Blob, ScanError> {
        open(&self.listing().sources, id)
    }
}
