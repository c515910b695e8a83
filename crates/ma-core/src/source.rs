//! Random access to bytes by range: the one way in which anything here reads a file.
//!
//! Readers are written against [`ByteSource`], so that a local file, a stored member of an
//! archive and an object behind HTTP ranges are all scanned by the same code.

use std::fs::File;
use std::io;

/// Bytes that can be read at any offset.
///
/// Implementations are shared between threads and must not keep a position. The length is fixed
/// for the life of the source; a source whose backing changes reports an error from `read_at`.
pub trait ByteSource: Send + Sync {
    /// Number of bytes.
    fn len(&self) -> u64;

    /// True when there are no bytes at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads at `offset` into `buf` and returns how many bytes were read.
    ///
    /// A short read is allowed; `Ok(0)` for a non-empty `buf` means that `offset` is at or beyond
    /// the end.
    ///
    /// # Errors
    /// What the file, the network or the decompressor reports.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// All bytes as one slice, where they lie in memory anyway.
    fn as_slice(&self) -> Option<&[u8]> {
        None
    }
}

/// Bytes held in memory.
#[derive(Debug, Clone)]
pub struct MemorySource(Vec<u8>);

impl MemorySource {
    /// Takes ownership of `bytes`.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl ByteSource for MemorySource {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|start| self.0.get(start..))
            .unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        Ok(n)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(&self.0)
    }
}

/// An open file, read with positioned reads; it is never mapped, so a file that shrinks while it is
/// being scanned is a read error and not a signal that ends the process.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    len: u64,
}

impl FileSource {
    /// Wraps an open regular file. The length is taken once, here.
    ///
    /// # Errors
    /// When the metadata can't be read.
    pub fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }
}

impl ByteSource for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buf, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, buf, offset)
    }
}

/// A window is a source too: so a member of an archive can be wrapped like a file.
impl ByteSource for crate::blob::Blob {
    fn len(&self) -> u64 {
        Self::len(self)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        Self::read_at(self, offset, buf)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Self::as_slice(self)
    }
}
