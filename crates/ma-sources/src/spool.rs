//! Pipes and standard input: read to the end, kept in memory while small and in an anonymous
//! temporary file beyond that.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ma_core::{ByteSource, FileSource, MemorySource};

use crate::resolve::{ResolveError, ResolveErrorKind, ResolveOptions};

/// Bytes that are kept in memory before a temporary file is used.
const IN_MEMORY: u64 = 8 << 20;
/// Bytes copied at a time.
const BLOCK: usize = 256 << 10;

/// Standard input, whatever it is connected to.
pub(crate) fn stdin(options: &ResolveOptions) -> Result<Arc<dyn ByteSource>, ResolveError> {
    let stdin = io::stdin();
    if io::IsTerminal::is_terminal(&stdin) {
        return Err(ResolveError::new(
            ResolveErrorKind::Special,
            "standard input is a terminal, there is nothing to scan in it",
            "pipe a file in (`modelaudit - < model.pkl`) or name the file",
        ));
    }
    if let Some(source) = redirected_file() {
        return Ok(source);
    }
    read_all(&mut stdin.lock(), "standard input", options)
}

/// `modelaudit - < file` needs no copy: the file itself is there to be read at any place.
#[cfg(unix)]
fn redirected_file() -> Option<Arc<dyn ByteSource>> {
    use std::os::fd::AsFd;
    let fd = io::stdin().as_fd().try_clone_to_owned().ok()?;
    let mut file = File::from(fd);
    if !file.metadata().ok()?.is_file() || file.stream_position().ok()? != 0 {
        return None;
    }
    let source: Arc<dyn ByteSource> = Arc::new(FileSource::new(file).ok()?);
    Some(source)
}

#[cfg(not(unix))]
fn redirected_file() -> Option<Arc<dyn ByteSource>> {
    None
}

/// Reads `from` to its end.
pub(crate) fn read_all(
    from: &mut dyn Read,
    what: &str,
    options: &ResolveOptions,
) -> Result<Arc<dyn ByteSource>, ResolveError> {
    let mut spool = Spool {
        from,
        what,
        options,
        total: 0,
        block: vec![0; BLOCK],
    };
    let mut memory = Vec::new();
    while (memory.len() as u64) < IN_MEMORY {
        let Some(block) = spool.next()? else {
            return Ok(Arc::new(MemorySource::new(memory)));
        };
        memory.extend_from_slice(block);
    }
    let mut file = tempfile::tempfile().map_err(|e| temporary(what, &e))?;
    file.write_all(&memory).map_err(|e| temporary(what, &e))?;
    drop(memory);
    while let Some(block) = spool.next()? {
        file.write_all(block).map_err(|e| temporary(what, &e))?;
    }
    let source = FileSource::new(file).map_err(|e| temporary(what, &e))?;
    Ok(Arc::new(source))
}

struct Spool<'a> {
    from: &'a mut dyn Read,
    what: &'a str,
    options: &'a ResolveOptions,
    total: u64,
    block: Vec<u8>,
}

impl Spool<'_> {
    fn next(&mut self) -> Result<Option<&[u8]>, ResolveError> {
        let n = loop {
            if self.options.cancelled.load(Ordering::Relaxed) {
                return Err(ResolveError::new(
                    ResolveErrorKind::Cancelled,
                    format!("{} was not read to its end: interrupted", self.what),
                    "",
                ));
            }
            match self.from.read(&mut self.block) {
                Ok(n) => break n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    return Err(ResolveError::new(
                        ResolveErrorKind::Unreadable,
                        format!("{} can't be read: {e}", self.what),
                        "",
                    ));
                }
            }
        };
        self.total = self.total.saturating_add(n as u64);
        if self.total > self.options.max_spool {
            return Err(ResolveError::new(
                ResolveErrorKind::TooLarge,
                format!(
                    "{} holds more than the {} bytes that are read from a pipe",
                    self.what, self.options.max_spool
                ),
                "save it as a file and name that, or raise --max-file-size",
            ));
        }
        Ok(if n == 0 { None } else { self.block.get(..n) })
    }
}

fn temporary(what: &str, e: &io::Error) -> ResolveError {
    let dir = std::env::temp_dir();
    ResolveError::new(
        ResolveErrorKind::Unreadable,
        format!("{what} can't be kept in {}: {e}", dir.display()),
        "free some space there, or set TMPDIR to a directory with room for it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spooled(len: usize, options: &ResolveOptions) -> Result<Arc<dyn ByteSource>, ResolveError> {
        let bytes: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
        read_all(&mut bytes.as_slice(), "the test", options)
    }

    #[test]
    fn small_and_large_input_read_back_the_same() {
        for len in [0, 1, (8 << 20) - 1, 8 << 20, (9 << 20) + 3] {
            let source = spooled(len, &ResolveOptions::default()).unwrap();
            assert_eq!(source.len(), len as u64);
            let mut byte = [0];
            let n = source
                .read_at((len as u64).saturating_sub(1), &mut byte)
                .unwrap();
            assert_eq!(n, usize::from(len > 0));
            if len > 0 {
                assert_eq!(usize::from(byte[0]), (len - 1) % 251);
            }
        }
    }

    #[test]
    fn endless_input_ends_at_the_limit() {
        let options = ResolveOptions {
            max_spool: 10 << 20,
            ..ResolveOptions::default()
        };
        let error = read_all(&mut io::repeat(7), "the test", &options)
            .err()
            .unwrap();
        assert_eq!(error.kind, ResolveErrorKind::TooLarge);
    }

    #[test]
    fn an_interrupted_read_is_no_input() {
        let options = ResolveOptions::default();
        options.cancelled.store(true, Ordering::Relaxed);
        let error = spooled(10, &options).err().unwrap();
        assert_eq!(error.kind, ResolveErrorKind::Cancelled);
    }
}
