//! Say here what this rule is about.

use ma_core::declare_rule;

declare_rule! {
    /// ## What it finds
    /// ...
    ///
    /// ## Why it matters
    /// ...
    ///
    /// ## What it leaves alone
    /// ...
    ///
    /// ## What to do
    /// ...
    pub static @CONST@ = {
        code: "XXX000", name: "@NAME@", severity: Warning,
        title: "...",
        references: [],
    }
}
