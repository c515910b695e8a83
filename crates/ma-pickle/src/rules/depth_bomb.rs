//! Objects nested deeper than any program can walk, or lengths that no memory holds.

ma_core::declare_rule! {
    /// ## What it finds
    /// Marks or containers nested more than a hundred thousand deep, and arguments that ask the loader
    /// for absurd amounts of memory or time, such as numbers of more than 100,000 digits.
    /// ## Why it matters
    /// Loading, printing or freeing the object overflows the stack and crashes the program.
    /// ## What it leaves alone
    /// Nesting as it occurs in data.
    /// ## What to do
    /// Do not load the file.
    pub static DEPTH_BOMB = {
        code: "PKL021", name: "pickle-depth-bomb", severity: Critical,
        title: "Nested so deeply that programs crash on it",
        aliases: ["S904"],
        references: [Cwe(674), Cwe(400)],
    }
}
