//! An imported object is changed: attributes or items of live code are overwritten.

ma_core::declare_rule! {
    /// ## What it finds
    /// `BUILD`, `SETITEM(S)`, `APPEND(S)` or `ADDITEMS` on an imported module, class or function, or
    /// on something that was reached through it.
    /// ## Why it matters
    /// The state is written into the running program, not into the model: a table is replaced, a
    /// module is swapped for another one, and the next harmless-looking call is the payload.
    /// ## What it leaves alone
    /// State that is given to objects which the stream itself created.
    /// ## What to do
    /// Do not load the file.
    pub static OBJECT_TAMPERING = {
        code: "PKL005", name: "pickle-object-tampering", severity: Critical,
        title: "Overwrites parts of the running program while loading",
        aliases: ["S207", "S208", "S209", "S210"],
        references: [Cwe(502), Cwe(915), Article("https://arxiv.org/abs/2607.17503")],
    }
}
