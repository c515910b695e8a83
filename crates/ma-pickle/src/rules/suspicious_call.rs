//! Something that plain data does not need is called.

ma_core::declare_rule! {
    /// ## What it finds
    /// Calls of functions that are judged by their arguments and that no library writes in this way:
    /// reading lines of a file, drawing an iterator, allocating as much as the file says, decoding
    /// text, making classes.
    /// ## Why it matters
    /// By itself the call does no harm, but models do not need it; payloads are built from such
    /// pieces.
    /// ## What it leaves alone
    /// Rebuilding data, `functools.partial` and `operator.itemgetter` on harmless things.
    /// ## What to do
    /// Look at the call and its arguments before you load the file.
    pub static SUSPICIOUS_CALL = {
        code: "PKL024", name: "pickle-suspicious-call", severity: Warning,
        title: "Calls something that models do not need",
        references: [Cwe(502)],
    }
}
