//! Header lengths that readers refuse or trust.

use ma_core::{Issue, Severity, declare_rule};

use crate::model::{AnomalyKind, Npy};

declare_rule! {
    /// ## What it finds
    /// A header length that reaches beyond the end of the file, or is above the 10,000 bytes that `np.load` accepts by default.
    /// ## Why it matters
    /// Native readers that trust the length read beyond their buffer; parsing a very long literal can exhaust Python's parser, which is why NumPy has the limit.
    /// ## What it leaves alone
    /// Headers up to 10,000 bytes, whatever their padding.
    /// ## What to do
    /// Structured types with hundreds of fields have such headers honestly; anything else was made by hand or cut.
    pub static HEADER_LENGTH = {
        code: "NPY005", name: "numpy-header-length", severity: Warning,
        title: "The header is longer than NumPy accepts, or than the file",
        references: [Cwe(125), Cwe(400), Cve("CVE-2025-62608")],
    }
}

/// Fires on the worst of the lengths.
#[must_use]
pub fn check(npy: &Npy) -> Option<Issue> {
    let beyond = npy.anomalies.iter().find_map(|anomaly| match anomaly.kind {
        AnomalyKind::HeaderBeyondFile { declared } => Some((
            anomaly,
            format!("the header is said to have {declared} bytes, beyond the end of the file"),
        )),
        _ => None,
    });
    let long = || {
        npy.anomalies.iter().find_map(|anomaly| match anomaly.kind {
            AnomalyKind::HeaderLong { declared } => Some((
                anomaly,
                format!(
                    "the header has {declared} bytes; np.load reads at most 10000 unless pickles are allowed"
                ),
            )),
            _ => None,
        })
    };
    // Hundreds of fields explain a long header.
    let fields = npy.dtype.as_ref().map_or(0, |d| d.fields);
    let severity = if beyond.is_none() && fields >= 100 {
        Severity::Info
    } else {
        Severity::Warning
    };
    let (anomaly, message) = beyond.or_else(long)?;
    Some(
        Issue::new(&HEADER_LENGTH, message)
            .at(anomaly.range.clone())
            .severity(severity),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::npy::{NpyBuilder, array};

    #[test]
    fn fires_on_long_headers_only() {
        let rule = "numpy-header-length";
        let beyond = NpyBuilder::new("'<f4'", "(0,)")
            .declared_len(60_000)
            .build();
        assert_eq!(fired(rule, &beyond), Some(Severity::Warning));
        let padded = format!("'<f4'{}", " ".repeat(11_000));
        assert_eq!(
            fired(rule, &array(&padded, "(0,)", &[])),
            Some(Severity::Warning)
        );
        let fields: Vec<String> = (0..900).map(|i| format!("('f{i}', '<f4')")).collect();
        let wide = array(&format!("[{}]", fields.join(", ")), "(0,)", &[]);
        assert_eq!(fired(rule, &wide), Some(Severity::Info));
        assert_eq!(fired(rule, &array("'<f4'", "(0,)", &[])), None);
    }
}
