//! What a run is told.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ma_core::{Limits, ScanOptions};

/// What a run is told.
#[derive(Debug, Clone, Default)]
pub struct EngineConfig {
    /// Bounds.
    pub limits: Limits,
    /// What the user chose for the scan itself.
    pub options: ScanOptions,
    /// Whether the report names the SHA-256 of each file. It is computed by a thread of its own,
    /// beside the scan, and takes about half a second for each gigabyte.
    pub hashes: bool,
    /// Worker threads; `None` = one a core.
    pub threads: Option<usize>,
    /// Wall-clock time for the whole run; what was found until then is reported.
    pub timeout: Option<Duration>,
    /// Set it (from a signal handler, say) to end the run at the next check.
    pub cancelled: Arc<AtomicBool>,
}
