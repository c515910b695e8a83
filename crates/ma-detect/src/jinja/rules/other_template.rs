//! Another template is loaded.

use ma_core::text::shorten;
use ma_core::{Issue, declare_rule};

use crate::jinja::ast::{Expr, Stmt};
use crate::jinja::show::{View, wide};

declare_rule! {
    /// ## What it finds
    /// `{% include %}`, `{% import %}`, `{% from … import %}` and `{% extends %}`.
    /// ## Why it matters
    /// They read another file. Model loaders know no other templates, so in an honest template they only fail; in a program whose Jinja may load files, they put that program's own files into the prompt.
    /// ## What it leaves alone
    /// Nothing: no known model uses them.
    /// ## What to do
    /// Ask what the other file is for. A template of a model should hold all it needs.
    pub static OTHER_TEMPLATE = {
        code: "JIN005", name: "jinja-other-template", severity: Warning,
        title: "The chat template loads another file",
        references: [Cwe(98)],
    }
}

/// One issue a statement.
pub(crate) fn check(view: &View<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    for node in &view.ast.stmts {
        let Stmt::Load(kind, target, _) = &node.kind else {
            continue;
        };
        let what = match view.ast.expr(*target) {
            Expr::Str(name) => format!("`{}`", shorten(name, 80)),
            _ => "a file whose name is computed".to_owned(),
        };
        let message = format!("`{}` loads {what}", kind.word());
        issues.push(
            Issue::new(&OTHER_TEMPLATE, message)
                .at(wide(&node.range))
                .evidence(view.excerpt(&node.range)),
        );
    }
    issues
}

#[cfg(test)]
mod tests {
    use crate::jinja::rules::tests::fired;
    use ma_core::Severity;

    #[test]
    fn all_four_ways() {
        let rule = "jinja-other-template";
        for evil in [
            "{% include '/etc/passwd' %}",
            "{% import 'a' as b %}",
            "{% from x import y %}",
            "{% extends 'base' %}",
        ] {
            assert_eq!(fired(rule, evil), Some(Severity::Warning), "{evil}");
        }
        assert_eq!(
            fired(rule, "{{ 'include this' }}{# {% include 'x' %} #}"),
            None
        );
    }
}
