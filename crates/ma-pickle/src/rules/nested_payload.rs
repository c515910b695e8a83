//! A pickle with a dangerous event lies inside a literal.

ma_core::declare_rule! {
    /// ## What it finds
    /// Bytes or text inside the pickle that are a pickle themselves (plain, in base64 or hexadecimal,
    /// or compressed) and hold something dangerous.
    /// ## Why it matters
    /// Code that loads the model may well load its parts too; a payload one level down passes
    /// scanners that look at the surface only.
    /// ## What it leaves alone
    /// Nested pickles without dangerous content, and text that only looks like code.
    /// ## What to do
    /// Find out what reads this value. Do not load the file before you know.
    pub static NESTED_PAYLOAD = {
        code: "PKL015", name: "pickle-nested-payload", severity: Warning,
        title: "Hides a dangerous pickle inside a value",
        aliases: ["S213"],
        references: [Cwe(502), Cwe(506)],
    }
}
