//! Headers that only `eval` would take.

use ma_core::{Evidence, Issue, declare_rule};

use crate::model::{AnomalyKind, LiteralError, Npy};

declare_rule! {
    /// ## What it finds
    /// A header that is a Python expression with a name, a call, an attribute, an operator or a formatted string in place of a literal dictionary.
    /// ## Why it matters
    /// NumPy reads the header with `ast.literal_eval` and refuses such a file. Readers that use `eval` (old versions, ports, quick scripts) run the expression before they see any data. No writer produces it.
    /// ## What it leaves alone
    /// All literals, also those with Python 2 numbers (`3L`), comments and unusual white space; text that is no Python at all, which is reported as malformed.
    /// ## What to do
    /// Do not load the file.
    pub static HEADER_NOT_LITERAL = {
        code: "NPY002", name: "numpy-header-not-literal", severity: Critical,
        title: "The header is code, not a literal",
        references: [Cwe(95), Spec("https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html")],
    }
}

/// Fires on the first expression that is no literal.
#[must_use]
pub fn check(npy: &Npy) -> Option<Issue> {
    npy.anomalies
        .iter()
        .find_map(|anomaly| match &anomaly.kind {
            AnomalyKind::Header(LiteralError::NotLiteral { what, .. }) => Some(
                Issue::new(
                    &HEADER_NOT_LITERAL,
                    format!("the header holds {what}: readers that evaluate headers run it"),
                )
                .at(anomaly.range.clone())
                .evidence(Evidence::code("header", npy.header_text.clone())),
            ),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::npy::{NpyBuilder, array};

    #[test]
    fn fires_on_expressions_only() {
        let rule = "numpy-header-not-literal";
        let call = array("__import__('os').system('echo pwned')", "(1,)", &[0; 4]);
        assert_eq!(fired(rule, &call), Some(Severity::Critical));
        assert_eq!(fired(rule, &array("'<f4'", "(1L,)", &[0; 4])), None);
        assert_eq!(fired(rule, &NpyBuilder::header("{'descr'").build()), None);
    }
}
