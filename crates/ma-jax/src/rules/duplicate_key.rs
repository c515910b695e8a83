//! A key occurs twice in one map.

use ma_core::{Evidence, Issue, declare_rule};

use crate::flax::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A key that occurs twice in the same map.
    /// ## Why it matters
    /// Readers differ in which of the two values they take, so what one shows you is not what another loads.
    /// ## What it leaves alone
    /// The same key in different maps.
    /// ## What to do
    /// Do not use the file; no ordinary writer makes it so.
    pub static DUPLICATE_KEY = {
        code: "JAX006", name: "flax-duplicate-key", severity: Warning,
        title: "A key occurs twice in one map",
        references: [Cwe(694), Spec("https://flax.readthedocs.io/en/latest/api_reference/flax.serialization.html")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let route = &anomaly.route;
    let message = match &anomaly.kind {
        AnomalyKind::DuplicateKey(_) => format!("A key occurs twice in the map `{route}`"),
        _ => return None,
    };
    Some(
        Issue::new(&DUPLICATE_KEY, message)
            .at(anomaly.range.clone())
            .route(route.as_str())
            .evidence(Evidence::text("key", key(anomaly))),
    )
}

fn key(anomaly: &Anomaly) -> &str {
    match &anomaly.kind {
        AnomalyKind::DuplicateKey(key) => key,
        _ => "",
    }
}
