//! TorchScript that touches files.

use ma_core::{Issue, declare_rule};

use super::script_issue;
use crate::source::{ScriptFinding, ScriptReach};

declare_rule! {
    /// ## What it finds
    /// `torch.save`, `torch.from_file` and their kin in the code of a TorchScript archive: operators that read, write, create or map files by name.
    /// ## Why it matters
    /// libtorch runs this code when the model is run, and in part when it is loaded. A model that writes files can overwrite what runs later; one that maps files can read secrets and make them part of its output. Loading with `weights_only=True` did not prevent this before PyTorch 2.6.
    /// ## What it leaves alone
    /// All operators that compute; names in strings and comments.
    /// ## What to do
    /// Do not run the model. No exporter writes these operators unless the model's author called them.
    pub static FILE_ACCESS = {
        code: "TSC001", name: "torchscript-file-access", severity: Critical,
        title: "TorchScript code that reads or writes files",
        references: [Cve("CVE-2025-32434"), Cwe(73)],
    }
}

/// Fires on operators that touch files.
#[must_use]
pub fn check(finding: &ScriptFinding) -> Option<Issue> {
    (finding.reach == ScriptReach::File).then(|| {
        let file = finding
            .text
            .as_ref()
            .map_or_else(String::new, |text| format!(" `{text}`"));
        script_issue(
            &FILE_ACCESS,
            finding,
            format!(
                "`{}` touches the file{file} when the model runs",
                finding.name
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::source::rules::tests::fired_in_script;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "torchscript-file-access";
        assert_eq!(
            fired_in_script(rule, "_0 = torch.save(x, \"/tmp/x\")\n"),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired_in_script(rule, "_0 = ops.aten.from_file(\"x\")\n"),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired_in_script(rule, "_0 = torch.add(x, \"torch.save(\")\n"),
            None
        );
    }
}
