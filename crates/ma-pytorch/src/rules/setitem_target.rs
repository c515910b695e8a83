//! Item assignment on things that are no dictionaries.

use ma_core::{Issue, declare_rule};

use crate::weights_only::{Refusal, Verdict};

declare_rule! {
    /// ## What it finds
    /// A checkpoint whose pickle sets items on something that is no dictionary, such as a tensor or a storage, where the restricted unpickler of torch has taken everything before.
    /// ## Why it matters
    /// Up to torch 2.9 `weights_only=True` carried the assignment out: written into a tensor with forged dimensions it changes memory outside of the tensor. No pickler writes such an assignment.
    /// ## What it leaves alone
    /// Dictionaries, `OrderedDict` and `Counter`; files that are refused for another reason before that place.
    /// ## What to do
    /// Do not load the file; use torch 2.10 or newer.
    pub static SETITEM_TARGET = {
        code: "TOR022", name: "torch-setitem-target", severity: Critical,
        title: "The pickle writes items into something that is no dictionary",
        references: [Cve("CVE-2026-24747"), Cwe(787)],
    }
}

/// Fires when that is why a pickle is refused.
#[must_use]
pub fn check(member: &str, verdict: &Verdict) -> Option<Issue> {
    match verdict {
        Verdict::Refused {
            at,
            why: Refusal::SetItemTarget,
        } => Some(
            Issue::new(
                &SETITEM_TARGET,
                format!("byte {at} of the pickle sets items on something that is no dictionary: torch before 2.10 does that even with weights_only=True"),
            )
            .route(member),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_on_that_refusal_only() {
        let refused = |why| Verdict::Refused { at: 3, why };
        assert!(check("", &refused(Refusal::SetItemTarget)).is_some());
        assert!(check("", &refused(Refusal::BuildTarget)).is_none());
        assert!(check("", &Verdict::Loads { end: 3 }).is_none());
    }
}
