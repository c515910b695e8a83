//! A name that nobody has judged is imported and neither called nor created.

ma_core::declare_rule! {
    /// ## What it finds
    /// An import of an unknown module or name that the stream does not call: a class or function kept
    /// as a value.
    /// ## Why it matters
    /// Importing a module runs its code. If the package is not installed, whoever publishes one of
    /// that name decides what runs.
    /// ## What it leaves alone
    /// Names in the catalogue; names that are also called, which other rules report.
    /// ## What to do
    /// Check where the module comes from. If you trust it, say so:
    /// `--trust NAME`.
    pub static UNKNOWN_IMPORT = {
        code: "PKL010", name: "pickle-unknown-import", severity: Info,
        title: "Imports a name that is not known",
        trustable: true,
        references: [Cwe(502)],
    }
}
