//! The stream ends early or can't be read on.

ma_core::declare_rule! {
    /// ## What it finds
    /// A pickle that breaks: an unknown opcode, an operand of the wrong type, a missing memo entry, or
    /// the end of the file before `STOP`.
    /// ## Why it matters
    /// Everything before the break has already run when the loader notices. Broken streams are used
    /// to make scanners give up.
    /// ## What it leaves alone
    /// Bytes after `STOP`, which loaders ignore.
    /// ## What to do
    /// Download the file again. If it is still broken, do not load it.
    pub static BROKEN_STREAM = {
        code: "PKL018", name: "pickle-broken-stream", severity: Warning,
        title: "The pickle breaks off",
        aliases: ["S902"],
        references: [Cwe(502), Article("https://www.reversinglabs.com/blog/rl-identifies-malware-ml-model-hosted-on-hugging-face")],
    }
}
