//! The weights file is not there.

use ma_core::{Evidence, Issue, declare_rule};

use super::{Context, short};

declare_rule! {
    /// ## What it finds
    /// External data in a file that does not lie where the model says, as far as what is scanned shows it.
    ///
    /// ## Why it matters
    /// The model can't be loaded as it is, and its weights were not looked at: they may be anything.
    ///
    /// ## What it leaves alone
    /// Models that are scanned alone, without the directory they lie in, and files in directories that were not listed.
    ///
    /// ## What to do
    /// Scan the model together with its weights file.
    pub static EXTERNAL_MISSING = {
        code: "ONX006", name: "onnx-external-missing", severity: Info,
        title: "The weights file is not there",
        references: [Spec("https://onnx.ai/onnx/repo-docs/ExternalData.html")],
    }
}

/// One issue for each missing file.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let Some(siblings) = &cx.siblings else {
        return Vec::new();
    };
    let mut issues = Vec::new();
    for (place, tensors) in cx.places() {
        let Some(first) = tensors.first() else {
            continue;
        };
        let there = siblings.find(place).is_some()
            || siblings.on_the_way(place).next().is_some()
            || siblings.is_unlisted(place);
        if there {
            continue;
        }
        let message = format!(
            "`{}`, which holds {} of the model's tensors, is not there",
            short(place),
            tensors.len()
        );
        issues.push(
            Issue::new(&EXTERNAL_MISSING, message)
                .at(first.range.clone())
                .route(first.route.clone())
                .evidence(Evidence::text("location", place)),
        );
    }
    issues
}
