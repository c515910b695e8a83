//! A small file unfolds into more objects than memory holds.

ma_core::declare_rule! {
    /// ## What it finds
    /// Lists of lists of lists that refer to one another so often that walking them means billions of
    /// steps.
    /// ## Why it matters
    /// Printing, comparing, copying or converting the loaded object freezes or kills the program.
    /// ## What it leaves alone
    /// Large data that is large in the file as well.
    /// ## What to do
    /// Do not load the file.
    pub static EXPANSION_BOMB = {
        code: "PKL019", name: "pickle-expansion-bomb", severity: Critical,
        title: "Unfolds into far more data than the file holds",
        aliases: ["S214"],
        references: [Cwe(409), Cwe(776)],
    }
}
