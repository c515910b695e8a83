//! An opcode crosses the end of its frame, where loaders disagree about what follows.

ma_core::declare_rule! {
    /// ## What it finds
    /// An opcode whose argument reaches over the end of the `FRAME` it is in.
    /// ## Why it matters
    /// CPython's unpickler may then take the argument from another place than a reader of the bytes
    /// believes, and run opcodes that look like data. No pickler writes such frames. The stream was
    /// read both ways.
    /// ## What it leaves alone
    /// Frames that end between two opcodes, frames inside frames, frames longer than the file.
    /// ## What to do
    /// Do not load the file.
    pub static FRAME_STRADDLE = {
        code: "PKL016", name: "pickle-frame-straddle", severity: Critical,
        title: "Built so that scanners and Python read different programs",
        references: [Cwe(502), Cwe(436), Spec("https://peps.python.org/pep-3154/#framing")],
    }
}
