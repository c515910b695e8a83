//! A tensor does not lie where it should.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use crate::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A tensor whose range ends before it begins, is not as long as its shape and type say, overlaps another,
    /// or whose size can't be computed; two names on the same bytes; dimensions that no tensor has.
    /// ## Why it matters
    /// The usual loader refuses such a file. Loaders that do not check read memory that is not theirs, or give
    /// two tensors the same bytes, so that changing one changes the other.
    /// ## What it leaves alone
    /// Tensors without elements, and every type of the reference implementation, 4 and 6 bits included.
    /// ## What to do
    /// Do not use the file. Ask whoever made it for one that the reference implementation takes.
    pub static OFFSETS = {
        code: "SAF003", name: "safetensors-offsets", severity: Warning,
        title: "A tensor does not lie where it should",
        references: [Cwe(125), Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let name = &anomaly.name;
    let mut severity = Severity::Warning;
    let message = match &anomaly.kind {
        AnomalyKind::Reversed => format!("The data of `{name}` ends before it begins"),
        AnomalyKind::ShapeOverflow => {
            format!("The shape of `{name}` has more elements than can be counted")
        }
        AnomalyKind::SizeDiffers { want, have } => {
            format!("`{name}` has {have} bytes of data, and its shape and type need {want}")
        }
        AnomalyKind::HalfByte => format!("The elements of `{name}` do not fill whole bytes"),
        AnomalyKind::Shared => format!("`{name}` lies on the same bytes as another tensor"),
        AnomalyKind::Overlap => format!("`{name}` overlaps another tensor"),
        AnomalyKind::AbsurdShape => {
            severity = Severity::Info;
            format!("`{name}` has no elements and a dimension that no tensor has")
        }
        _ => return None,
    };
    Some(
        Issue::new(&OFFSETS, message)
            .severity(severity)
            .at(anomaly.range.clone())
            .route(name.as_str())
            .evidence(Evidence::text("tensor", name.as_str())),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::safetensors::{file, tensor};

    #[test]
    fn fires_on_ranges_that_do_not_fit() {
        let rule = "safetensors-offsets";
        let warning = Some(Severity::Warning);
        let two = |first: std::ops::Range<u64>, second: std::ops::Range<u64>| {
            let a = tensor("a", "U8", &[4], first);
            let b = tensor("b", "U8", &[4], second);
            file(&[a, b], &[0; 8])
        };
        assert_eq!(fired(rule, &two(0..4, 4..8)), None);
        assert_eq!(fired(rule, &two(4..8, 0..4)), None, "any order of names");
        assert_eq!(fired(rule, &two(0..4, 3..7)), warning);
        assert_eq!(fired(rule, &two(0..4, 0..4)), warning);
        #[allow(clippy::reversed_empty_ranges)]
        let reversed = 8..4;
        assert_eq!(fired(rule, &two(0..4, reversed)), warning);
        let one = |dtype, shape: &[u64], n| {
            file(&[tensor("a", dtype, shape, 0..n)], &vec![0; n as usize])
        };
        assert_eq!(fired(rule, &one("F4", &[3], 1)), warning);
        assert_eq!(fired(rule, &one("F4", &[4], 2)), None);
        assert_eq!(fired(rule, &one("F32", &[1 << 40, 1 << 40], 4)), warning);
        assert_eq!(fired(rule, &one("F32", &[0, 7], 0)), None);
        assert_eq!(
            fired(rule, &one("F32", &[0, 1 << 50], 0)),
            Some(Severity::Info)
        );
    }
}
