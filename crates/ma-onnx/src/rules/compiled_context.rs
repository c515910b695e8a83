//! Runs a part that was compiled for an accelerator.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Context, short};
use crate::model::Notable;
use crate::paths;

declare_rule! {
    /// ## What it finds
    /// An `EPContext` node: a part of the model compiled for the software of one accelerator. When the compiled part is in a file whose path leaves the model's directory it is Critical, in a file beside the model a Warning, inside the model Info. The path of the original model (`onnx_model_filename`) is checked too.
    ///
    /// ## Why it matters
    /// The compiled part is handed to the accelerator's software as it is, and nobody can see what it computes. A path that leaves the directory makes the loader read a file that the model chose.
    ///
    /// ## What it leaves alone
    /// Models without compiled parts.
    ///
    /// ## What to do
    /// Load it only if you trust who compiled it, or compile the original model yourself.
    pub static COMPILED_CONTEXT = {
        code: "ONX016", name: "onnx-compiled-context", severity: Warning,
        title: "Runs a part that was compiled for an accelerator",
        references: [Cwe(22), Spec("https://onnxruntime.ai/docs/execution-providers/EP-Context-Design.html"), Spec("https://github.com/microsoft/onnxruntime/pull/28605")],
    }
}

/// One issue for each compiled part, and one more for each path that leads out.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    for node in cx.notable().filter(|n| n.operator == "EPContext") {
        let outside = node.get("embed_mode").and_then(|a| a.int) == Some(0);
        let context = node.get("ep_cache_context");
        let path = context.and_then(|a| a.text.as_deref()).unwrap_or_default();
        let for_whom = node.text("source").unwrap_or("an accelerator");
        if outside && !path.is_empty() {
            issues.push(in_file(node, "ep_cache_context", path, for_whom));
        } else if let Some(context) = context {
            let message = format!(
                "a part compiled for {} is inside the model, {} bytes",
                short(for_whom),
                context.size
            );
            issues.push(at(node, message).severity(Severity::Info));
        }
        if let Some(path) = node.text("onnx_model_filename")
            && paths::leaves(path).is_some_and(paths::Leaves::is_sure)
        {
            issues.push(in_file(node, "onnx_model_filename", path, for_whom));
        }
    }
    issues
}

fn at(node: &Notable, message: String) -> Issue {
    Issue::new(&COMPILED_CONTEXT, message)
        .at(node.range.clone())
        .route(node.route.clone())
}

fn in_file(node: &Notable, attribute: &'static str, path: &str, for_whom: &str) -> Issue {
    let leaves = paths::leaves(path).filter(|l| *l != paths::Leaves::Detour);
    let (severity, message) = match leaves {
        Some(leaves) => (
            Severity::Critical,
            format!(
                "a part compiled for {} is taken from `{}`, which {}",
                short(for_whom),
                short(path),
                leaves.words()
            ),
        ),
        None => (
            Severity::Warning,
            format!(
                "a part compiled for {} is taken from the file `{}`",
                short(for_whom),
                short(path)
            ),
        ),
    };
    at(node, message)
        .severity(severity)
        .evidence(Evidence::text(attribute, short(path)))
}
