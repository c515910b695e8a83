//! Compiled code calls what its source does not show.

use ma_core::{Evidence, Issue, declare_rule};

use super::{Input, MAX_ISSUES, code, whose};

declare_rule! {
    /// ## What it finds
    /// A compiled function or expression whose constants name a function that runs programs, reads code or reaches files or the network, while the source that it carries along does not.
    /// ## Why it matters
    /// R runs the compiled code and prints the source. Whoever reads the function sees something else than what it does; R's compiler never makes such a pair.
    /// ## What it leaves alone
    /// Compiled code whose source names the same functions.
    /// ## What to do
    /// Do not load the file.
    pub static HIDDEN_BYTECODE = {
        code: "RDA006", name: "rdata-hidden-bytecode", severity: Critical,
        title: "Compiled code calls what its source does not show",
        references: [Cwe(506), Spec("https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats")],
    }
}

/// Fires on compiled code with names that its source lacks.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let found = input.facts.owners.iter().filter_map(|owner| {
        let name = owner.hidden.first()?;
        let used = owner.uses.iter().find(|u| u.function.name == *name)?;
        let does = used.function.capability;
        let message = format!("Compiled code calls {name}, which {does}, and its source does not");
        Some(
            whose(input, owner.node, Issue::new(&HIDDEN_BYTECODE, message))
                .evidence(Evidence::code("compiled", code(input.model, used.node)))
                .evidence(Evidence::code("source", code(input.model, owner.node))),
        )
    });
    found.take(MAX_ISSUES).collect()
}
