//! Needs operators from elsewhere.

use std::collections::BTreeMap;

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Context, short};
use crate::model::Operator;
use crate::tables::{self, Grade};

declare_rule! {
    /// ## What it finds
    /// Operators of a domain that neither the standard nor the file itself defines. Domains that are not known here, and those of known plugins, are Warnings; those of onnxruntime-extensions and those built into ONNX Runtime are Info. There is one issue for each domain.
    ///
    /// ## Why it matters
    /// Who loads the model has to load a native library that implements these operators, and a library runs with all rights of the user. The file itself does nothing, but it tells people to install something.
    ///
    /// ## What it leaves alone
    /// Standard operators, and those that the file defines as functions, as PyTorch's exporter does.
    ///
    /// ## What to do
    /// Find out whose operators they are, and take the library from its author only, never from where the model came from.
    pub static CUSTOM_OPERATOR = {
        code: "ONX011", name: "onnx-custom-operator", severity: Warning,
        title: "Needs operators from elsewhere",
        aliases: ["S1111"],
        trustable: true,
        references: [Cwe(829), Spec("https://onnxruntime.ai/docs/reference/operators/add-custom-op.html")],
    }
}

/// One issue for each domain.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let mut domains: BTreeMap<&str, Vec<&Operator>> = BTreeMap::new();
    for operator in cx.foreign_operators() {
        let operators = domains.entry(&operator.domain).or_default();
        operators.push(operator);
    }
    let mut found: Vec<_> = domains.into_iter().collect();
    found.sort_by_key(|(_, operators)| operators.first().map_or(0, |o| o.range.start));
    found
        .into_iter()
        .filter_map(|(domain, operators)| one(domain, &operators))
        .collect()
}

fn one(domain: &str, operators: &[&Operator]) -> Option<Issue> {
    let first = operators.first()?;
    let (grade, whose) = tables::domain(domain);
    let name = short(domain);
    let (severity, message) = match grade {
        Grade::Standard => return None,
        Grade::Runtime => (
            Severity::Info,
            format!("operators of domain `{name}` run in {whose} only"),
        ),
        Grade::Functions => (
            Severity::Info,
            format!(
                "operators of domain `{name}` should be defined in the file ({whose}) and are not"
            ),
        ),
        Grade::Extension => (
            Severity::Info,
            format!("operators of domain `{name}` need the library {whose}"),
        ),
        Grade::Native => (
            Severity::Warning,
            format!("operators of domain `{name}` need native code: {whose}"),
        ),
        Grade::Unknown => (
            Severity::Warning,
            format!(
                "operators of domain `{name}`, which is not known here, need native code of their own"
            ),
        ),
    };
    let why = match grade {
        Grade::Runtime => {
            "These operators are built into ONNX Runtime, so nothing has to be installed for them; other runtimes do not load the model."
        }
        Grade::Functions => {
            "The exporter usually writes the functions into the file. Without them the model does not load."
        }
        Grade::Extension => {
            "The model runs only with that library, which is native code: it is well known, and belongs to be taken from its publisher."
        }
        _ => "",
    };
    let mut names: Vec<String> = operators
        .iter()
        .take(10)
        .map(|o| format!("{} ×{}", short(&o.name), o.count))
        .collect();
    if operators.len() > 10 {
        names.push(format!("and {} more", operators.len().saturating_sub(10)));
    }
    Some(
        Issue::new(&CUSTOM_OPERATOR, message)
            .severity(severity)
            .at(first.range.clone())
            .route(first.route.clone())
            .subject(domain)
            .why(why)
            .evidence(Evidence::text("operators", names.join(", "))),
    )
}
