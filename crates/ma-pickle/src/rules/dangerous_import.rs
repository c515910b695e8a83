//! A dangerous name is imported; whether it is called can't be seen, or it is not.

ma_core::declare_rule! {
    /// ## What it finds
    /// An import (`GLOBAL`, `STACK_GLOBAL`, `INST`) of something that is known to run code, start
    /// programs, touch files or the network, or change the interpreter, and that is not called by an
    /// opcode of the same stream.
    /// ## Why it matters
    /// No model needs such a function as data. Importing it can run code by itself, and the object
    /// that holds it is one method call away from using it.
    /// ## What it leaves alone
    /// Names that are judged by their arguments (`functools.partial`, `operator.itemgetter`), classes
    /// of libraries, and strings that merely spell a name. When the name is also called, the call is
    /// reported instead.
    /// ## What to do
    /// Do not load the file.
    pub static DANGEROUS_IMPORT = {
        code: "PKL002", name: "pickle-dangerous-import", severity: Critical,
        title: "Imports something dangerous when the pickle is loaded",
        aliases: ["S205", "S206"],
        references: [Cwe(502), Spec("https://docs.python.org/3/library/pickle.html")],
    }
}
