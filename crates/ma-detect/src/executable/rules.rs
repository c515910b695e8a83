//! The rules about native executables.

use ma_core::{Rule, declare_rule};

/// All of them.
pub static RULES: &[&Rule] = &[&EXECUTABLE_FILE];

declare_rule! {
    /// ## What it finds
    /// A native program or library (ELF, PE or Mach-O with a valid header): as a file of its own, or as
    /// a member of an archive.
    ///
    /// ## Why it matters
    /// A model is numbers. Native code beside or inside it does whatever it likes once something runs
    /// or loads it, and nothing here can say what that is.
    ///
    /// ## What it leaves alone
    /// Code for graphics processors, which models for one device may carry. Bytes that merely begin
    /// like an executable. Inside an archive it is a warning; a file of its own that is named like
    /// what it is (`.so`, `.dll`, `.exe`) is only mentioned.
    ///
    /// ## What to do
    /// Find out what the program is for and who built it. Remove it when the model works without it.
    pub static EXECUTABLE_FILE = {
        code: "DET001", name: "executable-file", severity: Warning,
        title: "A native executable lies with the model",
        aliases: ["S501", "S502", "S503"],
        references: [Cwe(506)],
    }
}
