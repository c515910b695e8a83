//! The pickle reaches for security scanners.

ma_core::declare_rule! {
    /// ## What it finds
    /// Names of model scanners (`picklescan`, `modelscan`, `fickling`, `modelaudit` …) used by the
    /// pickle, to call them or to change their tables.
    /// ## Why it matters
    /// A model has no business with scanners. Emptying their lists of dangerous names blinds whoever
    /// scans the next file in the same process.
    /// ## What it leaves alone
    /// Text that mentions a scanner.
    /// ## What to do
    /// Do not load the file.
    pub static SCANNER_TAMPERING = {
        code: "PKL023", name: "pickle-scanner-tampering", severity: Critical,
        title: "Reaches for a security scanner",
        references: [Cwe(693), Cwe(502)],
    }
}
