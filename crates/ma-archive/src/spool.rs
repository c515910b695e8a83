//! Unpacked bytes on their way to becoming a blob: in memory while they are few, in an anonymous
//! temporary file beyond that, so memory does not grow with what a stream unpacks to.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use ma_core::{Blob, FileSource};

/// Bytes kept in memory.
pub(crate) const IN_MEMORY: usize = 8 << 20;

/// Collects bytes.
#[derive(Default)]
pub(crate) struct Spool {
    memory: Vec<u8>,
    file: Option<File>,
}

impl Spool {
    /// Appends bytes.
    ///
    /// # Errors
    /// When the temporary file can't be made or written.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            return file.write_all(bytes);
        }
        if self.memory.len().saturating_add(bytes.len()) <= IN_MEMORY {
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        let mut file = tempfile::tempfile()?;
        file.write_all(&self.memory)?;
        file.write_all(bytes)?;
        self.memory = Vec::new();
        self.file = Some(file);
        Ok(())
    }

    /// The bytes as a blob; the temporary file disappears with its last window.
    ///
    /// # Errors
    /// When the file's length can't be read.
    pub(crate) fn finish(mut self) -> io::Result<Blob> {
        match self.file {
            Some(file) => Ok(Blob::new(Arc::new(FileSource::new(file)?))),
            None => {
                self.memory.shrink_to_fit();
                Ok(Blob::from_vec(self.memory))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_output_goes_to_a_file_and_reads_the_same() {
        let mut spool = Spool::default();
        let block: Vec<u8> = (0..=255u8).cycle().take(100_000).collect();
        for _ in 0..100 {
            spool.push(&block).unwrap();
        }
        let blob = spool.finish().unwrap();
        assert_eq!(blob.len(), 10_000_000);
        assert!(blob.as_slice().is_none());
        let mut buf = [0; 4];
        blob.read_at(9_900_000, &mut buf).unwrap();
        assert_eq!(buf, [0, 1, 2, 3]);
    }
}
