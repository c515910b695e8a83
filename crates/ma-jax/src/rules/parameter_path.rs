//! The name of a parameter is a path to somewhere else.

use ma_core::{Evidence, Issue, declare_rule};

use crate::orbax::model::Finding;

declare_rule! {
    /// ## What it finds
    /// A parameter whose name is an absolute path or leads upward with `..`.
    /// ## Why it matters
    /// The names become paths below the checkpoint: such a name reads, or on saving writes, files elsewhere.
    /// ## What it leaves alone
    /// Names with single slashes and dots.
    /// ## What to do
    /// Do not load or save this checkpoint.
    pub static PARAMETER_PATH = {
        code: "JAX011", name: "orbax-parameter-path", severity: Warning,
        title: "The name of a parameter is a path to somewhere else",
        references: [Cwe(22), Spec("https://orbax.readthedocs.io/en/latest/guides/checkpoint/checkpoint_format.html")],
    }
}

/// The issue for what was found in a metadata file.
pub(crate) fn issue(finding: &Finding) -> Issue {
    Issue::new(&PARAMETER_PATH, finding.what.as_str())
        .at(finding.range.clone())
        .route(finding.route.as_str())
        .evidence(Evidence::text("value", finding.text.as_str()))
}
