//! The one way in: what a target is, and what there is to scan in it.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ma_core::{Artifact, ArtifactPath, Blob, Root};

use crate::local::{self, FilePool};
use crate::names::shown;
use crate::scheme::{self, Url};
use crate::spool;

/// What all targets of one run share.
#[derive(Debug, Clone)]
pub struct ResolveOptions {
    /// The most bytes that are read from a pipe or standard input.
    pub max_spool: u64,
    /// Set from elsewhere when the user wants no more: walks and reads end soon after.
    pub cancelled: Arc<AtomicBool>,
    /// Where files are opened.
    pub files: Arc<FilePool>,
}

impl Default for ResolveOptions {
    fn default() -> Self {
        Self {
            max_spool: 64 << 30,
            cancelled: Arc::default(),
            files: Arc::default(),
        }
    }
}

/// What kept a target from being resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResolveErrorKind {
    /// There is no such file or directory.
    Missing,
    /// The operating system does not let us read it.
    Unreadable,
    /// It is a device, a socket or a terminal.
    Special,
    /// It is remote, and this build reads local files only.
    Unsupported,
    /// It is larger than the limit.
    TooLarge,
    /// The user stopped the scan while it was being read.
    Cancelled,
}

/// A target that can't be scanned at all: what is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveError {
    /// What kind of error it is.
    pub kind: ResolveErrorKind,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
}

impl ResolveError {
    pub(crate) fn new(
        kind: ResolveErrorKind,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            message: message.into(),
            help: help.into(),
        }
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.help.is_empty() {
            write!(f, "; {}", self.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for ResolveError {}

/// Finds out what `target` is: a path, `-` for standard input, or a URL. What can't be scanned at all
/// is a root that says so.
#[must_use]
pub fn resolve(target: impl AsRef<OsStr>, options: &ResolveOptions) -> Root {
    let target = target.as_ref();
    match try_resolve(target, options) {
        Ok(root) => root,
        Err(e) => Root::failed(shown(target), e.to_string()),
    }
}

/// Like [`resolve`], with the reason apart from the advice.
///
/// # Errors
/// When nothing of it can be scanned. What is missing inside a directory is a gap of the root.
pub fn try_resolve(
    target: impl AsRef<OsStr>,
    options: &ResolveOptions,
) -> Result<Root, ResolveError> {
    let target = target.as_ref();
    let name = shown(target);
    if name == "-" {
        let source = spool::stdin(options)?;
        let artifact = Artifact::new(ArtifactPath::new("<stdin>"), Blob::new(source));
        return Ok(Root::file(artifact));
    }
    match target.to_str().and_then(scheme::parse) {
        None => local::resolve(Path::new(target), &name, options),
        Some(Url::File(path)) => local::resolve(&path, &shown(path.as_os_str()), options),
        Some(Url::Remote { scheme, help }) => Err(ResolveError::new(
            ResolveErrorKind::Unsupported,
            format!("`{scheme}://` is not supported yet, only local files are scanned"),
            help,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_targets_are_answered_with_a_way_out() {
        let error = try_resolve("hf://org/model", &ResolveOptions::default())
            .err()
            .unwrap();
        assert_eq!(error.kind, ResolveErrorKind::Unsupported);
        assert!(error.to_string().contains("download it first"), "{error}");
    }
}
