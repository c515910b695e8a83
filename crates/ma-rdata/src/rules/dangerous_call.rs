//! Code in the file runs programs, reads code or reaches files or the network.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Input, MAX_ISSUES, code, whose};
use crate::calls::Tier;
use crate::facts::OwnerKind;

declare_rule! {
    /// ## What it finds
    /// A function, a call or an expression in the file that calls something which models do not call: programs (`system`), code from elsewhere (`source`), the network, native code, files. Names are followed through `::`, `get`, `do.call`, pasted and decoded text, `parse(text =)` and compiled code. Critical inside of a formula or the terms of a model.
    /// ## Why it matters
    /// Such code does not run when the file is loaded, but when somebody calls the function or evaluates the call. Formulas and terms are evaluated by `predict` and `update`, so using the model is enough.
    /// ## What it leaves alone
    /// The calls, formulas, functions and environments that every model of `lm`, `glm`, `caret` or `randomForest` has; `eval`, `do.call`, `library`, reading and writing of data.
    /// ## What to do
    /// Read the code; it is shown here as far as it fits. Do not use the object until you know why it is there.
    pub static DANGEROUS_CALL = {
        code: "RDA005", name: "rdata-dangerous-call", severity: Warning,
        title: "Code in the file runs programs, reads code or reaches files or the network",
        references: [Cwe(506), Cwe(502), Spec("https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats")],
    }
}

/// Fires on code that uses the most unusual functions.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let found = input.facts.owners.iter().filter_map(|owner| {
        let (severity, what) = match owner.kind {
            OwnerKind::Formula => (
                Severity::Critical,
                "The formula or the terms of a model call",
            ),
            OwnerKind::Closure => (Severity::Warning, "A function in the file calls"),
            OwnerKind::Language => (Severity::Warning, "A call that is kept in the file calls"),
            _ => return None,
        };
        let used = owner.worst().filter(|u| u.function.tier == Tier::Strong)?;
        let message = format!(
            "{what} {}, which {}",
            used.function.name, used.function.capability
        );
        let mut issue = whose(input, owner.node, Issue::new(&DANGEROUS_CALL, message))
            .severity(severity)
            .evidence(Evidence::code("call", code(input.model, used.node)));
        if used.node != owner.node {
            issue = issue.evidence(Evidence::code("inside of", code(input.model, owner.node)));
        }
        Some(issue)
    });
    found.take(MAX_ISSUES).collect()
}
