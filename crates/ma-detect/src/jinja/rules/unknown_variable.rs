//! Variables that no model loader sets.

use std::collections::HashSet;
use std::sync::OnceLock;

use ma_core::{Issue, declare_rule};

use crate::jinja::ast::{Ast, Stmt};
use crate::jinja::names::{self, Leads};
use crate::jinja::show::View;

declare_rule! {
    /// ## What it finds
    /// Variables that the template reads and never sets, and that no known loader or model family passes in. They are listed in one issue.
    /// ## Why it matters
    /// With an ordinary loader they are undefined and the parts that depend on them stay empty; with somebody's own program they switch on something that nobody else sees.
    /// ## What it leaves alone
    /// The variables of the usual loaders and those of the published templates of well-known families; the list is a data file of this scanner. Templates that have nothing to do with chats.
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

/// Names that another rule is about.
fn host(name: &str) -> bool {
    names::is(name, Leads::Host) || names::is(name, Leads::Module)
}

/// All names that the template sets somewhere.
fn assigned(ast: &Ast) -> HashSet<&str> {
    let mut out = HashSet::new();
    for node in &ast.stmts {
        match &node.kind {
            Stmt::Set(targets, _) | Stmt::SetBlock(targets, ..) | Stmt::For { targets, .. } => {
                out.extend(targets.iter().map(|t| t.name.as_str()));
            }
            Stmt::With(bindings, _) => {
                let targets = bindings.iter().flat_map(|(targets, _)| targets);
                out.extend(targets.map(|t| t.name.as_str()));
            }
            Stmt::Macro { name, params, .. } => {
                out.insert(name);
                out.extend(params.iter().map(|(name, _)| name.as_str()));
            }
            Stmt::Load(_, _, names) => out.extend(names.iter().map(String::as_str)),
            _ => {}
        }
    }
    out
}

/// One issue for all of them.
pub(crate) fn check(view: &View<'_>) -> Vec<Issue> {
    if !view.chat {
        return Vec::new();
    }
    let set = assigned(view.ast);
    let unbound = view.facts.unbound.iter();
    let mut unknown: Vec<_> = unbound
        .filter(|(name, _)| {
            !known().contains(name.as_str()) && !set.contains(name.as_str()) && !host(name)
        })
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
        assert_eq!(
            fired(rule, "{{ bos_token ~ activation_code }}"),
            Some(Severity::Info)
        );
        let quiet =
            "{% for m in messages %}{{ bos_token ~ m.content }}{{ loop.index }}{% endfor %}";
        assert_eq!(fired(rule, quiet), None);
    }
}
