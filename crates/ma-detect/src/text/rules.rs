//! The rules about text.

use ma_core::{Rule, declare_rule};

/// All of them.
pub static RULES: &[&Rule] = &[&SCRIPT_FILE];

declare_rule! {
    /// ## What it finds
    /// A text file whose first line names an interpreter (`#!/bin/sh`): a program.
    ///
    /// ## Why it matters
    /// A program among the parts of a model runs with your rights when somebody, or some tool, starts
    /// it. Under the name of a model it was put there to be overlooked.
    ///
    /// ## What it leaves alone
    /// Scripts as files of their own that are named like what they are (`.sh`, `.py`) are only
    /// mentioned; inside an archive, or under another name, it is a warning.
    ///
    /// ## What to do
    /// Read it before anything runs it.
    pub static SCRIPT_FILE = {
        code: "DET002", name: "script-file", severity: Warning,
        title: "A script lies with the model",
        aliases: ["S504"],
        references: [Cwe(506)],
    }
}
