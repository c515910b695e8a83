//! Unusual keys describe the weights file.

use std::collections::BTreeSet;

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Context, short};
use crate::model::External;

/// The keys of the specification and of the library that writes them.
const KNOWN: [&str; 5] = ["location", "offset", "length", "checksum", "basepath"];

declare_rule! {
    /// ## What it finds
    /// An entry about external data whose key is none of `location`, `offset`, `length`, `checksum`, `basepath` (Info; a Warning when it begins with two underscores), a key that is given twice, or external data without a place.
    ///
    /// ## Why it matters
    /// Some versions of ONNX set every key as an attribute of a Python object: a key such as `__class__` changes that object instead of describing a file. Of a key that is given twice, one reader takes the first and another the last.
    ///
    /// ## What it leaves alone
    /// The five keys of the specification, each once.
    ///
    /// ## What to do
    /// Do not load a model with such keys in versions before ONNX 1.21; ask its author what they are for.
    pub static EXTERNAL_KEYS = {
        code: "ONX004", name: "onnx-external-keys", severity: Warning,
        title: "Unusual keys describe the weights file",
        references: [Cwe(915), Cve("CVE-2026-34445"), Advisory("GHSA-538c-55jv-c5g9")],
    }
}

/// One issue for each kind of oddity.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let mut said = BTreeSet::new();
    let mut issues = Vec::new();
    for external in &cx.model.external {
        let mut keys = BTreeSet::new();
        for (key, value) in &external.entries {
            if !KNOWN.contains(&key.as_str()) && said.insert((0, key.as_str())) {
                issues.push(unknown(external, key, value));
            }
            if !keys.insert(key) && said.insert((1, key.as_str())) {
                let message = format!(
                    "the key `{}` of tensor `{}` is given several times",
                    short(key),
                    short(&external.tensor)
                );
                issues.push(at(external, message).evidence(Evidence::text(
                    "values",
                    short(&external.all(key).collect::<Vec<_>>().join(", ")),
                )));
            }
        }
        let empty = external.get("location").is_none_or(str::is_empty);
        if external.active && empty && said.insert((2, "")) {
            let message = format!(
                "the data of tensor `{}` is in another file, and no file is named",
                short(&external.tensor)
            );
            issues.push(at(external, message));
        }
    }
    issues
}

fn unknown(external: &External, key: &str, value: &str) -> Issue {
    let message = format!(
        "tensor `{}` describes its file with the key `{}`, which no version of the format has",
        short(&external.tensor),
        short(key)
    );
    let severity = if key.starts_with("__") {
        Severity::Warning
    } else {
        Severity::Info
    };
    at(external, message)
        .severity(severity)
        .evidence(Evidence::text("value", short(value)))
}

fn at(external: &External, message: String) -> Issue {
    Issue::new(&EXTERNAL_KEYS, message)
        .at(external.range.clone())
        .route(external.route.clone())
}
