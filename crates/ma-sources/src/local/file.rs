//! Files that open themselves when they are read, and the pool that bounds how many are open.

use std::collections::VecDeque;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};
use std::time::SystemTime;

use ma_core::ByteSource;

/// Files that are open at the same time unless somebody reads from more of them at once.
const OPEN_FILES: usize = 128;

/// Keeps the files that were opened last open; older ones are closed and opened again when they are
/// read again.
#[derive(Debug)]
pub struct FilePool {
    capacity: usize,
    open: Mutex<VecDeque<Arc<File>>>,
}

impl Default for FilePool {
    fn default() -> Self {
        Self::new(OPEN_FILES)
    }
}

impl FilePool {
    /// A pool of at most `capacity` open files.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            open: Mutex::default(),
        }
    }

    fn keep(&self, file: &Arc<File>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        while open.len() >= self.capacity.max(1) {
            open.pop_front();
        }
        open.push_back(Arc::clone(file));
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.open.lock().unwrap().len()
    }
}

/// What must stay the same from one opening of a file to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    len: u64,
    modified: Option<SystemTime>,
    #[cfg(unix)]
    inode: (u64, u64),
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            inode: {
                use std::os::unix::fs::MetadataExt;
                (metadata.dev(), metadata.ino())
            },
        }
    }
}

#[cfg(unix)]
fn names_on_disk(metadata: &Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::nlink(metadata))
}

#[cfg(not(unix))]
fn names_on_disk(_metadata: &Metadata) -> Option<u64> {
    None
}

/// A regular file that is opened when it is first read.
#[derive(Debug)]
pub struct LazyFile {
    path: PathBuf,
    len: u64,
    pool: Arc<FilePool>,
    open: RwLock<Weak<File>>,
    identity: OnceLock<Identity>,
    links: Option<u64>,
}

impl LazyFile {
    /// The file at `path`, which was `len` bytes long when it was found.
    #[must_use]
    pub fn new(path: PathBuf, len: u64, pool: Arc<FilePool>) -> Self {
        Self {
            path,
            len,
            pool,
            open: RwLock::default(),
            identity: OnceLock::new(),
            links: None,
        }
    }

    /// The same, with the number of names that `metadata` says the file has.
    #[must_use]
    pub fn counted(mut self, metadata: &Metadata) -> Self {
        self.links = names_on_disk(metadata);
        self
    }

    /// How many names the file has on disk, where that is known.
    #[must_use]
    pub fn links(&self) -> Option<u64> {
        self.links
    }

    /// Opens the file, or finds it open.
    ///
    /// # Errors
    /// When it can't be opened, is no regular file any more, or is not the file that it was.
    pub fn open(&self) -> io::Result<Arc<File>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.upgrade() {
            return Ok(file);
        }
        drop(open);
        let file = self.options().open(&self.path)?;
        let metadata = file.metadata()?;
        let identity = Identity::of(&metadata);
        let same = *self.identity.get_or_init(|| identity.clone()) == identity;
        if !metadata.is_file() || !same || metadata.len() != self.len {
            return Err(io::Error::other("it changed while it was being scanned"));
        }
        let file = Arc::new(file);
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&file);
        self.pool.keep(&file);
        Ok(file)
    }

    #[cfg(unix)]
    fn options(&self) -> OpenOptions {
        use std::os::unix::fs::OpenOptionsExt;
        let mut options = OpenOptions::new();
        // Somebody may put a pipe where a file was found: opening it must not wait for a writer.
        options.read(true).custom_flags(libc::O_NONBLOCK);
        options
    }

    #[cfg(not(unix))]
    fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(true);
        options
    }
}

impl ByteSource for LazyFile {
    fn len(&self) -> u64 {
        self.len
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&*self.open()?, buf, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&*self.open()?, buf, offset)
    }
}

/// An error of the operating system without its number.
pub(crate) fn plain(e: &io::Error) -> String {
    let text = e.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text.get(..at).unwrap_or(&text).to_lowercase(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_files_stay_open_and_all_can_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let pool = Arc::new(FilePool::new(3));
        let files: Vec<LazyFile> = (0..10u8)
            .map(|i| {
                let path = dir.path().join(i.to_string());
                std::fs::write(&path, [i]).unwrap();
                LazyFile::new(path, 1, Arc::clone(&pool))
            })
            .collect();
        for round in 0..3 {
            for (i, file) in files.iter().enumerate() {
                let mut byte = [0];
                assert_eq!(file.read_at(0, &mut byte).unwrap(), 1, "round {round}");
                assert_eq!(usize::from(byte[0]), i);
            }
        }
        assert_eq!(pool.len(), 3);
    }

    #[test]
    fn a_file_that_was_replaced_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, b"first").unwrap();
        let pool = Arc::new(FilePool::new(1));
        let file = LazyFile::new(path.clone(), 5, Arc::clone(&pool));
        let other_path = dir.path().join("other");
        std::fs::write(&other_path, b"x").unwrap();
        let other = LazyFile::new(other_path.clone(), 1, pool);
        let mut buf = [0; 5];
        assert_eq!(file.read_at(0, &mut buf).unwrap(), 5);
        // The other file takes the only place, and the first is replaced meanwhile.
        assert_eq!(other.read_at(0, &mut buf).unwrap(), 1);
        std::fs::write(&other_path, b"again").unwrap();
        std::fs::rename(&other_path, &path).unwrap();
        assert!(file.read_at(0, &mut buf).is_err());
    }

    #[test]
    fn system_errors_are_shown_without_their_number() {
        let e = std::fs::read("/nonexistent/x").unwrap_err();
        assert_eq!(plain(&e), "no such file or directory");
    }
}
