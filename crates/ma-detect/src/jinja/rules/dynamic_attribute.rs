//! A name is put together that may be a dangerous one.

use ma_core::{Issue, declare_rule};

use crate::jinja::ast::WILD;
use crate::jinja::facts::Access;
use crate::jinja::show::View;

declare_rule! {
    /// ## What it finds
    /// An attribute whose name is put together from pieces that are not all known here: `|attr(x)` with a computed name, a subscript whose known pieces can be part of `__class__` or its like; and a dangerous name that is put together and then handed on.
    /// ## Why it matters
    /// Putting names together is how templates hide that they reach for Python's inner workings. Messages and tools have fixed names, so an honest template has no need for it.
    /// ## What it leaves alone
    /// Subscripts with a variable (`message[key]`, `messages[i]`), and names put together that can't become a dangerous one (`'tool_' ~ name`).
    /// ## What to do
    /// Work out what the name becomes. If you can't, do not load the model.
    pub static DYNAMIC_ATTRIBUTE = {
        code: "JIN004", name: "jinja-dynamic-attribute", severity: Warning,
        title: "The chat template computes the name of an attribute",
        references: [Cwe(1336)],
    }
}

/// One issue a place.
pub(crate) fn check(view: &View<'_>) -> Vec<Issue> {
    let known: Vec<_> = view
        .facts
        .escapes
        .iter()
        .map(|a| view.chain(a.expr))
        .collect();
    let mut issues = Vec::new();
    for access in &view.facts.dynamic {
        let top = view.chain(access.expr);
        if !known.contains(&top) {
            let shown = access.name.replace(WILD, "…");
            let what = format!("The template computes the name of an attribute: `{shown}`");
            issues.push(issue(view, access, what));
        }
    }
    let reported = |name: &str| {
        view.facts
            .escapes
            .iter()
            .any(|a| a.name.contains(name.trim()))
    };
    for access in &view.facts.spelled {
        if !reported(&access.name) {
            let what = format!(
                "The template puts the name `{}` together",
                access.name.trim()
            );
            issues.push(issue(view, access, what));
        }
    }
    issues
}

fn issue(view: &View<'_>, access: &Access, message: String) -> Issue {
    let issue = Issue::new(&DYNAMIC_ATTRIBUTE, message)
        .at(view.at(access.expr))
        .evidence(view.excerpt(&view.ast.range(access.expr)));
    match view.folded(access.expr) {
        Some(folded) => issue.evidence(folded),
        None => issue,
    }
}

#[cfg(test)]
mod tests {
    use crate::jinja::rules::tests::fired;
    use ma_core::Severity;

    #[test]
    fn pieces_that_may_spell_a_name() {
        let rule = "jinja-dynamic-attribute";
        for evil in [
            "{{ x|attr(request.args.a) }}",
            "{{ x|attr(y) }}",
            "{{ x['__' ~ y] }}",
            "{{ foo('__cl' ~ 'ass__') }}",
        ] {
            assert_eq!(fired(rule, evil), Some(Severity::Warning), "{evil}");
        }
        for quiet in [
            "{{ message[key] }}{{ messages[i - 1] }}",
            "{{ message['tool_' ~ name] }}{{ x[a ~ '_' ~ b] }}",
            "{{ x|attr('content') }}",
        ] {
            assert_eq!(fired(rule, quiet), None, "{quiet}");
        }
    }
}
