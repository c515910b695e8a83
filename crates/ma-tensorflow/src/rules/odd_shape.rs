//! Constants whose shapes can't be, or cost too much.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::graph::model::{OddShape, ShapeFault};

declare_rule! {
    /// ## What it finds
    /// A constant with a negative dimension, with more elements than can be counted, or with a few bytes that stand for more than 4 GiB (Warning); one with another number of bytes than its shape asks for (Info, since TensorFlow refuses it).
    ///
    /// ## Why it matters
    /// Loading or running such a model takes all memory or crashes, and shapes that overflow have been the way to write outside of it.
    ///
    /// ## What it leaves alone
    /// Constants of one repeated value of ordinary size, which TensorFlow itself writes so.
    ///
    /// ## What to do
    /// Do not load it in a service that others share.
    pub static ODD_SHAPE = {
        code: "TFG011", name: "tensorflow-odd-shape", severity: Warning,
        title: "A constant has a shape that does not fit its bytes",
        references: [Cwe(190), Cwe(770), Cve("CVE-2022-23594")],
    }
}

/// Fires on such a constant.
pub(crate) fn check(shape: &OddShape, holder: &str, route: String) -> Issue {
    let dims: Vec<String> = shape.shape.iter().take(16).map(i64::to_string).collect();
    let dims = format!("[{}]", dims.join(", "));
    let (severity, what) = match shape.what {
        ShapeFault::Negative => (Severity::Warning, "has a negative dimension".to_owned()),
        ShapeFault::Overflow => (
            Severity::Warning,
            "has more elements than can be counted".to_owned(),
        ),
        ShapeFault::Bomb { bytes, stored } => (
            Severity::Warning,
            format!(
                "takes {} GiB in memory and {stored} bytes in the file",
                bytes >> 30
            ),
        ),
        ShapeFault::Size { wanted, stored } => (
            Severity::Info,
            format!("needs {wanted} bytes and has {stored}"),
        ),
    };
    let message = format!("The constant of {holder} with shape {dims} {what}");
    Issue::new(&ODD_SHAPE, message)
        .severity(severity)
        .at(shape.range.clone())
        .route(route)
        .evidence(Evidence::fact("shape", dims))
}
