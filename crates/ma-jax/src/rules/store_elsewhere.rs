//! The metadata leads to data elsewhere.

use ma_core::{Evidence, Issue, declare_rule};

use crate::orbax::model::Finding;

declare_rule! {
    /// ## What it finds
    /// A TensorStore specification (`driver`, `kvstore`) in the metadata of a checkpoint that leads to a web
    /// address, a cloud bucket, or a path outside the checkpoint.
    /// ## Why it matters
    /// A reader that follows it asks a server that somebody chose, or reads a file of yours as weights.
    /// ## What it leaves alone
    /// Specifications of data inside the checkpoint, and metadata without any.
    /// ## What to do
    /// Do not load the checkpoint before you know why it needs data from elsewhere.
    pub static STORE_ELSEWHERE = {
        code: "JAX010", name: "orbax-store-elsewhere", severity: Warning,
        title: "The metadata leads to data elsewhere",
        references: [Cwe(610), Spec("https://google.github.io/tensorstore/spec.html")],
    }
}

/// The issue for what was found in a metadata file.
pub(crate) fn issue(finding: &Finding) -> Issue {
    Issue::new(&STORE_ELSEWHERE, finding.what.as_str())
        .at(finding.range.clone())
        .route(finding.route.as_str())
        .evidence(Evidence::text("value", finding.text.as_str()))
}
