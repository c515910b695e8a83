//! Headers that NumPy does not read.

use ma_core::{Evidence, Issue, declare_rule};

use crate::model::{AnomalyKind, LiteralError, Npy};

declare_rule! {
    /// ## What it finds
    /// A header that is broken text, no dictionary, lacks a key, has a value of the wrong type or names a type that NumPy does not know; an unknown format version.
    /// ## Why it matters
    /// `np.load` refuses the file, so it serves no honest purpose as it is; other readers may be more lenient, and scanners that give up on it see nothing of what follows.
    /// ## What it leaves alone
    /// Everything that `np.load` reads.
    /// ## What to do
    /// Fetch the file again; if it is still broken, do not use it.
    pub static HEADER_MALFORMED = {
        code: "NPY009", name: "numpy-header-malformed", severity: Warning,
        title: "NumPy does not read this header",
        references: [Cwe(20), Spec("https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html")],
    }
}

/// Fires on the first thing that `np.load` refuses and no other rule reports.
#[must_use]
pub fn check(npy: &Npy) -> Option<Issue> {
    npy.anomalies.iter().find_map(|anomaly| {
        let message = match &anomaly.kind {
            AnomalyKind::PrefixCut => "the file ends inside its first fields".to_owned(),
            AnomalyKind::UnknownVersion(major, minor) => {
                format!("format version {major}.{minor} does not exist")
            }
            AnomalyKind::Header(LiteralError::Syntax { what, .. }) => {
                format!("the header is no Python literal: {what}")
            }
            AnomalyKind::Header(LiteralError::TooLarge { .. }) => {
                "the header has more parts or deeper nesting than any reader takes".to_owned()
            }
            AnomalyKind::NotDict => "the header is no dictionary".to_owned(),
            AnomalyKind::MissingKey(key) => format!("the header lacks {key}"),
            AnomalyKind::BadValue(key) => format!("the value of {key} has the wrong type"),
            AnomalyKind::UnknownDtype(what) => format!("NumPy knows no such type: {what}"),
            _ => return None,
        };
        Some(
            Issue::new(&HEADER_MALFORMED, message)
                .at(anomaly.range.clone())
                .evidence(Evidence::text("header", npy.header_text.clone())),
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::npy::{NpyBuilder, array};

    #[test]
    fn fires_on_what_numpy_refuses() {
        let rule = "numpy-header-malformed";
        for header in [
            "{'descr'",
            "[1]",
            "{'descr': '<f4', 'shape': ()}",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': [1]}",
            "{'descr': 'zz', 'fortran_order': False, 'shape': ()}",
        ] {
            let file = NpyBuilder::header(header).build();
            assert_eq!(fired(rule, &file), Some(Severity::Warning), "{header}");
        }
        let version = NpyBuilder::new("'<f4'", "(0,)").version(9).build();
        assert_eq!(fired(rule, &version), Some(Severity::Warning));
        assert_eq!(fired(rule, &array("'<f4'", "(0,)", &[])), None);
    }
}
