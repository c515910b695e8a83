//! The options, as clap sees them.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use ma_core::Severity;

use crate::sizes;

const ABOUT: &str = "\
Finds what could harm you in machine-learning model files, without loading them.

Reads pickles, PyTorch and NumPy files, archives and more, as `modelaudit formats` lists them. \
Nothing in a model is imported, loaded or run.";

const EXAMPLES: &str = "\
Examples:
  modelaudit model.pkl                      scan one file
  modelaudit models/ other.pt               scan directories and files
  curl -sL URL | modelaudit -               scan standard input
  modelaudit -f json -o report.json models/ write a report for programs
  modelaudit inspect model.pkl              see what a file holds
  modelaudit rules pickle-dangerous-call    read what a rule means

Exit codes:
  0  all was looked at, nothing at or above --fail-on was found
  1  something was found
  2  an error, or something was not looked at, or there was nothing to look at";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "modelaudit",
    version,
    about = "Finds what could harm you in machine-learning model files, without loading them",
    long_about = ABOUT,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) scan: ScanArgs,
    #[command(flatten)]
    colour: ColourArgs,
}

impl Cli {
    /// When colours are used.
    pub(crate) fn color(&self) -> ColorChoice {
        if self.colour.no_color {
            ColorChoice::Never
        } else {
            self.colour.color
        }
    }
}

/// What to do. Scanning is what happens when none is named.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Scan files and directories (the word may be left out)
    Scan(Box<ScanArgs>),
    /// Show what a file holds, with what was found marked in place
    Inspect(InspectArgs),
    /// List the rules, or explain one
    Rules(RulesArgs),
    /// List the formats that are read
    Formats(FormatsArgs),
    /// Check whether everything works on this machine
    Doctor(DoctorArgs),
}

#[derive(Debug, Args)]
struct ColourArgs {
    /// When to use colours
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value = "auto",
        hide_possible_values = true,
        global = true,
        help_heading = "Output"
    )]
    #[arg(help = "Use colours: auto (on a terminal, unless NO_COLOR is set), always or never")]
    color: ColorChoice,
    /// The same as --color never
    #[arg(long, global = true, overrides_with = "color", help_heading = "Output")]
    no_color: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs (docs/schema/report-v1.schema.json)
    Json,
}

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DepthChoice {
    /// What a loader interprets; the weights are not read
    Structure,
    /// Every byte
    Full,
}

/// Options of a scan.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Files and directories to scan; `-` is standard input
    #[arg(required = true, value_name = "PATHS")]
    pub(crate) paths: Vec<OsString>,

    /// How the report is written
    #[arg(
        short,
        long,
        value_enum,
        default_value = "text",
        help_heading = "Output"
    )]
    pub(crate) format: Format,
    /// Write the report to a file instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
    /// Say what is going on (more with -vv) and leave nothing out of the report
    #[arg(short, long, action = ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,
    /// Print one line a finding, and nothing when there is none
    #[arg(
        short,
        long,
        conflicts_with_all = ["verbose", "progress"],
        help_heading = "Output"
    )]
    pub(crate) quiet: bool,
    /// Show a progress bar even when the terminal or the time taken would not call for one
    #[arg(long, overrides_with = "no_progress", help_heading = "Output")]
    pub(crate) progress: bool,
    /// Never show a progress bar
    #[arg(long, overrides_with = "progress", help_heading = "Output")]
    pub(crate) no_progress: bool,

    /// How much to read: full (every byte) or structure (not the weights)
    #[arg(
        long,
        value_enum,
        value_name = "DEPTH",
        default_value = "full",
        hide_possible_values = true,
        help_heading = "What is read"
    )]
    pub(crate) depth: DepthChoice,
    /// Stop after this time (30, 30s, 5m, 1h) and report what was found
    #[arg(short, long, value_name = "TIME", value_parser = sizes::duration, help_heading = "What is read")]
    pub(crate) timeout: Option<Duration>,
    /// Leave out files that are larger (10GB, 500 MB, 1GiB); the scan is then incomplete
    #[arg(long, value_name = "SIZE", value_parser = sizes::size, help_heading = "What is read")]
    pub(crate) max_file_size: Option<u64>,
    /// Leave out what lies beyond this many bytes altogether; the scan is then incomplete
    #[arg(long, value_name = "SIZE", value_parser = sizes::size, help_heading = "What is read")]
    pub(crate) max_total_size: Option<u64>,
    /// Put the SHA-256 of every file into the JSON report
    #[arg(long, help_heading = "What is read")]
    pub(crate) hashes: bool,
    /// Threads to use [default: one a core]
    #[arg(short = 'j', long, value_name = "N", value_parser = sizes::threads, help_heading = "What is read")]
    pub(crate) threads: Option<usize>,

    /// Lowest severity that makes the exit code 1: info, warning or critical [default: warning]
    #[arg(long, value_name = "LEVEL", value_parser = sizes::severity, help_heading = "What counts")]
    pub(crate) fail_on: Option<Severity>,
    /// Fail on anything: info too, and files in no known format
    #[arg(long, conflicts_with = "fail_on", help_heading = "What counts")]
    pub(crate) strict: bool,
    /// Hide a rule, by code or name (repeat, or separate with commas)
    #[arg(
        short,
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "What counts"
    )]
    pub(crate) suppress: Vec<String>,
    /// Give a rule another severity: info, warning or critical (repeat)
    #[arg(
        short = 'S',
        long,
        value_name = "RULE=LEVEL",
        value_parser = sizes::rule_severity,
        value_delimiter = ',',
        help_heading = "What counts"
    )]
    pub(crate) severity: Vec<(String, Severity)>,
    /// Vouch for a Python package or name (mypackage, mypackage.models.Net); repeat
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        help_heading = "What counts"
    )]
    pub(crate) trust: Vec<String>,
}

/// Options of `inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// File to look into; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: OsString,
    /// How it is written
    #[arg(
        short,
        long,
        value_enum,
        default_value = "text",
        help_heading = "Output"
    )]
    pub(crate) format: Format,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

/// Options of `rules`.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// Code or name of one rule, to read it in full
    #[arg(value_name = "RULE")]
    pub(crate) rule: Option<String>,
    /// How it is written
    #[arg(
        short,
        long,
        value_enum,
        default_value = "text",
        help_heading = "Output"
    )]
    pub(crate) format: Format,
}

/// Options of `formats`.
#[derive(Debug, Args)]
pub(crate) struct FormatsArgs {
    /// How it is written
    #[arg(
        short,
        long,
        value_enum,
        default_value = "text",
        help_heading = "Output"
    )]
    pub(crate) format: Format,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// How it is written
    #[arg(
        short,
        long,
        value_enum,
        default_value = "text",
        help_heading = "Output"
    )]
    pub(crate) format: Format,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_options_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
