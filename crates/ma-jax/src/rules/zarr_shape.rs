//! The shape of an array or of its chunks can't be real.

use ma_core::{Evidence, Issue, declare_rule};

use crate::orbax::model::Finding;

declare_rule! {
    /// ## What it finds
    /// A zarr array with a dimension that is negative or that overflows, or with chunks of more than 16 GiB each.
    /// ## Why it matters
    /// Readers take memory for a whole chunk before they look at its data.
    /// ## What it leaves alone
    /// Arrays of any size in chunks of a usual size.
    /// ## What to do
    /// Do not open the array.
    pub static ZARR_SHAPE = {
        code: "JAX014", name: "zarr-shape", severity: Warning,
        title: "The shape of an array or of its chunks can't be real",
        references: [Cwe(789), Spec("https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html")],
    }
}

/// The issue for what was found in a metadata file.
pub(crate) fn issue(finding: &Finding) -> Issue {
    Issue::new(&ZARR_SHAPE, finding.what.as_str())
        .at(finding.range.clone())
        .route(finding.route.as_str())
        .evidence(Evidence::text("value", finding.text.as_str()))
}
