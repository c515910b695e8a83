//! Calls a PyTorch operator by name.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Context, short};

/// Operators of PyTorch that open files.
const FILES: [&str; 4] = ["from_file", "save", "load", "_save"];

declare_rule! {
    /// ## What it finds
    /// A node that hands its inputs to the operator of PyTorch that it names (`ATen`, `ATenOp`, or any node of the domain `org.pytorch.aten`). It is Critical when the operator opens files (`aten::from_file`, `save`, `load`).
    ///
    /// ## Why it matters
    /// In a program that has PyTorch beside ONNX Runtime, the file chooses which of some thousand native functions runs on which arguments. Some of them open files.
    ///
    /// ## What it leaves alone
    /// All other operators.
    ///
    /// ## What to do
    /// Ask for an export without ATen fallback (`operator_export_type=ONNX`).
    pub static ATEN_OPERATOR = {
        code: "ONX015", name: "onnx-aten-operator", severity: Warning,
        title: "Calls a PyTorch operator by name",
        references: [Cwe(470), Spec("https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md")],
    }
}

/// One issue for each different operator that is named.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let mut issues: Vec<Issue> = Vec::new();
    for node in cx.notable().filter(|n| n.operator.starts_with("ATen")) {
        let named = node.text("operator").or_else(|| node.text("name"));
        let named = named.unwrap_or_default();
        let plain = named.rsplit("::").next().unwrap_or(named);
        let plain = plain.split('.').next().unwrap_or(plain);
        let severity = if FILES.contains(&plain) {
            Severity::Critical
        } else {
            Severity::Warning
        };
        let message = if named.is_empty() {
            "a node calls an operator of PyTorch that it does not name".to_owned()
        } else {
            format!("a node calls PyTorch's `{}`", short(named))
        };
        if issues.iter().any(|i| i.message == message) {
            continue;
        }
        issues.push(
            Issue::new(&ATEN_OPERATOR, message)
                .severity(severity)
                .at(node.range.clone())
                .route(node.route.clone())
                .evidence(Evidence::code("operator", short(named))),
        );
    }
    let direct = cx.model.operators.iter();
    for operator in direct.filter(|o| o.domain == "org.pytorch.aten" && !cx.is_defined(o)) {
        if operator.name.starts_with("ATen") {
            continue;
        }
        let critical = FILES.contains(&operator.name.as_str());
        let message = format!("a node calls PyTorch's `{}`", short(&operator.name));
        let issue = Issue::new(&ATEN_OPERATOR, message)
            .at(operator.range.clone())
            .route(operator.route.clone());
        issues.push(if critical {
            issue.severity(Severity::Critical)
        } else {
            issue
        });
    }
    issues
}
