//! An array has an element type that is no plain number.

use ma_core::{Issue, declare_rule};

use crate::flax::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// An array whose element type is none of the numbers and texts of numpy and ml_dtypes, such as `object`.
    /// ## Why it matters
    /// Flax never writes one. `object` means Python objects, which other readers unpickle.
    /// ## What it leaves alone
    /// All types of numpy 2 and ml_dtypes.
    /// ## What to do
    /// Do not open it with anything but Flax, which refuses it.
    pub static ARRAY_TYPE = {
        code: "JAX002", name: "flax-array-type", severity: Warning,
        title: "An array has an element type that is no plain number",
        references: [Cwe(843), Spec("https://flax.readthedocs.io/en/latest/api_reference/flax.serialization.html")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Dtype(name) = &anomaly.kind else {
        return None;
    };
    let route = &anomaly.route;
    let name = ma_core::text::shorten(name, 60);
    let message = format!("The array `{route}` has the element type `{name}`");
    Some(
        Issue::new(&ARRAY_TYPE, message)
            .at(anomaly.range.clone())
            .route(route.as_str()),
    )
}
