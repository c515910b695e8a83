//! The array is unpickled when it is read.

use ma_core::{Evidence, Issue, declare_rule};

use crate::orbax::model::Finding;

declare_rule! {
    /// ## What it finds
    /// A zarr array whose codec, filter or compressor is numcodecs `pickle`.
    /// ## Why it matters
    /// Whoever reads one element of the array unpickles its chunks, and a pickle can run any code. Some readers
    /// unpickle the fill value as soon as they open the array.
    /// ## What it leaves alone
    /// All codecs that compress or pack numbers and texts.
    /// ## What to do
    /// Do not open the array. Ask for it with a plain element type.
    pub static ZARR_PICKLE = {
        code: "JAX012", name: "zarr-pickle-codec", severity: Critical,
        title: "The array is unpickled when it is read",
        references: [Cwe(502), Spec("https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html")],
    }
}

/// The issue for what was found in a metadata file.
pub(crate) fn issue(finding: &Finding) -> Issue {
    Issue::new(&ZARR_PICKLE, finding.what.as_str())
        .at(finding.range.clone())
        .route(finding.route.as_str())
        .evidence(Evidence::text("value", finding.text.as_str()))
}
