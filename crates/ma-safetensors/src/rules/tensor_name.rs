//! The name of a tensor is a path or holds control characters.

use ma_core::{Evidence, Issue, declare_rule};

use crate::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// A tensor's name that is an absolute path, leads upward with `..`, or holds control characters.
    /// ## Why it matters
    /// Programs that take a model apart use the names as file names: such a name writes a file outside their
    /// folder. Control characters show another name on a terminal than the one that is there.
    /// ## What it leaves alone
    /// Names with single slashes and dots, as several frameworks write them.
    /// ## What to do
    /// Do not convert or split the file with tools that write a file for each tensor.
    pub static TENSOR_NAME = {
        code: "SAF008", name: "safetensors-tensor-name", severity: Warning,
        title: "The name of a tensor is a path or holds control characters",
        references: [Cwe(22), Spec("https://huggingface.co/docs/safetensors/index#format")],
    }
}

/// The issue, when the anomaly is of this kind.
pub(crate) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let name = &anomaly.name;
    (anomaly.kind == AnomalyKind::OddName).then(|| {
        Issue::new(
            &TENSOR_NAME,
            "A tensor has the name of a file elsewhere, or a hidden one",
        )
        .at(anomaly.range.clone())
        .route(name.as_str())
        .evidence(Evidence::text("name", name.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::tests::fired;
    use ma_core::Severity;
    use ma_testkit::safetensors::{file, tensor};

    #[test]
    fn fires_on_paths_and_controls() {
        let rule = "safetensors-tensor-name";
        let with = |name| file(&[tensor(name, "U8", &[4], 0..4)], &[0; 4]);
        for good in [
            "model.layers.0/kernel:0",
            "a..b",
            "Weights und Maße",
            "onnx::MatMul_1",
        ] {
            assert_eq!(fired(rule, &with(good)), None, "{good}");
        }
        for bad in [
            "../x",
            "a/../../x",
            "/etc/x",
            "C:\\\\x",
            "a\\u0000b",
            "\\u001b[31m",
        ] {
            assert_eq!(fired(rule, &with(bad)), Some(Severity::Warning), "{bad}");
        }
    }
}
