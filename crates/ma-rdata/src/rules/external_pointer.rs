//! The object is incomplete without the program that made it.

use ma_core::{Issue, declare_rule};

use super::{Input, whose};

declare_rule! {
    /// ## What it finds
    /// External pointers: addresses in the memory of the program that wrote the file.
    /// ## Why it matters
    /// They are null after loading. Code of a package that does not check this crashes, and what the pointer stood for (a fitted model, often) is not in the file.
    /// ## What it leaves alone
    /// Everything that is data.
    /// ## What to do
    /// Use the package's own way to save its models.
    pub static EXTERNAL_POINTER = {
        code: "RDA009", name: "rdata-external-pointer", severity: Info,
        title: "The object is incomplete without the program that made it",
        references: [Spec("https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats")],
    }
}

/// Fires once for a file.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let Some(first) = input.facts.pointers.first() else {
        return Vec::new();
    };
    let message = match input.facts.pointers.len() {
        1 => "The file holds an external pointer, which is null after loading".to_owned(),
        n => format!("The file holds {n} external pointers, which are null after loading"),
    };
    vec![whose(input, *first, Issue::new(&EXTERNAL_POINTER, message))]
}
