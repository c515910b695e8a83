//! Source that could not be read.

use ma_core::{Evidence, Issue, declare_rule};

use crate::source::{Analysis, UnparsedReason};

declare_rule! {
    /// ## What it finds
    /// A Python file, or a part of it, that is no valid Python 3, is larger or nests deeper than the limits, or says that it is written in an encoding that hides its text (`# coding: rot13`).
    /// ## Why it matters
    /// What could not be read could not be judged. Calls of dangerous names were still looked for word by word, but code that hides a name is not found that way.
    /// ## What it leaves alone
    /// Byte order marks, Latin-1 and other encodings that keep letters as they are.
    /// ## What to do
    /// Look at the file. If it is Python 2 or a template, it will not be imported by a Python 3 program; then it may as well be removed.
    pub static UNPARSED = {
        code: "PY008", name: "python-unreadable-source", severity: Warning,
        title: "Python source that could not be read",
        references: [Cwe(1104)],
    }
}

/// Fires once for a text with parts that were not understood.
#[must_use]
pub fn check(analysis: &Analysis) -> Option<Issue> {
    let first = analysis.unparsed.first()?;
    let more = analysis.unparsed.len().saturating_sub(1);
    let rest = if more > 0 {
        format!(", and {more} more places")
    } else {
        String::new()
    };
    let message = format!("line {} {}{rest}", first.line, first.reason.title());
    let start = u64::try_from(first.range.start).unwrap_or(u64::MAX);
    let end = u64::try_from(first.range.end).unwrap_or(u64::MAX);
    let mut issue = Issue::new(&UNPARSED, message)
        .at(start..end.max(start))
        .route(format!("line {}", first.line));
    if first.reason == UnparsedReason::Syntax && !first.message.is_empty() {
        issue = issue.evidence(Evidence::fact("parser", first.message.clone()));
    }
    Some(issue)
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::source::rules::tests::fired;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "python-unreadable-source";
        assert_eq!(fired(rule, "print 'x'\n"), Some(Severity::Warning));
        assert_eq!(
            fired(rule, "# coding: rot13\nvzcbeg bf"),
            Some(Severity::Warning)
        );
        assert_eq!(fired(rule, "# coding: utf-8\nprint('x')\n"), None);
    }
}
