//! The styles of a text report. Plain ones write nothing.

use anstyle::{AnsiColor, Style};
use ma_core::Severity;

/// The styles of a text report.
#[derive(Debug, Clone, Copy, Default)]
pub struct Styles {
    /// Severity critical, and verdicts of that weight.
    pub critical: Style,
    /// Severity warning, and verdicts of that weight.
    pub warning: Style,
    /// Severity info.
    pub info: Style,
    /// Good news.
    pub good: Style,
    /// Titles and names.
    pub strong: Style,
    /// What is read last: codes, positions, labels.
    pub faint: Style,
}

impl Styles {
    /// No styles at all.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// Colours that read on dark and on light ground.
    #[must_use]
    pub fn coloured() -> Self {
        let bold = |colour: AnsiColor| colour.on_default().bold();
        Self {
            critical: bold(AnsiColor::Red),
            warning: bold(AnsiColor::Yellow),
            info: bold(AnsiColor::Cyan),
            good: bold(AnsiColor::Green),
            strong: Style::new().bold(),
            faint: Style::new().dimmed(),
        }
    }

    /// The style of a severity.
    #[must_use]
    pub fn severity(&self, severity: Severity) -> Style {
        match severity {
            Severity::Critical => self.critical,
            Severity::Warning => self.warning,
            Severity::Info => self.info,
        }
    }
}
