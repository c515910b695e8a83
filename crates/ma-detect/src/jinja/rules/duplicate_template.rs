//! A template that is given twice.

use ma_core::declare_rule;

declare_rule! {
    /// ## What it finds
    /// A configuration that gives the key of a chat template twice in the same object, with different values.
    /// ## Why it matters
    /// Python takes the last, other readers the first: what one of them shows you is not what the other runs. Both are looked at here.
    /// ## What it leaves alone
    /// The same template given twice is only mentioned.
    /// ## What to do
    /// Remove one of the two; no tool writes both.
    pub static DUPLICATE_TEMPLATE = {
        code: "JIN013", name: "jinja-duplicate-template", severity: Warning,
        title: "A configuration gives two chat templates under one key",
        references: [Cwe(436)],
    }
}
