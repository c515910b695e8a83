//! What the terminal can show: colour, Unicode, columns.

use std::io::{self, IsTerminal};

use ma_report::{Styles, TextOptions};

use crate::args::ColorChoice;

/// Columns of text that does not go to a terminal.
const WIDTH: usize = 100;

/// What the terminal can show.
#[derive(Debug, Clone)]
pub(crate) struct Terminal {
    choice: ColorChoice,
    pub(crate) stdout_is_terminal: bool,
    pub(crate) stderr_is_terminal: bool,
    pub(crate) stdout_colour: bool,
    pub(crate) stderr_colour: bool,
    pub(crate) unicode: bool,
    pub(crate) width: usize,
}

impl Terminal {
    /// Looks at the streams and the environment.
    pub(crate) fn new(choice: ColorChoice) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let auto = |found: anstream::ColorChoice| match choice {
            ColorChoice::Auto => found != anstream::ColorChoice::Never,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        };
        let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            choice,
            stdout_is_terminal: stdout.is_terminal(),
            stderr_is_terminal: stderr.is_terminal(),
            stdout_colour: auto(anstream::AutoStream::choice(&stdout)),
            stderr_colour: auto(anstream::AutoStream::choice(&stderr)),
            unicode: locale_is_utf8(),
            width: columns.unwrap_or(WIDTH).clamp(40, 120),
        }
    }

    /// How text for standard output is written.
    pub(crate) fn stdout(&self) -> TextOptions {
        self.options(self.stdout_is_terminal, self.stdout_colour)
    }

    /// How text for standard error is written.
    pub(crate) fn stderr(&self) -> TextOptions {
        self.options(self.stderr_is_terminal, self.stderr_colour)
    }

    /// How text for a file is written: with colours only when they were asked for.
    pub(crate) fn file(&self) -> TextOptions {
        self.options(false, self.choice == ColorChoice::Always)
    }

    fn options(&self, terminal: bool, colour: bool) -> TextOptions {
        TextOptions {
            styles: if colour {
                Styles::coloured()
            } else {
                Styles::plain()
            },
            // What is piped or stored is UTF-8; a terminal may not know it.
            unicode: !terminal || self.unicode,
            width: if terminal { self.width } else { WIDTH },
            everything: false,
        }
    }
}

/// Whether the locale says that text is UTF-8, by the variables that decide it.
fn locale_is_utf8() -> bool {
    if cfg!(windows) {
        return true;
    }
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(std::env::var_os)
        .find(|value| !value.is_empty());
    let locale = set.map(|v| v.to_string_lossy().to_ascii_lowercase());
    locale.is_some_and(|l| l.contains("utf-8") || l.contains("utf8"))
}
