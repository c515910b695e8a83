//! Something that loaders accept and strict readers refuse.

ma_core::declare_rule! {
    /// ## What it finds
    /// Spellings that Python's unpickler takes and stricter readers do not: numbers with NUL bytes,
    /// hexadecimal digits, blanks or underscores; a protocol changed in the middle of the stream;
    /// opcodes newer than the declared protocol; nested or over-long frames.
    /// ## Why it matters
    /// No pickler writes them. They make scanners that follow the specification to the letter stop
    /// reading, so that what comes after is not seen.
    /// ## What it leaves alone
    /// Everything that the picklers of Python 2 and 3, joblib, dill and PyTorch write.
    /// ## What to do
    /// Be suspicious of the file's origin; the rest of the stream was read as Python reads it.
    pub static PARSER_DIFFERENTIAL = {
        code: "PKL017", name: "pickle-parser-differential", severity: Info,
        title: "Written in a way that no pickler writes",
        references: [Cwe(436), Article("https://arxiv.org/abs/2605.15084")],
    }
}
