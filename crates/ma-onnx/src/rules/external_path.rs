//! Weights are taken from outside the model's directory.

use std::collections::BTreeMap;

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Context, short};
use crate::model::External;
use crate::paths::{self, Leaves};
use crate::rules::memory_address::is_address;

declare_rule! {
    /// ## What it finds
    /// The place of a tensor's external data that leaves the directory of the model: an absolute path, a drive, a network share, a URL, `..` that leads out (with either slash), a zero byte, or such a way behind percent signs. Every tensor is looked at: in nested graphs, functions, sparse tensors and training graphs too.
    /// A path that goes up and comes down inside the directory is Info; one in a tensor that does not say that its data is outside, or behind percent signs, is a Warning.
    ///
    /// ## Why it matters
    /// Whoever loads the model reads the file that the model chose, with their own rights, and its content becomes a part of the model: keys and passwords can leave the machine that way. When such a model is saved again, some versions write to that path.
    ///
    /// ## What it leaves alone
    /// File names and subdirectories beside the model, however they are called; the `basepath` that some
    /// exporters write down and no loader uses.
    ///
    /// ## What to do
    /// Do not load the model. Ask where it came from.
    pub static EXTERNAL_PATH = {
        code: "ONX001", name: "onnx-external-path", severity: Critical,
        title: "Weights are taken from outside the model's directory",
        references: [Cwe(22), Cve("CVE-2022-25882"), Cve("CVE-2024-27318"), Cve("CVE-2025-51480"), Cve("CVE-2026-27489"), Spec("https://onnx.ai/onnx/repo-docs/ExternalData.html")],
    }
}

/// One issue for each such place.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let mut places: BTreeMap<(&str, bool), (Leaves, &External, u64)> = BTreeMap::new();
    for external in &cx.model.external {
        for place in external.all("location").filter(|place| !is_address(place)) {
            let Some(leaves) = paths::leaves(place) else {
                continue;
            };
            let entry = places.entry((place, external.active));
            let (_, _, count) = entry.or_insert((leaves, external, 0));
            *count = count.saturating_add(1);
        }
    }
    let mut found: Vec<_> = places.into_iter().collect();
    found.sort_by_key(|(_, (_, external, _))| external.range.start);
    let issue = |((place, active), (leaves, external, count)): (
        (&str, bool),
        (Leaves, &External, u64),
    )| {
        let tensor = short(&external.tensor);
        let others = match count {
            1 => String::new(),
            n => format!(" (and {} more)", n.saturating_sub(1)),
        };
        let message = format!(
            "the data of tensor `{tensor}`{others} is taken from `{}`, which {}",
            short(place),
            leaves.words()
        );
        let severity = match leaves {
            Leaves::Detour => Severity::Info,
            _ if active && leaves.is_sure() => Severity::Critical,
            _ => Severity::Warning,
        };
        let issue = Issue::new(&EXTERNAL_PATH, message)
            .severity(severity)
            .at(external.range.clone())
            .route(external.route.clone())
            .evidence(Evidence::text("location", place));
        if leaves == Leaves::Detour {
            issue.why("The path stays inside the model's directory unless something on the way is a link. Recent versions of ONNX refuse any `..`.")
        } else if active {
            issue
        } else {
            issue.evidence(Evidence::fact(
                "data_location",
                "the tensor does not say that its data is in another file, so most readers ignore this",
            ))
        }
    };
    found.into_iter().map(issue).collect()
}
