//! Variables that no model loader sets.

use std::collections::HashSet;
use std::sync::OnceLock;

use ma_core::{Issue, declare_rule};

use crate::jinja::show::View;

declare_rule! {
    /// ## What it finds
    /// Variables that the template reads and never sets, and that no known loader or model family passes in. They are listed in one issue.
    /// ## Why it matters
    /// With an ordinary loader they are undefined and the parts that depend on them stay empty; with somebody's own program they switch on something that nobody else sees.
    /// ## What it leaves alone
    /// The variables of the usual loaders and those of the published templates of well-known families; the list is a data file of this scanner.
    /// ## What to do
    /// Nothing, if you know the program that the template was written for.
    pub static UNKNOWN_VARIABLE = {
        code: "JIN007", name: "jinja-unknown-variable", severity: Info,
        title: "The chat template reads variables that no usual loader sets",
        references: [Spec("https://huggingface.co/docs/transformers/chat_templating_writing")],
    }
}

fn known() -> &'static HashSet<&'static str> {
    static KNOWN: OnceLock<HashSet<&'static str>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let lines = include_str!("../variables.tsv").lines();
        let names = lines.filter(|l| !l.starts_with('#'));
        names.filter_map(|l| l.split('\t').next()).collect()
    })
}

/// One issue for all of them.
pub(crate) fn check(view: &View<'_>) -> Vec<Issue> {
    let unbound = view.facts.unbound.iter();
    let mut unknown: Vec<_> = unbound
        .filter(|(name, _)| !known().contains(name.as_str()))
        .collect();
    unknown.sort_by_key(|(_, id)| **id);
    let Some((_, first)) = unknown.first() else {
        return Vec::new();
    };
    let mut names = unknown
        .iter()
        .take(8)
        .map(|(name, _)| format!("`{name}`"))
        .collect::<Vec<_>>();
    let more = unknown.len().saturating_sub(names.len());
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let message = format!(
        "The template reads {}, which no usual loader sets",
        names.join(", ")
    );
    vec![
        Issue::new(&UNKNOWN_VARIABLE, message)
            .at(view.at(**first))
            .evidence(view.excerpt(&view.ast.range(**first))),
    ]
}

#[cfg(test)]
mod tests {
    use crate::jinja::rules::tests::fired;
    use ma_core::Severity;

    #[test]
    fn usual_variables_are_known() {
        let rule = "jinja-unknown-variable";
        assert_eq!(fired(rule, "{{ activation_code }}"), Some(Severity::Info));
        let quiet =
            "{% for m in messages %}{{ bos_token ~ m.content }}{{ loop.index }}{% endfor %}";
        assert_eq!(fired(rule, quiet), None);
    }
}
