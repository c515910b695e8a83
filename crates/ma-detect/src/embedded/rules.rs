//! The rules about programs and objects where they do not belong.

use ma_core::{Rule, declare_rule};

/// All of them.
pub static RULES: &[&Rule] = &[&EMBEDDED_EXECUTABLE, &EMBEDDED_SCRIPT, &EMBEDDED_OBJECT];

declare_rule! {
    /// ## What it finds
    /// Native code (ELF, PE, Mach-O) or bytecode (WebAssembly, DEX, Java, Lua, Python) between the
    /// numbers of a model, or in bytes of its file that belong to nothing; with a header whose fields
    /// are valid.
    ///
    /// ## Why it matters
    /// Numbers do not turn into a program by chance. Somebody put it there, so that a second program
    /// can take it out and run it: models are large, trusted, and pass every virus scanner.
    ///
    /// ## What it leaves alone
    /// Bytes that merely begin like an executable, which every large file has; code for graphics
    /// processors is only mentioned. Where a region of weights begins, and in bytes that belong to
    /// nothing, it is critical; inside the numbers it is a warning.
    ///
    /// ## What to do
    /// Do not use the file. Compare it with the original from its publisher.
    pub static EMBEDDED_EXECUTABLE = {
        code: "DET003", name: "embedded-executable", severity: Warning,
        title: "A program is hidden in the model's data",
        references: [Cwe(506), Article("https://arxiv.org/abs/2107.08590")],
    }
}

declare_rule! {
    /// ## What it finds
    /// A script or source code between the numbers of a model or in bytes that belong to nothing, with
    /// at least 64 printable characters around it; in text, PowerShell commands that are encoded or
    /// that run what they download.
    ///
    /// ## Why it matters
    /// Text does not turn up among numbers by chance; it was stored there for something that takes it
    /// out. An encoded command is written so that nobody reads what it does.
    ///
    /// ## What it leaves alone
    /// Scripts as files of their own, and source in text: others look at those.
    ///
    /// ## What to do
    /// Read what is there, and do not run anything that came with the file before you know.
    pub static EMBEDDED_SCRIPT = {
        code: "DET004", name: "embedded-script", severity: Warning,
        title: "A script is hidden in the model's data",
        references: [Cwe(506)],
    }
}

declare_rule! {
    /// ## What it finds
    /// A pickle that calls something, a zip archive or serialised Java objects between the numbers of a
    /// model or in bytes that belong to nothing. Pickles and archives are then scanned themselves.
    ///
    /// ## Why it matters
    /// The model's own loader does not read it, so it is there for somebody else: another loader that
    /// takes the same file for something different, or a program that knows where to look.
    ///
    /// ## What it leaves alone
    /// Beginnings without a valid continuation; pickles that only hold data.
    ///
    /// ## What to do
    /// Look at what the scan of the embedded part says. Do not use the file if you cannot explain it.
    pub static EMBEDDED_OBJECT = {
        code: "DET005", name: "embedded-object", severity: Warning,
        title: "Serialised objects are hidden in the model's data",
        references: [Cwe(506), Cwe(502)],
    }
}
