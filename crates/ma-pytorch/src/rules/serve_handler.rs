//! Handlers: code that a served model brings with it.

use ma_core::{Issue, declare_rule};

declare_rule! {
    /// ## What it finds
    /// A TorchServe archive with a handler or model file of its own.
    /// ## Why it matters
    /// The server imports and runs it, by design. It is scanned as Python on its own.
    /// ## What it leaves alone
    /// Archives with a built-in handler and without a model file.
    /// ## What to do
    /// Serve archives from sources you trust only, and look at what was reported for the handler.
    pub static SERVE_HANDLER = {
        code: "TOR018", name: "torchserve-runs-handler", severity: Info,
        title: "The TorchServe archive brings code that the server runs",
        references: [Cwe(829), Spec("https://github.com/pytorch/serve/blob/master/docs/custom_service.md")],
    }
}

/// Fires on a Python file that the manifest names.
#[must_use]
pub fn check(key: &str, path: &str) -> Issue {
    let path: String = path.chars().take(200).collect();
    Issue::new(
        &SERVE_HANDLER,
        format!("the server runs {path}, the {key} of this archive"),
    )
    .route(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_info() {
        assert_eq!(check("handler", "h.py").severity, ma_core::Severity::Info);
    }
}
