//! A variable whose value is computed by a function.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Input, MAX_ISSUES, code, whose};
use crate::calls::Tier;
use crate::facts::OwnerKind;

declare_rule! {
    /// ## What it finds
    /// A variable of an environment that is marked as an active binding, with a function that does something: Critical when it runs programs, reads code or reaches files or the network, Warning when it calls something unusual.
    /// ## Why it matters
    /// R calls the function whenever somebody looks at the variable, listing an environment with its values included.
    /// ## What it leaves alone
    /// Active bindings whose functions call nothing unusual, which classes of the R6 package have.
    /// ## What to do
    /// Read the function before you look at the object.
    pub static ACTIVE_BINDING = {
        code: "RDA002", name: "rdata-active-binding", severity: Warning,
        title: "A variable whose value is computed by a function",
        references: [Cwe(502), Spec("https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats")],
    }
}

/// Fires on active bindings that call something.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let bindings = input.facts.owners.iter();
    let bindings = bindings.filter(|o| o.kind == OwnerKind::ActiveBinding);
    let found = bindings.filter_map(|owner| {
        let severity = match owner.tier()? {
            Tier::Strong => Severity::Critical,
            Tier::Weak => Severity::Warning,
            Tier::Common => return None,
        };
        let used = owner.worst()?.function;
        let message = format!(
            "Looking at the variable calls {}, which {}",
            used.name, used.capability
        );
        Some(
            whose(input, owner.node, Issue::new(&ACTIVE_BINDING, message))
                .severity(severity)
                .evidence(Evidence::code("function", code(input.model, owner.node))),
        )
    });
    found.take(MAX_ISSUES).collect()
}
