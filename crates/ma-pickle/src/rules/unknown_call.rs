//! A function that nobody has judged is called.

ma_core::declare_rule! {
    /// ## What it finds
    /// A call of a function that is not in the catalogue of harmless functions. In the standard
    /// library, whose harmless functions are all listed, such a call is critical; so is one that is given a shell
    /// command, an address or Python code.
    /// ## Why it matters
    /// Calling a function of an installed package runs its code with arguments that the file chose. A
    /// package on a public index, or a file beside the model, can be the payload.
    /// ## What it leaves alone
    /// Functions known to rebuild data.
    /// ## What to do
    /// Look up what the function does with these arguments. If you trust the package, say so:
    /// `--trust NAME`.
    pub static UNKNOWN_CALL = {
        code: "PKL008", name: "pickle-unknown-call", severity: Warning,
        title: "Calls a function that is not known",
        trustable: true,
        references: [Cwe(502), Article("https://arxiv.org/abs/2607.17503")],
    }
}
