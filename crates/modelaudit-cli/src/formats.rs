//! `modelaudit formats`: what is read.

use ma_report::formats;

use crate::args::{Format, FormatsArgs};
use crate::error::Problem;
use crate::output::Output;
use crate::terminal::Terminal;

/// Shows the formats.
pub(crate) fn run(args: &FormatsArgs, terminal: &Terminal) -> Result<u8, Problem> {
    let listed = modelaudit::registry().formats();
    let options = terminal.stdout();
    Output::Stdout.write(|to| match args.format {
        Format::Json => formats::json(to, &listed),
        Format::Text => formats::table(to, &listed, &options),
    })?;
    Ok(0)
}
