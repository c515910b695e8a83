//! Fewer bytes than the shape needs.

use ma_core::{Issue, declare_rule};

use crate::model::{AnomalyKind, Npy};

declare_rule! {
    /// ## What it finds
    /// An array whose shape and type need more bytes than the file has.
    /// ## Why it matters
    /// NumPy refuses the file. Readers that map it into memory or trust the shape read beyond its end. Most often the file was cut while it was copied.
    /// ## What it leaves alone
    /// Files with exactly the bytes that they need; bytes after the data are another rule.
    /// ## What to do
    /// Fetch the file again, and compare it with its checksum.
    pub static SIZE_MISMATCH = {
        code: "NPY004", name: "numpy-size-mismatch", severity: Warning,
        title: "The array needs more bytes than the file has",
        references: [Cwe(125), Cve("CVE-2025-62608")],
    }
}

/// Fires when the data is short.
#[must_use]
pub fn check(npy: &Npy) -> Option<Issue> {
    npy.anomalies.iter().find_map(|anomaly| match anomaly.kind {
        AnomalyKind::DataShort { declared, present } => Some(
            Issue::new(
                &SIZE_MISMATCH,
                format!("the array needs {declared} bytes and there are {present}"),
            )
            .at(anomaly.range.clone())
            .route("shape"),
        ),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::npy::array;

    #[test]
    fn fires_on_short_data_only() {
        let rule = "numpy-size-mismatch";
        assert_eq!(
            fired(rule, &array("'<f8'", "(2,)", &[0; 15])),
            Some(Severity::Warning)
        );
        assert_eq!(fired(rule, &array("'<f8'", "(2,)", &[0; 16])), None);
    }
}
