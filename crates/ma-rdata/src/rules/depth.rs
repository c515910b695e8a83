//! Objects are nested deeper than R can read.

use ma_core::{Issue, declare_rule};

use super::Input;

declare_rule! {
    /// ## What it finds
    /// Objects that are nested more than 5000 deep.
    /// ## Why it matters
    /// R reads nested objects by recursion: such a file ends the session with an overflow of the stack.
    /// ## What it leaves alone
    /// Long lists and long calls, which R reads in a loop.
    /// ## What to do
    /// Do not load the file.
    pub static DEPTH = {
        code: "RDA013", name: "rdata-depth", severity: Warning,
        title: "Objects are nested deeper than R can read",
        references: [Cwe(674), Spec("https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats")],
    }
}

/// R's own limit of nested expressions.
const MAX_DEPTH: u32 = 5000;

/// Fires on a stream that is too deep.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let depth = input.model.depth;
    if depth <= MAX_DEPTH {
        return Vec::new();
    }
    let message = format!("Objects are nested {depth} deep");
    vec![Issue::new(&DEPTH, message)]
}
