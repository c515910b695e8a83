//! An extension type that Flax does not know.

use ma_core::{Issue, declare_rule};

use crate::flax::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A msgpack extension value of a type that is none of those of Flax (1, 2, 3) nor the timestamp (-1).
    /// ## Why it matters
    /// Whoever reads the file with a reader of their own may have given that type a meaning, such as a pickle:
    /// several libraries do that.
    /// ## What it leaves alone
    /// Arrays, scalars and complex numbers of Flax.
    /// ## What to do
    /// Find out what wrote the file. What the value holds was looked at.
    pub static EXTENSION = {
        code: "JAX003", name: "flax-extension-type", severity: Warning,
        title: "An extension type that Flax does not know",
        references: [Cwe(502), Spec("https://flax.readthedocs.io/en/latest/api_reference/flax.serialization.html")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let route = &anomaly.route;
    let message = match &anomaly.kind {
        AnomalyKind::Extension(kind) => {
            format!("`{route}` is an extension value of type {kind}, which Flax does not know")
        }
        _ => return None,
    };
    Some(
        Issue::new(&EXTENSION, message)
            .at(anomaly.range.clone())
            .route(route.as_str()),
    )
}
