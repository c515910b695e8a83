//! TorchScript that needs libraries of others.

use ma_core::{Issue, Severity, declare_rule};

use super::script_issue;
use crate::source::{ScriptFinding, ScriptReach};

declare_rule! {
    /// ## What it finds
    /// Operators (`ops.<namespace>.<name>`) and classes (`__torch__.torch.classes.<namespace>`) that do not come with PyTorch.
    /// ## Why it matters
    /// The model runs only after a native library that brings them has been loaded, and that library can do anything. TensorRT operators run an engine, which is machine code for the GPU, out of the model itself.
    /// ## What it leaves alone
    /// The namespaces of PyTorch, TorchVision, TorchAudio, TorchText and their exporters.
    /// ## What to do
    /// Get the library from where you would get it anyway, not from the model's repository.
    pub static EXTENSION = {
        code: "TSC002", name: "torchscript-native-extension", severity: Warning,
        title: "TorchScript code that needs a native library",
        references: [Cwe(829)],
    }
}

/// Fires on namespaces that are not PyTorch's own.
#[must_use]
pub fn check(finding: &ScriptFinding) -> Option<Issue> {
    let (severity, what) = match finding.reach {
        ScriptReach::Engine => (Severity::Warning, "runs a TensorRT engine out of the model"),
        ScriptReach::Extension => (
            Severity::Warning,
            "comes with a native library that is not PyTorch's",
        ),
        ScriptReach::File | ScriptReach::Remote | ScriptReach::Known => return None,
    };
    Some(script_issue(&EXTENSION, finding, format!("`{}` {what}", finding.name)).severity(severity))
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::source::rules::tests::fired_in_script;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "torchscript-native-extension";
        assert_eq!(
            fired_in_script(rule, "_0 = ops.mylib.op(x)\n"),
            Some(Severity::Warning)
        );
        assert_eq!(
            fired_in_script(rule, "_0 = ops.tensorrt.execute_engine(x, e)\n"),
            Some(Severity::Warning)
        );
        assert_eq!(
            fired_in_script(rule, "_0 = ops.torchvision.nms(x, y, 0.5)\n"),
            None
        );
        assert_eq!(
            fired_in_script(
                rule,
                "p : __torch__.torch.classes.quantized.LinearPackedParamsBase\n"
            ),
            None
        );
    }
}
