//! A standard operator is defined anew.

use std::collections::HashMap;

use ma_core::{Evidence, Issue, declare_rule};

use super::{Context, short};
use crate::model::full_name;
use crate::tables;

declare_rule! {
    /// ## What it finds
    /// A function in the file that has the domain and the name of an operator of the standard or of ONNX Runtime, or two functions of the same name.
    ///
    /// ## Why it matters
    /// Which of the two runs is up to each runtime: a model that was checked with one can compute something else with another, and `Conv` does not mean `Conv` any more.
    ///
    /// ## What it leaves alone
    /// Functions in domains of their own, whatever their names.
    ///
    /// ## What to do
    /// Look at the function, and do not use the model before you know why it is there.
    pub static SHADOWED_OPERATOR = {
        code: "ONX017", name: "onnx-shadowed-operator", severity: Warning,
        title: "A standard operator is defined anew",
        references: [Cwe(694), Spec("https://github.com/onnx/onnx/blob/main/onnx/onnx.proto")],
    }
}

/// One issue for each such function.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    let mut seen: HashMap<u64, usize> = HashMap::new();
    for (i, function) in cx.model.functions.iter().enumerate() {
        let name = short(&full_name(&function.domain, &function.name));
        let message = if tables::is_operator(&function.domain, &function.name) {
            let (_, whose) = tables::domain(&function.domain);
            format!("the file defines `{name}` anew, which is an operator of {whose}")
        } else if let Some(first) = seen.get(&function.key()) {
            format!("the function `{name}` is defined again, after functions[{first}]")
        } else {
            seen.insert(function.key(), i);
            continue;
        };
        let calls = cx.model.operators.iter();
        let mut calls = calls.filter(|o| o.domain == function.domain && o.name == function.name);
        let count = calls.next().map_or(0, |o| o.count);
        issues.push(
            Issue::new(&SHADOWED_OPERATOR, message)
                .at(function.range.clone())
                .route(format!("functions[{i}]"))
                .evidence(Evidence::fact("nodes that call it", count.to_string())),
        );
    }
    issues
}
