//! The progress bar: on standard error, on a terminal only, and only when the work takes longer than
//! a moment.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ma_core::text::{escape, shorten};
use ma_core::{ArtifactPath, Severity};
use ma_engine::Progress;

use crate::args::ScanArgs;
use crate::terminal::Terminal;

/// Work that is done by then needs no bar.
const PATIENCE: Duration = Duration::from_secs(1);
/// Time from one drawing to the next.
const TICK: Duration = Duration::from_millis(100);

/// What is known of the work; cheap to update from all threads.
#[derive(Default)]
struct Known {
    files: AtomicU64,
    bytes: AtomicU64,
    files_done: AtomicU64,
    bytes_done: AtomicU64,
    with_issues: AtomicU64,
    current: Mutex<String>,
    over: Mutex<bool>,
    wake: Condvar,
}

/// Counts what is done and logs it; draws when `drawn`.
pub(crate) struct Meter {
    known: Arc<Known>,
    drawn: AtomicBool,
    drawer: Mutex<Option<JoinHandle<()>>>,
}

impl Meter {
    /// A meter that draws where the options and the terminal call for it.
    pub(crate) fn new(args: &ScanArgs, terminal: &Terminal) -> Self {
        let patience = if args.progress {
            Duration::ZERO
        } else {
            PATIENCE
        };
        let wanted = !args.no_progress
            && !args.quiet
            && args.verbose == 0
            && terminal.stderr_is_terminal
            && (args.progress || !in_ci());
        let known = Arc::new(Known::default());
        let drawer = wanted.then(|| {
            let known = Arc::clone(&known);
            let ascii = !terminal.unicode;
            std::thread::spawn(move || draw(&known, patience, ascii))
        });
        Self {
            known,
            drawn: AtomicBool::new(wanted),
            drawer: Mutex::new(drawer),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        *lock(&self.known.over) = true;
        self.known.wake.notify_all();
        if let Some(drawer) = lock(&self.drawer).take() {
            // A drawer that failed has drawn nothing that would have to be cleared.
            let _ = drawer.join();
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Progress for Meter {
    fn found(&self, files: u64, bytes: u64) {
        tracing::info!(files, bytes, "found");
        self.known.files.store(files, Ordering::Relaxed);
        self.known.bytes.store(bytes, Ordering::Relaxed);
    }

    fn start(&self, path: &ArtifactPath, bytes: u64) {
        tracing::debug!(%path, bytes, "begun");
        if self.drawn.load(Ordering::Relaxed) {
            path.target().clone_into(&mut lock(&self.known.current));
        }
    }

    fn done(&self, path: &ArtifactPath, bytes: u64, worst: Option<Severity>) {
        match worst {
            None => tracing::info!(%path, bytes, "nothing found"),
            Some(worst) => tracing::info!(%path, bytes, %worst, "issues found"),
        }
        self.known.files_done.fetch_add(1, Ordering::Relaxed);
        self.known.bytes_done.fetch_add(bytes, Ordering::Relaxed);
        if worst.is_some_and(|w| w > Severity::Info) {
            self.known.with_issues.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn draw(known: &Known, patience: Duration, ascii: bool) {
    if waited(known, patience) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let template =
        "{bar:20} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta} {wide_msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(if ascii {
            style.progress_chars("#>-")
        } else {
            style
        });
    }
    loop {
        let load = |n: &AtomicU64| n.load(Ordering::Relaxed);
        if load(&known.files) == 0 {
            // Directories are still being read.
            if waited(known, TICK) {
                break;
            }
            continue;
        }
        bar.set_length(load(&known.bytes));
        bar.set_position(load(&known.bytes_done));
        let current = lock(&known.current).clone();
        let bad = match load(&known.with_issues) {
            0 => String::new(),
            n => format!(", {n} with issues"),
        };
        let files = format!("{}/{} files", load(&known.files_done), load(&known.files));
        bar.set_message(format!("{files}{bad}  {}", shorten(&escape(&current), 40)));
        if waited(known, TICK) {
            break;
        }
    }
    bar.finish_and_clear();
}

/// Waits; says whether the work ended meanwhile.
fn waited(known: &Known, time: Duration) -> bool {
    let over = lock(&known.over);
    let waited = known.wake.wait_timeout_while(over, time, |over| !*over);
    *waited.unwrap_or_else(PoisonError::into_inner).0
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether this is a build server, where a bar is noise in a log.
pub(crate) fn in_ci() -> bool {
    ["CI", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER", "TF_BUILD"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "false"))
}
