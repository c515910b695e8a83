//! The length of the header is not one that a header can have.

use ma_core::{Issue, declare_rule};

use crate::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A length in the first eight bytes that is below 2, above the 100,000,000 bytes that the reference
    /// implementation takes, or reaches beyond the end of the file; and a file too short to hold a length.
    /// ## Why it matters
    /// Loaders in other languages have believed such lengths and read beyond the file or taken all memory.
    /// With a usual loader the file does not load.
    /// ## What it leaves alone
    /// Headers of any size up to the limit: models with many experts have megabytes of it.
    /// ## What to do
    /// Fetch the file again. If it comes out the same, somebody made it so.
    pub static HEADER_LENGTH = {
        code: "SAF001", name: "safetensors-header-length", severity: Warning,
        title: "The length of the header is not one that a header can have",
        references: [Cwe(130), Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly, declared: Option<u64>) -> Option<Issue> {
    let n = declared.unwrap_or_default();
    let message = match anomaly.kind {
        AnomalyKind::NoHeader => "The file ends before the length of its header".to_owned(),
        AnomalyKind::HeaderLength if n < 2 => format!("A header of {n} bytes can't be one"),
        AnomalyKind::HeaderLength => {
            format!("The header says it is {n} bytes long; loaders refuse more than 100,000,000")
        }
        AnomalyKind::HeaderBeyondFile => {
            format!("The header of {n} bytes reaches beyond the end of the file")
        }
        _ => return None,
    };
    Some(Issue::new(&HEADER_LENGTH, message).at(anomaly.range.clone()))
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::safetensors::{file, tensor};

    #[test]
    fn fires_on_lengths_that_lie() {
        let rule = "safetensors-header-length";
        let good = file(&[tensor("a", "U8", &[1], 0..1)], &[0]);
        assert_eq!(fired(rule, &good), None);
        for n in [0u64, 1, 100_000_001, u64::MAX, good.len() as u64] {
            let mut bad = good.clone();
            bad[..8].copy_from_slice(&n.to_le_bytes());
            assert_eq!(fired(rule, &bad), Some(Severity::Warning), "{n}");
        }
        assert_eq!(fired(rule, &good[..7]), Some(Severity::Warning));
    }
}
