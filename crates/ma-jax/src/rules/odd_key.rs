//! A key is a path to somewhere else.

use ma_core::{Evidence, Issue, declare_rule};

use crate::flax::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A key that is an absolute path, leads upward with `..`, or holds control characters.
    /// ## Why it matters
    /// Programs that export a checkpoint use the keys as file names: such a key writes a file outside their folder.
    /// ## What it leaves alone
    /// Keys with slashes inside, which flattened checkpoints have.
    /// ## What to do
    /// Do not export or convert the file with tools that write a file for each array.
    pub static ODD_KEY = {
        code: "JAX007", name: "flax-key-is-path", severity: Warning,
        title: "A key is a path to somewhere else",
        references: [Cwe(22), Spec("https://flax.readthedocs.io/en/latest/api_reference/flax.serialization.html")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let route = &anomaly.route;
    let message = match &anomaly.kind {
        AnomalyKind::OddKey(_) => format!("A key below `{route}` is a path elsewhere"),
        _ => return None,
    };
    Some(
        Issue::new(&ODD_KEY, message)
            .at(anomaly.range.clone())
            .route(route.as_str())
            .evidence(Evidence::text("key", key(anomaly))),
    )
}

fn key(anomaly: &Anomaly) -> &str {
    match &anomaly.kind {
        AnomalyKind::OddKey(key) => key,
        _ => "",
    }
}
