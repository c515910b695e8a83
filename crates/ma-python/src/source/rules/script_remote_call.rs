//! TorchScript that calls other computers.

use ma_core::{Issue, declare_rule};

use super::script_issue;
use crate::source::{ScriptFinding, ScriptReach};

declare_rule! {
    /// ## What it finds
    /// `rpc_async`, `rpc_sync` and `rpc_remote` in the code of a TorchScript archive.
    /// ## Why it matters
    /// The model hands tensors to functions on other computers of the same RPC group, and these run there.
    /// ## What it leaves alone
    /// Everything that computes locally, and collective operations of distributed training.
    /// ## What to do
    /// Expect this only from a model that was written for distributed inference.
    pub static REMOTE_CALL = {
        code: "TSC003", name: "torchscript-remote-call", severity: Warning,
        title: "TorchScript code that calls other computers",
        references: [Cwe(829)],
    }
}

/// Fires on remote procedure calls.
#[must_use]
pub fn check(finding: &ScriptFinding) -> Option<Issue> {
    (finding.reach == ScriptReach::Remote).then(|| {
        script_issue(
            &REMOTE_CALL,
            finding,
            format!("`{}` calls a function on another computer", finding.name),
        )
    })
}

#[cfg(test)]
mod tests {
    use ma_core::Severity;

    use crate::source::rules::tests::fired_in_script;

    #[test]
    fn fires_and_stays_silent() {
        let rule = "torchscript-remote-call";
        assert_eq!(
            fired_in_script(rule, "_0 = ops.prim.rpc_async(x)\n"),
            Some(Severity::Warning)
        );
        assert_eq!(
            fired_in_script(rule, "_0 = ops.prim.NumToTensor(x)\n"),
            None
        );
    }
}
