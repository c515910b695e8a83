//! Bytes after the data.

use ma_core::{Issue, Severity, declare_rule};

use crate::model::{AnomalyKind, Npy, Trailing};

declare_rule! {
    /// ## What it finds
    /// Bytes after the end of the array.
    /// ## Why it matters
    /// `np.load` does not read them, other programs may: a zip, a program or a pickle appended to an array is a second file in disguise, found by readers that look at the end or at an offset.
    /// ## What it leaves alone
    /// Zeros below 64 KiB and further arrays (`np.save` called again on the same open file) and pickles, which are looked at on their own, are Info.
    /// ## What to do
    /// Look at what follows; it was handed on for its own scan when it looked like something.
    pub static TRAILING_DATA = {
        code: "NPY007", name: "numpy-trailing-data", severity: Warning,
        title: "Bytes follow the array",
        references: [Cwe(646)],
    }
}

/// Fires on anything after the data.
#[must_use]
pub fn check(npy: &Npy) -> Option<Issue> {
    let (anomaly, kind) = npy.anomalies.iter().find_map(|a| match a.kind {
        AnomalyKind::Trailing(kind) => Some((a, kind)),
        _ => None,
    })?;
    let count = npy.trailing.end.saturating_sub(npy.trailing.start);
    let (severity, what) = match kind {
        Trailing::Padding => (Severity::Info, "zeros".to_owned()),
        Trailing::Array => (Severity::Info, "bytes of another array".to_owned()),
        // What it does decides, and that is reported on its own.
        Trailing::Dangerous("pickle") => (Severity::Info, "bytes that start a pickle".to_owned()),
        Trailing::Dangerous(name) => (Severity::Critical, format!("bytes that start a {name}")),
        Trailing::Other => (Severity::Warning, "bytes".to_owned()),
    };
    Some(
        Issue::new(&TRAILING_DATA, format!("{count} {what} follow the array"))
            .severity(severity)
            .at(anomaly.range.clone()),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::npy::array;

    #[test]
    fn severity_follows_what_is_there() {
        let rule = "numpy-trailing-data";
        let file = |rest: &[u8]| {
            let mut file = array("'<f4'", "(1,)", &[0; 4]);
            file.extend_from_slice(rest);
            file
        };
        assert_eq!(fired(rule, &file(b"")), None);
        assert_eq!(fired(rule, &file(&[0; 60])), Some(Severity::Info));
        assert_eq!(
            fired(rule, &file(b"\x93NUMPY\x01\x00")),
            Some(Severity::Info)
        );
        assert_eq!(fired(rule, &file(b"note")), Some(Severity::Warning));
        assert_eq!(
            fired(rule, &file(b"PK\x03\x04rest")),
            Some(Severity::Critical)
        );
        assert_eq!(fired(rule, &file(b"\x80\x04N.")), Some(Severity::Info));
    }
}
