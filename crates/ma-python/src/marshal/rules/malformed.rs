//! Marshalled data that no reader reads to its end.

use ma_core::{Issue, declare_rule};

use super::{Stream, range};

declare_rule! {
    /// ## What it finds
    /// Marshalled data that breaks off, declares more than there is, refers to what is not there, or holds code objects with fields of the wrong type.
    /// ## Why it matters
    /// CPython's own reader trusts marshalled data, so malformed data can crash it or worse; and what follows the break was not looked at.
    /// ## What it leaves alone
    /// Bytes after the value: CPython ignores them.
    /// ## What to do
    /// Do not load the file; get it again from where it came.
    pub static MALFORMED = {
        code: "MAR003", name: "marshal-malformed", severity: Warning,
        title: "Marshalled data is malformed",
        references: [Cwe(20), Spec("https://docs.python.org/3/library/marshal.html")],
    }
}

/// Fires on the first fault; limits of this reader are gaps and no faults.
#[must_use]
pub fn check(stream: &Stream<'_>) -> Option<Issue> {
    let anomaly = stream
        .parsed
        .anomalies
        .iter()
        .find(|anomaly| !anomaly.kind.is_limit())?;
    let place = range(stream, &(anomaly.offset..anomaly.offset));
    Some(Issue::new(&MALFORMED, format!("the data {}", anomaly.kind.title())).at(place))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::marshal::rules::tests::{file, fired};

    #[test]
    fn fires_and_stays_silent() {
        let rule = "marshal-malformed";
        let whole = file("lambda-3.13.bin");
        assert_eq!(fired(rule, &whole), None);
        assert_eq!(
            fired(rule, &whole[..whole.len() - 1]),
            Some(Severity::Warning)
        );
    }
}
