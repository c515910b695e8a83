//! `modelaudit scan`: targets, engine, policy, report.

use ma_core::{Depth, Limits, Report, Root, ScanOptions};
use ma_engine::{Engine, EngineConfig};
use ma_report::json::Tool;
use ma_report::{Bar, Outcome, json, text};
use ma_sources::{ResolveErrorKind, ResolveOptions};

use crate::args::{DepthChoice, Format, ScanArgs};
use crate::error::Problem;
use crate::interrupt::Interrupt;
use crate::logging;
use crate::output::Output;
use crate::policy;
use crate::progress::Meter;
use crate::terminal::Terminal;

/// Who makes the reports.
pub(crate) const TOOL: Tool<'static> = Tool {
    name: "modelaudit",
    version: env!("CARGO_PKG_VERSION"),
};

/// Scans, reports, and says how it went.
pub(crate) fn run(args: &ScanArgs, terminal: &Terminal) -> Result<u8, Problem> {
    logging::start(args.verbose, terminal);
    let registry = modelaudit::registry();
    let (policy, bar) = policy::build(args, &registry)?;
    let output = Output::new(args.output.as_deref(), &args.paths)?;
    let interrupt = Interrupt::listen();
    let roots = resolve(args, &interrupt, terminal);
    let engine = Engine::new(registry, config(args, &interrupt));
    let meter = Meter::new(args, terminal);
    let mut report = engine.scan(roots, &meter);
    meter.finish();
    report.interrupted |= interrupt.happened();
    let (issues, hidden) = policy.apply(std::mem::take(&mut report.issues));
    report.issues = issues;
    report.hidden = hidden;
    write(args, &output, &report, &bar, terminal)?;
    Ok(bar.outcome(&report).exit_code())
}

/// What the targets are. Those that can't be scanned are told at once.
fn resolve(args: &ScanArgs, interrupt: &Interrupt, terminal: &Terminal) -> Vec<Root> {
    let defaults = ResolveOptions::default();
    let options = ResolveOptions {
        max_spool: args.max_file_size.unwrap_or(defaults.max_spool),
        cancelled: interrupt.flag(),
        ..defaults
    };
    let mut roots: Vec<Root> = Vec::with_capacity(args.paths.len());
    for path in &args.paths {
        // A pipe may have no writer for ever, and nothing was found yet that could be reported.
        let resolved = interrupt.blocking(|| ma_sources::try_resolve(path, &options));
        match resolved {
            Ok(root) => roots.push(root),
            Err(e) => {
                let mut help = e.help.clone();
                if e.kind == ResolveErrorKind::Missing && args.paths.len() == 1 {
                    help = command_hint(path).unwrap_or(help);
                }
                Problem::new(e.message.as_str()).help(help).show(terminal);
                let name = ma_sources::shown(path);
                roots.push(Root::failed(name, e.to_string()));
            }
        }
    }
    roots
}

/// `modelaudit rule` is no path that was mistyped.
fn command_hint(path: &std::ffi::OsStr) -> Option<String> {
    let commands = ["scan", "inspect", "rules", "formats", "doctor", "help"];
    let close = ma_sources::closest(path.to_str()?, commands)?;
    Some(format!("did you mean the command `modelaudit {close}`?"))
}

/// The engine's part of the options.
fn config(args: &ScanArgs, interrupt: &Interrupt) -> EngineConfig {
    EngineConfig {
        limits: Limits {
            max_file_size: args.max_file_size,
            max_total_size: args.max_total_size,
            ..Limits::default()
        },
        options: ScanOptions::with_depth(match args.depth {
            DepthChoice::Structure => Depth::Structure,
            DepthChoice::Full => Depth::Full,
        }),
        hashes: args.hashes,
        threads: args.threads,
        timeout: args.timeout,
        cancelled: interrupt.flag(),
    }
}

fn write(
    args: &ScanArgs,
    output: &Output,
    report: &Report,
    bar: &Bar,
    terminal: &Terminal,
) -> Result<(), Problem> {
    let mut options = output.text_options(terminal);
    options.everything = args.verbose > 0;
    match args.format {
        Format::Json => output.write(|to| json::report(to, report, bar, &TOOL))?,
        // Every target was told about already, and there is nothing else to tell.
        Format::Text if all_failed(report) && output.file().is_none() => return Ok(()),
        Format::Text if args.quiet => output.write(|to| text::brief(to, report, &options))?,
        Format::Text => output.write(|to| text::report(to, report, bar, &options))?,
    }
    if args.quiet {
        if bar.outcome(report) == Outcome::NothingScanned {
            Problem::new("nothing was scanned")
                .help("name files in a format that `modelaudit formats` lists")
                .show(terminal);
        }
        return Ok(());
    }
    if let Some(file) = output.file() {
        summary(file, report, bar, terminal);
    }
    Ok(())
}

fn all_failed(report: &Report) -> bool {
    !report.failures.is_empty() && report.failures.len() == report.targets.len()
}

/// The verdict, for who has sent the report to a file.
fn summary(file: &std::path::Path, report: &Report, bar: &Bar, terminal: &Terminal) {
    let mut lines = Vec::new();
    // Writing to memory can't fail, and a standard error that is gone has no reader.
    let _ = text::verdict(&mut lines, report, bar, &terminal.stderr());
    lines.extend_from_slice(format!("Report written to {}\n", file.display()).as_bytes());
    let _ = std::io::Write::write_all(&mut std::io::stderr(), &lines);
}
