//! Functions call each other in a circle.

use std::collections::HashMap;

use ma_core::{Evidence, Issue, declare_rule};

use super::{Context, short};
use crate::model::{Function, full_name};

declare_rule! {
    /// ## What it finds
    /// A function in the file that calls itself, directly or through other functions, also from the branches of control flow.
    ///
    /// ## Why it matters
    /// Readers that put a function's body in the place of each call never come to an end: they run out of stack and crash.
    ///
    /// ## What it leaves alone
    /// Functions that call others in any order without coming back, and a function whose name is also that of a standard operator outside of any circle.
    ///
    /// ## What to do
    /// Do not load the model; no exporter writes such a file.
    pub static FUNCTION_CYCLE = {
        code: "ONX007", name: "onnx-function-cycle", severity: Warning,
        title: "Functions call each other in a circle",
        references: [Cwe(674), Advisory("GHSA-7w46-vvrh-m8q5")],
    }
}

/// At most one issue: the first circle.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let functions = &cx.model.functions;
    let Some(circle) = circle(functions) else {
        return Vec::new();
    };
    let names: Vec<String> = circle
        .iter()
        .filter_map(|i| functions.get(*i))
        .map(|f| short(&full_name(&f.domain, &f.name)))
        .collect();
    let first = circle.first().copied().unwrap_or(0);
    let Some(function) = functions.get(first) else {
        return Vec::new();
    };
    let mut shown: Vec<&str> = names.iter().take(12).map(String::as_str).collect();
    if names.len() > 12 {
        shown.push("…");
    }
    shown.extend(names.first().map(String::as_str));
    let message = match names.as_slice() {
        [name] => format!("the function `{name}` calls itself"),
        [name, ..] => format!(
            "the function `{name}` calls itself through {} others",
            names.len().saturating_sub(1)
        ),
        [] => return Vec::new(),
    };
    vec![
        Issue::new(&FUNCTION_CYCLE, message)
            .at(function.range.clone())
            .route(format!("functions[{first}]"))
            .evidence(Evidence::code("calls", shown.join(" → "))),
    ]
}

/// The first circle of calls, as places in the list.
fn circle(functions: &[Function]) -> Option<Vec<usize>> {
    let keys: HashMap<u64, usize> = functions.iter().map(Function::key).zip(0..).collect();
    let calls = |i: usize| functions.get(i).map_or(&[][..], |f| f.calls.as_slice());
    // 0 = new, 1 = on the way, 2 = done.
    let mut state = vec![0u8; functions.len()];
    for start in 0..functions.len() {
        if state.get(start) != Some(&0) {
            continue;
        }
        let mut way = vec![(start, 0usize)];
        while let Some((at, next)) = way.last_mut() {
            let (here, call) = (*at, *next);
            *next = next.saturating_add(1);
            if let Some(state) = state.get_mut(here) {
                *state = 1;
            }
            let Some(key) = calls(here).get(call) else {
                if let Some(state) = state.get_mut(here) {
                    *state = 2;
                }
                way.pop();
                continue;
            };
            let Some(callee) = keys.get(key).copied() else {
                continue;
            };
            match state.get(callee) {
                Some(0) => way.push((callee, 0)),
                Some(1) => {
                    let from = way.iter().position(|(i, _)| *i == callee)?;
                    return Some(way.iter().skip(from).map(|(i, _)| *i).collect());
                }
                _ => {}
            }
        }
    }
    None
}
