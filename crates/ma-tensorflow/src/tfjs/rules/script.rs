//! Scripts of web pages.

use ma_core::{Evidence, Issue, declare_rule};

use crate::tfjs::model::{Anomaly, AnomalyKind};

declare_rule! {
    /// ## What it finds
    /// Names and metadata with `<script`, `<iframe`, `javascript:` or `onerror=`.
    ///
    /// ## Why it matters
    /// Names of models, layers and classes are shown in web pages. A page that shows such a text as it is
    /// runs the script.
    ///
    /// ## What it leaves alone
    /// Other markup.
    ///
    /// ## What to do
    /// Remove the text, and let your page escape what it shows.
    pub static TFJS_SCRIPT = {
        code: "TFJ005", name: "tfjs-script", severity: Warning,
        title: "A text holds a script of a web page",
        references: [Cwe(79)],
    }
}

/// The issue, when the anomaly is one of these.
pub(super) fn check(anomaly: &Anomaly) -> Option<Issue> {
    let AnomalyKind::Script(text) = &anomaly.kind else {
        return None;
    };
    let message = "A text of the model holds a script of a web page";
    let issue = Issue::new(&TFJS_SCRIPT, message).evidence(Evidence::text("text", text.as_str()));
    Some(
        issue
            .at(anomaly.range.clone())
            .route(anomaly.route.as_str()),
    )
}
