//! Python code is shipped inside the pickle.

ma_core::declare_rule! {
    /// ## What it finds
    /// Functions and code objects rebuilt from bytecode: `types.CodeType`, `types.FunctionType`,
    /// `marshal.loads`, and the makers of dill and cloudpickle. Names and constants used by the code
    /// are shown.
    /// ## Why it matters
    /// The file brings its own program. It runs when the function is called, by the model's methods
    /// or by the stream itself.
    /// ## What it leaves alone
    /// Functions that are pickled by name, as plain pickle does.
    /// ## What to do
    /// Do not load the file unless you trust who wrote it as you would trust a program of theirs.
    pub static CODE_OBJECT = {
        code: "PKL013", name: "pickle-code-object", severity: Critical,
        title: "Contains program code",
        aliases: ["S507"],
        references: [Cwe(502), Cwe(94)],
    }
}
