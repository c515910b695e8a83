//! A memo index so large that CPython allocates gigabytes for it.

ma_core::declare_rule! {
    /// ## What it finds
    /// A `PUT` or `LONG_BINPUT` with a huge index; and, as information, memo indices that leave large
    /// holes.
    /// ## Why it matters
    /// CPython keeps the memo in an array and allocates sixteen bytes for each index below twice the
    /// largest: an opcode of a few bytes takes gigabytes.
    /// ## What it leaves alone
    /// Indices that grow with the number of objects, as picklers write them.
    /// ## What to do
    /// Do not load the file.
    pub static MEMO_BOMB = {
        code: "PKL020", name: "pickle-memo-bomb", severity: Critical,
        title: "Makes the loader allocate gigabytes",
        references: [Cwe(789), Cwe(400)],
    }
}
