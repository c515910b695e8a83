//! Objects of the program around the template are reached for.

use ma_core::{Issue, declare_rule};

use crate::jinja::show::View;

declare_rule! {
    /// ## What it finds
    /// Uses of what only the program around a template has: Python modules (`os`, `subprocess` …) as variables, private attributes of Jinja's own objects, and the request or configuration of a web framework (`request.args`, `config.items()`).
    /// ## Why it matters
    /// A model's template has no business with the program that renders it. Such a template was written to attack a server: to read its secrets, or to get further from there.
    /// ## What it leaves alone
    /// Variables of these names that the template sets itself, and other attributes of variables called `config` or `request`.
    /// ## What to do
    /// Read the line. Unless you know why it is there, take the template from the maker of the original model.
    pub static HOST_OBJECT = {
        code: "JIN003", name: "jinja-host-object", severity: Warning,
        title: "The chat template reaches for the program around it",
        references: [Cwe(1336)],
    }
}

/// One issue an object, unless the chain it begins is reported as worse.
pub(crate) fn check(view: &View<'_>) -> Vec<Issue> {
    let worse: Vec<_> = view
        .facts
        .escapes
        .iter()
        .map(|a| view.chain(a.expr))
        .collect();
    let calls: Vec<_> = view
        .facts
        .calls
        .iter()
        .map(|a| view.chain(a.expr))
        .collect();
    let mut issues = Vec::new();
    for host in &view.facts.hosts {
        let top = view.chain(host.expr);
        if worse.contains(&top) || calls.contains(&top) {
            continue;
        }
        let message = format!("The template reaches for `{}`", host.name);
        issues.push(
            Issue::new(&HOST_OBJECT, message)
                .at(view.at(top))
                .evidence(view.excerpt(&view.ast.range(top))),
        );
    }
    issues
}

#[cfg(test)]
mod tests {
    use crate::jinja::rules::tests::fired;
    use ma_core::Severity;

    #[test]
    fn only_what_the_template_did_not_set() {
        let rule = "jinja-host-object";
        for evil in [
            "{{ os.environ }}",
            "{{ request.args.x }}",
            "{{ config.items() }}",
            "{{ self._x }}",
        ] {
            assert_eq!(fired(rule, evil), Some(Severity::Warning), "{evil}");
        }
        for quiet in [
            "{% set os = 'linux' %}{{ os }}",
            "{{ config.hidden_size }}",
            "{{ self.body() }}",
        ] {
            assert_eq!(fired(rule, quiet), None, "{quiet}");
        }
    }
}
