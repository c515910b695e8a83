//! A standard domain has no such operator.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Context, short};
use crate::tables::{self, Grade};

declare_rule! {
    /// ## What it finds
    /// An operator in a domain of the standard that no version of the standard has, experimental ones counted in; for domains of ONNX Runtime it is Info, because other builds of it have more.
    ///
    /// ## Why it matters
    /// Either a plugin has to be loaded that puts its own native code under a name that looks like the standard's, or the model does not load.
    ///
    /// ## What it leaves alone
    /// All operators of onnx 1.23 and of ONNX Runtime 1.32 with their history, and those that the file defines as functions.
    ///
    /// ## What to do
    /// Find out what implements the operator before you load anything for it.
    pub static UNKNOWN_OPERATOR = {
        code: "ONX012", name: "onnx-unknown-operator", severity: Warning,
        title: "A standard domain has no such operator",
        trustable: true,
        references: [Spec("https://onnx.ai/onnx/operators/")],
    }
}

/// One issue for each such operator.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    for operator in cx.foreign_operators() {
        let (grade, whose) = tables::domain(&operator.domain);
        let severity = match grade {
            Grade::Standard => Severity::Warning,
            Grade::Runtime => Severity::Info,
            _ => continue,
        };
        if tables::is_operator(&operator.domain, &operator.name) {
            continue;
        }
        let message = format!("{whose} has no operator `{}`", short(&operator.full_name()));
        issues.push(
            Issue::new(&UNKNOWN_OPERATOR, message)
                .severity(severity)
                .at(operator.range.clone())
                .route(operator.route.clone())
                .subject(operator.full_name())
                .evidence(Evidence::fact("nodes", operator.count.to_string())),
        );
    }
    issues
}
