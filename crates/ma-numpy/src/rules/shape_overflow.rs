//! Shapes that no memory can hold.

use ma_core::{Evidence, Issue, declare_rule};

use crate::model::{AnomalyKind, Npy};
use crate::scanner::shape_text;

declare_rule! {
    /// ## What it finds
    /// A negative dimension, or dimensions whose product with the item size does not fit 63 bits.
    /// ## Why it matters
    /// The product wraps around in readers that multiply in 64 bits: they allocate a small buffer and then address a large one. This is how crafted npy files corrupt the memory of native readers.
    /// ## What it leaves alone
    /// Large arrays that are possible, and empty arrays.
    /// ## What to do
    /// Do not load the file.
    pub static SHAPE_OVERFLOW = {
        code: "NPY003", name: "numpy-shape-overflow", severity: Critical,
        title: "The shape is negative or overflows",
        references: [Cwe(190), Cwe(787), Cve("CVE-2025-62608")],
    }
}

/// Fires on a negative dimension or an overflowing product.
#[must_use]
pub fn check(npy: &Npy) -> Option<Issue> {
    npy.anomalies.iter().find_map(|anomaly| {
        let message = match &anomaly.kind {
            AnomalyKind::NegativeShape(n) => format!("a dimension of the array is {n}"),
            AnomalyKind::SizeOverflow => {
                "the size of the array in bytes does not fit 63 bits".to_owned()
            }
            _ => return None,
        };
        let shape = shape_text(npy.shape.as_deref().unwrap_or(&[]));
        Some(
            Issue::new(&SHAPE_OVERFLOW, message)
                .at(anomaly.range.clone())
                .route("shape")
                .evidence(Evidence::text("shape", shape)),
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::npy::array;

    #[test]
    fn fires_on_impossible_shapes_only() {
        let rule = "numpy-shape-overflow";
        for shape in [
            "(-1,)",
            "(4294967296, 4294967296)",
            "(9223372036854775807,)",
        ] {
            assert_eq!(
                fired(rule, &array("'<f8'", shape, &[0; 8])),
                Some(Severity::Critical)
            );
        }
        for shape in ["()", "(1,)", "(0, 9)"] {
            assert_eq!(fired(rule, &array("'<f8'", shape, &[0; 8])), None);
        }
    }
}
