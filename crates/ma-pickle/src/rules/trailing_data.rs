//! Bytes that belong to no stream lie before, between or after the pickles.

ma_core::declare_rule! {
    /// ## What it finds
    /// Bytes in a pickle file that no pickle and no known layout (joblib arrays, PyTorch storages)
    /// accounts for.
    /// ## Why it matters
    /// Loaders ignore them, so anything can be kept there for a second stage to find. Pickles found
    /// among them were scanned.
    /// ## What it leaves alone
    /// Raw arrays and storages that the pickle itself declares.
    /// ## What to do
    /// Ask the publisher what the bytes are.
    pub static TRAILING_DATA = {
        code: "PKL022", name: "pickle-trailing-data", severity: Info,
        title: "Holds bytes that no loader reads",
        references: [Cwe(506)],
    }
}
