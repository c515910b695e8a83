//! The command line of the modelaudit scanner: from the arguments to the exit code.

mod args;
mod argv;
mod doctor;
mod error;
mod formats;
mod inspect;
mod interrupt;
mod logging;
mod output;
mod policy;
mod progress;
mod rules;
mod scan;
mod sizes;
mod terminal;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Command};
use terminal::Terminal;

fn main() -> ExitCode {
    let command = Cli::command();
    let argv = argv::command_first(std::env::args_os().collect(), &command);
    let parsed = command
        .try_get_matches_from(argv)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(e) => {
            // When not even this can be written there is nobody to tell.
            let _ = e.print();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    let terminal = Terminal::new(cli.color());
    let result = match &cli.command {
        None => scan::run(&cli.scan, &terminal),
        Some(Command::Scan(args)) => scan::run(args, &terminal),
        Some(Command::Inspect(args)) => inspect::run(args, &terminal),
        Some(Command::Rules(args)) => rules::run(args, &terminal),
        Some(Command::Formats(args)) => formats::run(args, &terminal),
        Some(Command::Doctor(args)) => doctor::run(args, &terminal),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(problem) => {
            problem.show(&terminal);
            ExitCode::from(error::EXIT)
        }
    }
}
