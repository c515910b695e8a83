//! Things side by side: a directory, an archive, a remote repository. All are one trait, so a
//! scanner may look at its artifact's siblings without knowing where they come from.

use std::ops::Range;

use crate::blob::Blob;
use crate::cx::Cx;
use crate::scanner::ScanError;

/// The position of an entry in [`Container::entries`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(pub usize);

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryKind {
    /// Bytes.
    File,
    /// A directory.
    Directory,
    /// A symbolic link with its target as written.
    Symlink(String),
    /// A hard link to another entry, named as written.
    Hardlink(String),
    /// A device, pipe, socket or anything else that is not data.
    Special,
}

/// One thing in a container, as the container's own directory describes it. Sizes are claims until
/// the entry was opened.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The name as written, decoded leniently; it may hold `..`, separators and control characters.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Claimed size in bytes after decompression.
    pub size: Option<u64>,
    /// Claimed size in bytes as stored.
    pub packed: Option<u64>,
    /// Where its bytes lie in the container's own blob, when they are stored there as they are.
    pub stored_at: Option<Range<u64>>,
    /// True when the content can't be read without a password.
    pub encrypted: bool,
    /// How many names the file has on disk, its own included; `None` where there is no such count.
    pub hard_links: Option<u64>,
}

impl Entry {
    /// A file entry of which nothing but the name is known.
    #[must_use]
    pub fn file(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: EntryKind::File,
            size: None,
            packed: None,
            stored_at: None,
            encrypted: false,
            hard_links: None,
        }
    }

    /// True for [`EntryKind::File`].
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.kind == EntryKind::File
    }
}

/// Things side by side.
pub trait Container: Send + Sync {
    /// The entries in the container's own order. Names may repeat.
    fn entries(&self) -> &[Entry];

    /// The bytes of one entry. What is found while they are unpacked (a wrong checksum, a size that
    /// lies) goes to `cx` as issues and gaps of the container.
    ///
    /// # Errors
    /// When nothing of the entry can be read, or a limit was hit.
    fn open(&self, id: EntryId, cx: &mut Cx<'_>) -> Result<Blob, ScanError>;

    /// An entry.
    fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.entries().get(id.0)
    }

    /// The last entry of that exact name (what most readers give when a name repeats).
    fn find(&self, name: &str) -> Option<EntryId> {
        self.entries()
            .iter()
            .rposition(|e| e.name == name)
            .map(EntryId)
    }
}
