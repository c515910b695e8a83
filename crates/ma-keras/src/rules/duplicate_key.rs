//! Keys that an object has twice.

use std::ops::Range;

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{at, shown};
use crate::model::Config;

declare_rule! {
    /// ## What it finds
    /// The same key twice in one object of a configuration. Critical when the two values differ and something dangerous is in one of them.
    /// ## Why it matters
    /// Python takes the last of two equal keys, other readers the first: two tools that look at the same file see different models. No writer of JSON does this by itself.
    /// ## What it leaves alone
    /// The same key in different objects.
    /// ## What to do
    /// Treat the file as tampered with.
    pub static DUPLICATE_KEY = {
        code: "KER013", name: "keras-duplicate-key", severity: Warning,
        title: "The configuration gives a key twice",
        references: [Cwe(436), Spec("https://www.rfc-editor.org/rfc/rfc8259#section-4")],
    }
}

/// Fires once for each repeated key; `worst` are the places of critical issues.
pub(crate) fn check(config: &Config, worst: &[Range<u64>]) -> Vec<Issue> {
    let repeats = config.repeats.iter();
    repeats
        .map(|repeat| {
            let inside = |outer: &Range<u64>| {
                let mut bad = worst.iter();
                bad.any(|range| outer.start <= range.start && range.end <= outer.end)
            };
            let hides = repeat.differs && repeat.concerns.iter().any(inside);
            let (what, severity) = match (hides, repeat.differs) {
                (true, _) => (", and one of the two is dangerous", Severity::Critical),
                (false, true) => (" with different values", Severity::Warning),
                (false, false) => (" with the same value", Severity::Warning),
            };
            let message = format!("the key `{}` is given twice{what}", shown(&repeat.key));
            at(&DUPLICATE_KEY, &repeat.place, message)
                .severity(severity)
                .evidence(Evidence::text("key", shown(&repeat.key)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::rules::tests::fired;

    #[test]
    fn severity_follows_what_is_hidden() {
        let rule = "keras-duplicate-key";
        let layer = |module: &str, again: &str| {
            format!(
                r#"{{"module": "{module}", "class_name": "function", "config": "system"{again}}}"#
            )
        };
        assert_eq!(
            fired(rule, &layer("os", r#", "module": "keras.activations""#)),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired(
                rule,
                &layer("keras.activations", r#", "name": 1, "name": 2"#)
            ),
            Some(Severity::Warning)
        );
        assert_eq!(fired(rule, &layer("os", "")), None);
    }
}
