//! The file is no complete msgpack value.

use ma_core::{Issue, declare_rule};

use crate::flax::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A length beyond the end of the file, more values than the file has bytes, or bytes that are no msgpack.
    /// ## Why it matters
    /// The file is cut off, or a length in it lies: five bytes can claim four thousand million values, and readers
    /// that believe that run out of memory.
    /// ## What it leaves alone
    /// Complete files.
    /// ## What to do
    /// Fetch the file again. If it comes out the same, do not use it.
    pub static MALFORMED = {
        code: "JAX004", name: "flax-malformed", severity: Warning,
        title: "The file is no complete msgpack value",
        references: [Cwe(130), Spec("https://github.com/msgpack/msgpack/blob/master/spec.md")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let route = &anomaly.route;
    let message = match &anomaly.kind {
        AnomalyKind::Broken(what) => format!("The file is no complete msgpack: {what}"),
        _ => return None,
    };
    Some(
        Issue::new(&MALFORMED, message)
            .at(anomaly.range.clone())
            .route(route.as_str()),
    )
}
