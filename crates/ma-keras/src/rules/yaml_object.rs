//! Tags in YAML that make a loader build objects.

use ma_core::{Evidence, Issue, declare_rule};

use super::shown;
use crate::yaml::Tag;

declare_rule! {
    /// ## What it finds
    /// A tag such as `!!python/object/apply:os.system` in the YAML description of a model, or a directive that gives such tags another name.
    /// ## Why it matters
    /// Keras before 2.5 reads such descriptions with a loader that builds whatever a tag names: reading the file runs code.
    /// ## What it leaves alone
    /// Plain tags (`!!str`, `!!int` …), texts and comments.
    /// ## What to do
    /// Do not read the file with Keras. Use models in JSON or in the `.keras` format.
    pub static YAML_OBJECT = {
        code: "KER014", name: "keras-yaml-object", severity: Critical,
        title: "The YAML description builds Python objects when it is read",
        references: [Cve("CVE-2021-37678"), Cwe(502)],
    }
}

/// The issue of one tag.
pub(crate) fn check(tag: &Tag) -> Issue {
    let message = format!(
        "the tag `{}` builds an object when the file is read",
        shown(&tag.text)
    );
    Issue::new(&YAML_OBJECT, message)
        .at(tag.range.clone())
        .route(format!("line {}", tag.line))
        .subject(shown(&tag.text))
        .evidence(Evidence::text("line", tag.source.clone()))
}
