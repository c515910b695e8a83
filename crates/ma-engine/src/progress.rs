//! What a run tells while it works.

use ma_core::{ArtifactPath, Severity};

/// Told what is going on; called from all worker threads.
pub trait Progress: Sync {
    /// All files are known.
    fn found(&self, _files: u64, _bytes: u64) {}
    /// A file is begun.
    fn start(&self, _path: &ArtifactPath, _bytes: u64) {}
    /// A file is done.
    fn done(&self, _path: &ArtifactPath, _bytes: u64, _worst: Option<Severity>) {}
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {}
