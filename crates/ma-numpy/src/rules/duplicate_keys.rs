//! Keys that are given twice, or that the format does not know.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::model::{AnomalyKind, Npy};

declare_rule! {
    /// ## What it finds
    /// A header with a key beside `descr`, `fortran_order` and `shape`, or with one of them twice.
    /// ## Why it matters
    /// Python keeps the last of two equal keys, readers in other languages often the first: the same file is two arrays. When one reading is an object array and the other is not, the file hides its pickle from half of its readers.
    /// ## What it leaves alone
    /// The three keys in any order. An unknown key alone is Info: NumPy refuses the file.
    /// ## What to do
    /// Ask where the file comes from; NumPy does not write it and refuses unknown keys.
    pub static DUPLICATE_KEYS = {
        code: "NPY006", name: "numpy-header-keys", severity: Warning,
        title: "The header has a key twice or one that the format does not know",
        references: [Cwe(436), Spec("https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html")],
    }
}

/// Fires on the first key; one that hides an object type goes before others.
#[must_use]
pub fn check(npy: &Npy) -> Option<Issue> {
    let rank = |kind: &AnomalyKind| match kind {
        AnomalyKind::DuplicateKey {
            hides_object: true, ..
        } => Some(0),
        AnomalyKind::DuplicateKey { same: false, .. } => Some(1),
        AnomalyKind::DuplicateKey { .. } => Some(2),
        AnomalyKind::ExtraKey(_) => Some(3),
        _ => None,
    };
    let (_, anomaly) = npy
        .anomalies
        .iter()
        .filter_map(|a| Some((rank(&a.kind)?, a)))
        .min_by_key(|(rank, _)| *rank)?;
    let (message, severity) = match &anomaly.kind {
        AnomalyKind::DuplicateKey {
            key,
            hides_object: true,
            ..
        } => (
            format!("{key} is given twice, once with Python objects and once without"),
            Severity::Critical,
        ),
        AnomalyKind::DuplicateKey {
            key, same: false, ..
        } => (
            format!("{key} is given twice with different values"),
            Severity::Warning,
        ),
        AnomalyKind::DuplicateKey { key, .. } => {
            (format!("{key} is given twice"), Severity::Warning)
        }
        AnomalyKind::ExtraKey(key) => (
            format!("the header has the unknown key {key:?}"),
            Severity::Info,
        ),
        _ => return None,
    };
    Some(
        Issue::new(&DUPLICATE_KEYS, message)
            .severity(severity)
            .at(anomaly.range.clone())
            .evidence(Evidence::text("header", npy.header_text.clone())),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::npy::{NpyBuilder, array};

    #[test]
    fn fires_on_repeated_and_unknown_keys() {
        let rule = "numpy-header-keys";
        let file = |extra: &str| {
            NpyBuilder::header(&format!(
                "{{'descr': '<f4', 'fortran_order': False, 'shape': (1,), {extra}}}"
            ))
            .data(&[0; 4])
            .build()
        };
        assert_eq!(
            fired(rule, &file("'descr': '|O'")),
            Some(Severity::Critical)
        );
        assert_eq!(fired(rule, &file("'shape': (2,)")), Some(Severity::Warning));
        assert_eq!(
            fired(rule, &file("'descr': '<f4'")),
            Some(Severity::Warning)
        );
        assert_eq!(fired(rule, &file("'note': 1")), Some(Severity::Info));
        assert_eq!(fired(rule, &file("")), None);
        assert_eq!(fired(rule, &array("'<f4'", "(1,)", &[0; 4])), None);
    }
}
