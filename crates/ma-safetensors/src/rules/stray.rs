//! Bytes belong to no tensor.

use ma_core::{Issue, Severity, declare_rule};

use crate::model::{Anomaly, AnomalyKind};
use ma_wire::Content;

declare_rule! {
    /// ## What it finds
    /// Bytes between the tensors, or behind the last one, that no tensor claims.
    /// ## Why it matters
    /// The format forbids them for a reason: what nobody reads can be anything, such as a program, an archive
    /// or a pickle that another reader finds. The usual loader refuses such a file.
    /// ## What it leaves alone
    /// Nothing: a file of the reference implementation has no such bytes. Zeros behind the last tensor, which
    /// careless copying leaves, are Info.
    /// ## What to do
    /// Look at what they are; it was handed on for its own scan when it looked like something. Save the
    /// tensors again with the reference implementation.
    pub static STRAY = {
        code: "SAF004", name: "safetensors-unclaimed-bytes", severity: Warning,
        title: "Bytes belong to no tensor",
        references: [Cwe(646), Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// The issue, when the anomaly is of this kind; `content` is what the bytes look like.
pub(crate) fn check(anomaly: &Anomaly, content: Content) -> Option<Issue> {
    let n = anomaly.range.end.saturating_sub(anomaly.range.start);
    let place = match anomaly.kind {
        AnomalyKind::Hole => format!("before `{}`", anomaly.name),
        AnomalyKind::Trailing => "behind the last tensor".to_owned(),
        _ => return None,
    };
    let padding = anomaly.kind == AnomalyKind::Trailing && content == Content::Zeros;
    let severity = if padding && n <= ma_wire::content::MAX_PADDING as u64 {
        Severity::Info
    } else {
        Severity::Warning
    };
    let bytes = if n == 1 {
        "byte belongs"
    } else {
        "bytes belong"
    };
    let message = format!("{n} {bytes} to no tensor ({place}): {content}");
    Some(
        Issue::new(&STRAY, message)
            .severity(severity)
            .at(anomaly.range.clone()),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::safetensors::{file, tensor};

    #[test]
    fn fires_on_holes_and_trailers() {
        let rule = "safetensors-unclaimed-bytes";
        let warning = Some(Severity::Warning);
        let one =
            |at: std::ops::Range<u64>, data: &[u8]| file(&[tensor("a", "U8", &[4], at)], data);
        assert_eq!(fired(rule, &one(0..4, &[0; 4])), None);
        assert_eq!(fired(rule, &one(2..6, &[0; 6])), warning);
        assert_eq!(fired(rule, &one(0..4, &[0; 9])), Some(Severity::Info));
        assert_eq!(fired(rule, &one(0..4, b"\0\0\0\0note")), warning);
    }
}
