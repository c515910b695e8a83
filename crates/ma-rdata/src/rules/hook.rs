//! A function that R calls on its own.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Input, MAX_ISSUES, code, whose};
use crate::calls::Tier;
use crate::facts::{OwnerKind, SESSION_HOOKS};

declare_rule! {
    /// ## What it finds
    /// A workspace with a function named `.First` or `.Last`, or an environment with a hook of packages (`.onLoad`, `.onAttach` …). Critical when a session hook runs programs, reads code or reaches files or the network.
    /// ## Why it matters
    /// A workspace that lies as `.RData` in the working directory is loaded when R starts there, and then R calls `.First`; `.Last` is called when the session ends. Nobody has to call them.
    /// ## What it leaves alone
    /// Functions of other names. Hooks of packages that call nothing unusual are Info: R calls them only for installed packages.
    /// ## What to do
    /// Start R with `--no-restore`, load the file into an environment of its own and read the function.
    pub static HOOK = {
        code: "RDA003", name: "rdata-hook", severity: Warning,
        title: "A function that R calls on its own",
        references: [Cwe(506), Spec("https://stat.ethz.ch/R-manual/R-devel/library/base/html/Startup.html")],
    }
}

/// Fires on functions with the names of hooks.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let hooks = input.facts.owners.iter();
    let hooks = hooks.filter(|o| o.kind == OwnerKind::Hook);
    let found = hooks.map(|owner| {
        let name = super::binding(input.model, owner.node).unwrap_or_default();
        let session = SESSION_HOOKS.contains(&name);
        let severity = match (owner.tier(), session) {
            (Some(Tier::Strong), true) => Severity::Critical,
            (Some(Tier::Strong), false) | (_, true) => Severity::Warning,
            (_, false) => Severity::Info,
        };
        let does = owner.worst().map_or(String::new(), |used| {
            format!(
                "; it calls {}, which {}",
                used.function.name, used.function.capability
            )
        });
        let message = format!("R calls the function {name} on its own{does}");
        whose(input, owner.node, Issue::new(&HOOK, message))
            .severity(severity)
            .evidence(Evidence::code("function", code(input.model, owner.node)))
    });
    found.take(MAX_ISSUES).collect()
}
