//! `--verbose`: what is going on, to standard error. Set up only when somebody asked.

use tracing_subscriber::EnvFilter;

use crate::terminal::Terminal;

/// Names a filter of its own (`ma_engine=trace`), for those who look for a bug.
const VARIABLE: &str = "MODELAUDIT_LOG";

/// Starts logging at the level that `verbose` asks for.
pub(crate) fn start(verbose: u8, terminal: &Terminal) {
    let level = match verbose {
        0 => return,
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(level));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal.stderr_colour)
        .with_target(false)
        .without_time();
    // It fails only when logging was started before, which is as good.
    let _ = subscriber.try_init();
}
