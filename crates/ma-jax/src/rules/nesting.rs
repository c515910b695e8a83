//! Maps and lists are nested deeper than in any model.

use ma_core::{Issue, declare_rule};

use crate::flax::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Maps and lists nested deeper than 64 levels.
    /// ## Why it matters
    /// Readers that follow them by calling themselves run out of stack and crash.
    /// ## What it leaves alone
    /// The dozen levels of ordinary models.
    /// ## What to do
    /// Do not load the file in a process that must not crash.
    pub static NESTING = {
        code: "JAX005", name: "flax-nesting", severity: Warning,
        title: "Maps and lists are nested deeper than in any model",
        references: [Cwe(674), Spec("https://flax.readthedocs.io/en/latest/api_reference/flax.serialization.html")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let route = &anomaly.route;
    let message = match &anomaly.kind {
        AnomalyKind::Deep => "Maps and lists are nested more than 64 levels deep".to_owned(),
        _ => return None,
    };
    Some(
        Issue::new(&NESTING, message)
            .at(anomaly.range.clone())
            .route(route.as_str()),
    )
}
