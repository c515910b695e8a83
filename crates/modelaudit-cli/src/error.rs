//! What is wrong, and what to do about it: as a drawn diagnostic on a terminal, as plain lines
//! elsewhere.

use std::io::Write;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use thiserror::Error;

use crate::terminal::Terminal;

/// The exit code of an error.
pub(crate) const EXIT: u8 = 2;

/// Something that keeps a command from doing what it was asked to.
#[derive(Debug, Error, Diagnostic)]
#[error("{message}")]
pub(crate) struct Problem {
    message: String,
    #[help]
    help: Option<String>,
}

impl Problem {
    /// What is wrong, in a sentence without a full stop.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: printable(&message.into()),
            help: None,
        }
    }

    /// With what to do about it; nothing when that is empty.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        let help = help.into();
        self.help = (!help.is_empty()).then(|| printable(&help));
        self
    }

    /// Writes it to standard error.
    pub(crate) fn show(&self, terminal: &Terminal) {
        // When standard error can't be written to there is nobody to tell.
        let _ = std::io::stderr().write_all(self.render(terminal).as_bytes());
    }

    fn render(&self, terminal: &Terminal) -> String {
        let mut drawn = String::new();
        if terminal.stderr_is_terminal {
            let theme = match (terminal.unicode, terminal.stderr_colour) {
                (true, true) => GraphicalTheme::unicode(),
                (true, false) => GraphicalTheme::unicode_nocolor(),
                (false, _) => GraphicalTheme::none(),
            };
            let handler = GraphicalReportHandler::new_themed(theme).with_width(terminal.width);
            if handler.render_report(&mut drawn, self).is_ok() {
                return drawn;
            }
            drawn.clear();
        }
        drawn.push_str(&format!("error: {}\n", self.message));
        if let Some(help) = &self.help {
            drawn.push_str(&format!("  help: {help}\n"));
        }
        drawn
    }
}

/// Names of files are part of many messages, and may hold anything.
fn printable(text: &str) -> String {
    ma_core::text::escape(text).into_owned()
}
