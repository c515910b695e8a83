//! Checkpoints that `weights_only=True` refuses.

use ma_core::{Issue, declare_rule};

use crate::weights_only::Verdict;

declare_rule! {
    /// ## What it finds
    /// A pickle that `torch.load(weights_only=True)`, the default since torch 2.6, refuses: an opcode, a name or a change of an object that its restricted unpickler does not know.
    /// ## Why it matters
    /// The file loads with `weights_only=False` only, which runs whatever its pickle says. What that is, is reported on its own. Programs that catch the error and try again without the flag take the protection away.
    /// ## What it leaves alone
    /// Files that load with the flag: the strongest sign of plain weights that there is.
    /// ## What to do
    /// If the other findings are fine and the source is trusted, allow the named class with `torch.serialization.add_safe_globals`; better, ask for a file of weights only, or for safetensors.
    pub static NEEDS_UNSAFE_LOAD = {
        code: "TOR001", name: "torch-needs-unsafe-load", severity: Info,
        title: "Loads only with weights_only=False",
        references: [Cwe(502), Spec("https://docs.pytorch.org/docs/stable/notes/serialization.html#weights-only")],
    }
}

/// Fires on a refusal.
#[must_use]
pub fn check(member: &str, verdict: &Verdict) -> Option<Issue> {
    let Verdict::Refused { at, why } = verdict else {
        return None;
    };
    Some(
        Issue::new(
            &NEEDS_UNSAFE_LOAD,
            format!(
                "torch.load(weights_only=True) refuses this file at byte {at} of its pickle: {}; it loads only with weights_only=False",
                why.describe()
            ),
        )
        .route(member),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights_only::Refusal;

    #[test]
    fn fires_on_refusals_only() {
        let refused = Verdict::Refused {
            at: 37,
            why: Refusal::Opcode(0x93),
        };
        let issue = check("m/data.pkl", &refused).unwrap();
        assert!(issue.message.contains("STACK_GLOBAL"), "{}", issue.message);
        assert!(issue.message.contains("37"));
        assert!(check("m/data.pkl", &Verdict::Loads { end: 9 }).is_none());
    }
}
