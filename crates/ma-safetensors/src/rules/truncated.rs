//! The file ends before its tensors do.

use ma_core::{Issue, declare_rule};

use crate::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A file that is shorter than its tensors need.
    /// ## Why it matters
    /// The transfer broke off, or somebody cut it. The usual loader refuses it; loaders that map the file
    /// without a look at its length read beyond it.
    /// ## What it leaves alone
    /// Files that end with their last tensor.
    /// ## What to do
    /// Fetch the file again.
    pub static TRUNCATED = {
        code: "SAF011", name: "safetensors-truncated", severity: Warning,
        title: "The file ends before its tensors do",
        references: [Cwe(130), Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly, len: u64) -> Option<Issue> {
    let AnomalyKind::Truncated { want } = anomaly.kind else {
        return None;
    };
    let message = format!("The last tensor should end at byte {want}, and the file has {len}");
    Some(Issue::new(&TRUNCATED, message).at(anomaly.range.clone()))
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::safetensors::{file, tensor};

    #[test]
    fn fires_on_cut_files() {
        let rule = "safetensors-truncated";
        let good = file(&[tensor("a", "U8", &[4], 0..4)], &[0; 4]);
        assert_eq!(fired(rule, &good), None);
        let cut = &good[..good.len() - 1];
        assert_eq!(fired(rule, cut), Some(Severity::Warning));
    }
}
