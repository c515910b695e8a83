//! Files and directories of this machine.

mod container;
mod file;
mod missing;
mod walk;

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use ma_core::{Artifact, ArtifactPath, Blob, EntryId, Home, Root};

pub use container::{DirContainer, SiblingContainer};
pub use file::{FilePool, LazyFile};

use crate::resolve::{ResolveError, ResolveErrorKind, ResolveOptions};
use crate::spool;

/// What lies at `path`, which the user calls `name`. A link that the user names is followed.
///
/// # Errors
/// When there is nothing there, or nothing that can be read.
pub fn resolve(path: &Path, name: &str, options: &ResolveOptions) -> Result<Root, ResolveError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(e) => return Err(missing::explain(path, name, &e)),
    };
    if metadata.is_dir() {
        return walk::directory(path, name, options);
    }
    if metadata.is_file() {
        return file(path, name, metadata.len(), options).map(Root::file);
    }
    if is_pipe(&metadata) {
        let mut pipe = File::open(path).map_err(|e| unreadable(name, &e))?;
        let source = spool::read_all(&mut pipe, &format!("`{name}`"), options)?;
        let artifact = Artifact::new(ArtifactPath::new(name), Blob::new(source));
        return Ok(Root::file(artifact));
    }
    Err(ResolveError::new(
        ResolveErrorKind::Special,
        format!("`{name}` is a device or a socket, not a file"),
        "name a file or a directory, or pipe the data in with `-`",
    ))
}

fn file(
    path: &Path,
    name: &str,
    len: u64,
    options: &ResolveOptions,
) -> Result<Artifact, ResolveError> {
    let source = Arc::new(LazyFile::new(
        path.to_path_buf(),
        len,
        Arc::clone(&options.files),
    ));
    // The user named this one: that it can't be read is said at once, not somewhere in a list.
    source.open().map_err(|e| unreadable(name, &e))?;
    let container = SiblingContainer::new(path, Arc::clone(&source), Arc::clone(&options.files));
    let mut artifact = Artifact::new(ArtifactPath::new(name), Blob::new(source));
    artifact.home = Some(Home {
        container: Arc::new(container),
        entry: EntryId(0),
    });
    Ok(artifact)
}

fn unreadable(name: &str, e: &io::Error) -> ResolveError {
    let help = match e.kind() {
        io::ErrorKind::PermissionDenied => {
            "allow reading it (chmod), or run as a user who may read it"
        }
        _ => "",
    };
    ResolveError::new(
        ResolveErrorKind::Unreadable,
        format!("`{name}` can't be read: {}", file::plain(e)),
        help,
    )
}

#[cfg(unix)]
fn is_pipe(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_metadata: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests;
