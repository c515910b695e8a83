//! Ctrl-C: the first ends the scan, and what was found so far is reported; the second ends the
//! process.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a process that was killed by an interrupt.
const KILLED: i32 = 130;

/// Set by the first Ctrl-C.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt {
    cancelled: Arc<AtomicBool>,
    /// Set while a read is under way that nothing but the end of the process can interrupt.
    blocked: Arc<AtomicBool>,
}

impl Interrupt {
    /// Starts to listen. Where that is not possible Ctrl-C does what it always does.
    pub(crate) fn listen() -> Self {
        let interrupt = Self::default();
        let (cancelled, blocked) = (
            Arc::clone(&interrupt.cancelled),
            Arc::clone(&interrupt.blocked),
        );
        let listening = ctrlc::set_handler(move || {
            if cancelled.swap(true, Ordering::SeqCst) || blocked.load(Ordering::SeqCst) {
                std::process::exit(KILLED);
            }
            let text =
                "\nStopping; what was found so far is reported (Ctrl-C again to quit at once)\n";
            let _ = std::io::stderr().write_all(text.as_bytes());
        });
        if let Err(e) = listening {
            tracing::debug!("Ctrl-C is not handled: {e}");
        }
        interrupt
    }

    /// The flag that scans look at.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancelled)
    }

    /// Whether there was a Ctrl-C.
    pub(crate) fn happened(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// Runs `body`, during which the first Ctrl-C ends the process: a read from a pipe may wait
    /// for ever.
    pub(crate) fn blocking<T>(&self, body: impl FnOnce() -> T) -> T {
        self.blocked.store(true, Ordering::SeqCst);
        let result = body();
        self.blocked.store(false, Ordering::SeqCst);
        result
    }
}
