//! Layouts that old versions of torch load in full whatever the flag says.

use ma_core::{Issue, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A TorchScript archive, or a checkpoint in the tar layout of torch 0.1.
    /// ## Why it matters
    /// Up to torch 2.5.1, `torch.load(weights_only=True)` handed such files to a loader that does not know the flag: a tar was unpickled without limits, a TorchScript archive was compiled and set up. From 2.6 on both are refused. The layout by itself is ordinary; it is no protection to call `torch.load` with the flag on it.
    /// ## What it leaves alone
    /// Zip and stream checkpoints, where the flag holds.
    /// ## What to do
    /// Use torch 2.6 or newer, and `torch.jit.load` for TorchScript from sources you trust.
    pub static WEIGHTS_ONLY_BYPASS = {
        code: "TOR002", name: "torch-weights-only-bypass", severity: Info,
        title: "weights_only=True does not protect this layout before torch 2.6",
        references: [Cve("CVE-2025-32434"), Advisory("GHSA-53q9-r3pm-6pq6"), Cwe(502)],
    }
}

/// Fires for a layout: "TorchScript archive", "tar checkpoint".
#[must_use]
pub fn check(layout: &str) -> Issue {
    Issue::new(
        &WEIGHTS_ONLY_BYPASS,
        format!(
            "this is a {layout}: torch up to 2.5.1 loads it in full even with weights_only=True (CVE-2025-32434)"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_layout_and_stays_info() {
        let issue = check("tar checkpoint");
        assert!(issue.message.contains("tar checkpoint"));
        assert_eq!(issue.severity, ma_core::Severity::Info);
    }
}
