//! An object of a class that nobody has judged is created.

ma_core::declare_rule! {
    /// ## What it finds
    /// An object of an unknown class, created as picklers do it: without arguments, then filled with
    /// state. Classes of `__main__` belong to the script that wrote the file.
    /// ## Why it matters
    /// The class's own `__new__`, `__init__` or `__setstate__` runs while loading. For most model
    /// classes that is harmless, but nobody has looked at this one.
    /// ## What it leaves alone
    /// Classes in the catalogue. Classes of well-known machine-learning packages that are only filled
    /// with data are reported as information.
    /// ## What to do
    /// Check where the class comes from. If you trust its package, say so:
    /// `--trust NAME`.
    pub static UNKNOWN_CLASS = {
        code: "PKL009", name: "pickle-unknown-class", severity: Warning,
        title: "Creates an object of a class that is not known",
        trustable: true,
        references: [Cwe(502)],
    }
}
