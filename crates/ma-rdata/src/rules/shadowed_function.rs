//! A workspace replaces a function that everybody calls.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Input, MAX_ISSUES, code, whose};
use crate::calls::Tier;
use crate::facts::{OwnerKind, is_method};

declare_rule! {
    /// ## What it finds
    /// A workspace that binds a function to the name of one of base R (`print`, `predict`, `library` …), or a method of a function that R calls for objects (`print.fit`). Critical when it runs programs, reads code or reaches files or the network, Info when it calls nothing unusual.
    /// ## Why it matters
    /// `load()` puts the objects where the user's own variables are, which R searches first: the next `print(x)` calls the function of the file.
    /// ## What it leaves alone
    /// Functions of other names, methods that call nothing unusual, and functions inside of lists and environments.
    /// ## What to do
    /// Load the file into an environment of its own: `e <- new.env(); load(file, e)`.
    pub static SHADOWED_FUNCTION = {
        code: "RDA004", name: "rdata-shadowed-function", severity: Warning,
        title: "A workspace replaces a function that everybody calls",
        references: [Cwe(349)],
    }
}

/// Fires on functions of a workspace with the names of functions of base R.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let shadows = input.facts.owners.iter();
    let shadows = shadows.filter(|o| o.kind == OwnerKind::Shadow);
    let found = shadows.filter_map(|owner| {
        let name = super::binding(input.model, owner.node).unwrap_or_default();
        let severity = match owner.tier() {
            Some(Tier::Strong) => Severity::Critical,
            Some(Tier::Weak) => Severity::Warning,
            _ if is_method(name) => return None,
            _ => Severity::Info,
        };
        let does = owner.worst().map_or(String::new(), |used| {
            format!(
                "; it calls {}, which {}",
                used.function.name, used.function.capability
            )
        });
        let how = if is_method(name) {
            "which R calls for objects of its class"
        } else {
            "which R finds before the usual one"
        };
        let message = format!("The workspace has its own {name}, {how}{does}");
        Some(
            whose(input, owner.node, Issue::new(&SHADOWED_FUNCTION, message))
                .severity(severity)
                .evidence(Evidence::code("function", code(input.model, owner.node))),
        )
    });
    found.take(MAX_ISSUES).collect()
}
