//! An object outside the stream is referred to in a way that no known loader writes.

ma_core::declare_rule! {
    /// ## What it finds
    /// Persistent ids that are not PyTorch's storage references: a callable or a computed value inside
    /// an id, `("module", …)` ids of old PyTorch, which read source files; and buffers that a file
    /// can't carry (`NEXT_BUFFER`).
    /// ## Why it matters
    /// The loading program hands the id to code of its own. An id that holds more than plain values
    /// aims at that code.
    /// ## What it leaves alone
    /// `("storage", type, key, location, count)` as PyTorch writes it, and plain text or numbers.
    /// ## What to do
    /// Find out which program wrote the file before you load it.
    pub static PERSISTENT_ID = {
        code: "PKL012", name: "pickle-persistent-id", severity: Warning,
        title: "Refers to something outside the file in an unusual way",
        aliases: ["S212"],
        references: [Cwe(502), Spec("https://docs.python.org/3/library/pickle.html#persistence-of-external-objects")],
    }
}
