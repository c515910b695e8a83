//! The array needs a codec that numcodecs and TensorStore do not have.

use ma_core::{Evidence, Issue, declare_rule};

use crate::orbax::model::Finding;

declare_rule! {
    /// ## What it finds
    /// A zarr codec, filter or compressor that neither numcodecs 0.16 nor the zarr 3 specification knows.
    /// ## Why it matters
    /// Readers look for it among the installed packages and load whatever registers that name.
    /// ## What it leaves alone
    /// The codecs of numcodecs, zarr 3, and the well-known image and number codecs.
    /// ## What to do
    /// Find out which package brings the codec, and whether you trust it.
    pub static ZARR_CODEC = {
        code: "JAX013", name: "zarr-unknown-codec", severity: Warning,
        title: "The array needs a codec that numcodecs and TensorStore do not have",
        references: [Cwe(829), Spec("https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html")],
    }
}

/// The issue for what was found in a metadata file.
pub(crate) fn issue(finding: &Finding) -> Issue {
    Issue::new(&ZARR_CODEC, finding.what.as_str())
        .at(finding.range.clone())
        .route(finding.route.as_str())
        .evidence(Evidence::text("value", finding.text.as_str()))
}
