//! An array has not as many bytes as its shape and type say.

use ma_core::{Issue, declare_rule};

use crate::flax::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// An array whose data is shorter or longer than the product of its shape and the size of its elements, whose
    /// size can't be counted, or that is no array at all.
    /// ## Why it matters
    /// The usual reader refuses it. Readers in other languages that trust the shape read memory that is not
    /// theirs.
    /// ## What it leaves alone
    /// Arrays without elements, scalars, and all types of numpy and JAX, bfloat16 and 8-bit floats included.
    /// ## What to do
    /// Fetch the file again. If it comes out the same, do not use it.
    pub static ARRAY_SIZE = {
        code: "JAX001", name: "flax-array-size", severity: Warning,
        title: "An array has not as many bytes as its shape and type say",
        references: [Cwe(130), Spec("https://flax.readthedocs.io/en/latest/api_reference/flax.serialization.html")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let route = &anomaly.route;
    let message = match &anomaly.kind {
        AnomalyKind::ArraySize {
            want: Some(want),
            have,
        } => format!("The array `{route}` has {have} bytes, and its shape and type need {want}"),
        AnomalyKind::ArraySize { want: None, .. } => {
            format!("The shape of the array `{route}` has more elements than can be counted")
        }
        AnomalyKind::ArrayMalformed => {
            format!("`{route}` is marked as an array and holds something else")
        }
        _ => return None,
    };
    Some(
        Issue::new(&ARRAY_SIZE, message)
            .at(anomaly.range.clone())
            .route(route.as_str()),
    )
}
