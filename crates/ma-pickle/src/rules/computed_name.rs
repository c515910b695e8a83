//! The name that is imported is itself the result of a call.

ma_core::declare_rule! {
    /// ## What it finds
    /// An import whose module or name is no constant but was computed in the stream, by joining,
    /// decoding or reading text from an attribute.
    /// ## Why it matters
    /// Picklers write names as they are. A computed name exists to keep the real one out of sight.
    /// ## What it leaves alone
    /// Constant names, however they are moved around on the stack or through the memo.
    /// ## What to do
    /// Do not load the file.
    pub static COMPUTED_NAME = {
        code: "PKL004", name: "pickle-computed-name", severity: Critical,
        title: "Imports a name that was put together while loading",
        references: [Cwe(502), Cwe(470)],
    }
}
