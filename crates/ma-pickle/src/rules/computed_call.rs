//! The thing that is called is itself the result of a call.

ma_core::declare_rule! {
    /// ## What it finds
    /// A call whose callee was not imported by name but computed in the stream: the result of
    /// `getattr`, of an item lookup, of another call.
    /// ## Why it matters
    /// This is how a payload reaches `os.system` without writing its name where a scanner looks. No
    /// library writes pickles that call the result of a call.
    /// ## What it leaves alone
    /// `functools.partial` objects around harmless callables, which are judged by what they wrap.
    /// ## What to do
    /// Do not load the file.
    pub static COMPUTED_CALL = {
        code: "PKL003", name: "pickle-computed-call", severity: Critical,
        title: "Calls something that was put together while loading",
        references: [Cwe(502), Cwe(470), Article("https://arxiv.org/abs/2607.17503")],
    }
}
