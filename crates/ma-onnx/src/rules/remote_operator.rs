//! Sends its inputs to a server.

use ma_core::{Evidence, Issue, declare_rule};

use super::{Context, short};

declare_rule! {
    /// ## What it finds
    /// A node of onnxruntime-extensions that asks a server instead of computing: `AzureAudioToText`, `AzureTextToText`, `AzureTritonInvoker`, `OpenAIAudioToText` and others that begin with `Azure` or `OpenAI`, or any such node with a `model_uri`.
    ///
    /// ## Why it matters
    /// What you give the model (text, recordings, and the access token that is its first input) goes to the address that the file names.
    ///
    /// ## What it leaves alone
    /// Operators of those names that the file defines as functions.
    ///
    /// ## What to do
    /// Look at the address, and do not give the model an access token or private data unless the address is yours.
    pub static REMOTE_OPERATOR = {
        code: "ONX014", name: "onnx-remote-operator", severity: Warning,
        title: "Sends its inputs to a server",
        references: [Cwe(201), Spec("https://github.com/microsoft/onnxruntime-extensions/tree/main/operators/azure")],
    }
}

/// One issue for each such node.
pub(crate) fn check(cx: &Context<'_>) -> Vec<Issue> {
    let nodes = cx
        .notable()
        .filter(|n| n.operator.starts_with("Azure") || n.operator.starts_with("OpenAI"));
    nodes
        .map(|node| {
            let to = node
                .text("model_uri")
                .map_or_else(|| "a server".to_owned(), |uri| format!("`{}`", short(uri)));
            let message = format!("`{}` sends its inputs to {to}", short(&node.operator));
            let mut issue = Issue::new(&REMOTE_OPERATOR, message)
                .at(node.range.clone())
                .route(node.route.clone());
            for attribute in node.attributes.iter().take(8) {
                if let Some(text) = &attribute.text {
                    let label = short(&attribute.name);
                    issue = issue.evidence(Evidence::text(label, short(text)));
                }
            }
            issue
        })
        .collect()
}
