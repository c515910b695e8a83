//! A callable is handed to something that will call it.

ma_core::declare_rule! {
    /// ## What it finds
    /// A callable that is not known to be harmless, handed to something that calls it now or later:
    /// `map`, `filter`, `starmap`, `reduce`, `partial`, `cmp_to_key`, `property`, a factory of
    /// `defaultdict`, a class made by `type(...)` with the callable in its body.
    /// ## Why it matters
    /// The call does not appear as a call in the file, but it happens all the same: when the iterator
    /// is read, the items are sorted, or a missing key is looked up.
    /// ## What it leaves alone
    /// The same constructs around harmless callables (`partial(int, base=2)`, `defaultdict(list)`).
    /// ## What to do
    /// Do not load the file when the callable is dangerous; look at the callable when it is unknown.
    pub static HIDDEN_CALL = {
        code: "PKL006", name: "pickle-hidden-call", severity: Critical,
        title: "Hands a function to something that will call it",
        references: [Cwe(502)],
    }
}
