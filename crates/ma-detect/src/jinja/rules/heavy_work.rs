//! The template keeps its renderer busy.

use ma_core::{Issue, declare_rule};

use crate::jinja::ast::{Ast, Body, Expr, ExprId, Stmt};
use crate::jinja::facts::Heavy;
use crate::jinja::show::{View, wide};

declare_rule! {
    /// ## What it finds
    /// Loops over more than a million numbers or with more than ten million rounds together, texts and numbers of that size, loops nested more than six deep, and macros that call themselves whatever the case.
    /// ## Why it matters
    /// The template is rendered for each request. One of these keeps a server busy for minutes or takes all its memory, whoever asks.
    /// ## What it leaves alone
    /// Loops over messages and tools, whose number is not known here, and macros that call themselves under a condition.
    /// ## What to do
    /// Do not serve the model with this template; take the one of the original model.
    pub static HEAVY_WORK = {
        code: "JIN006", name: "jinja-heavy-work", severity: Warning,
        title: "The chat template keeps its renderer busy",
        references: [Cwe(400)],
    }
}

/// One issue a place.
pub(crate) fn check(view: &View<'_>) -> Vec<Issue> {
    let mut all = view.facts.heavy.clone();
    all.extend(endless(view.ast));
    let issue = |heavy: &Heavy| {
        let what = capital(&heavy.what);
        Issue::new(&HEAVY_WORK, what)
            .at(wide(&heavy.range))
            .evidence(view.excerpt(&heavy.range))
    };
    all.iter().map(issue).collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// Macros that call themselves without a condition around the call.
fn endless(ast: &Ast) -> Vec<Heavy> {
    let mut out = Vec::new();
    for node in &ast.stmts {
        let Stmt::Macro { name, body, .. } = &node.kind else {
            continue;
        };
        if always_calls(ast, body, name) {
            let what = format!("the macro `{name}` calls itself without an end");
            out.push(Heavy {
                range: node.range.clone(),
                what,
            });
        }
    }
    out
}

fn always_calls(ast: &Ast, body: &Body, name: &str) -> bool {
    let mut bodies = vec![body];
    while let Some(body) = bodies.pop() {
        for id in body {
            let Some(node) = ast.stmts.get(id.0 as usize) else {
                continue;
            };
            let exprs: Vec<ExprId> = match &node.kind {
                Stmt::Emit(values) | Stmt::Do(values) => values.clone(),
                Stmt::Set(_, value) => vec![*value],
                Stmt::SetBlock(_, _, inner)
                | Stmt::With(_, inner)
                | Stmt::FilterBlock(_, inner)
                | Stmt::Plain(_, _, inner) => {
                    bodies.push(inner);
                    continue;
                }
                _ => continue,
            };
            if exprs.iter().any(|e| calls(ast, *e, name)) {
                return true;
            }
        }
    }
    false
}

/// Whether an expression calls `name` on every way through it.
fn calls(ast: &Ast, id: ExprId, name: &str) -> bool {
    let mut todo = vec![id];
    while let Some(id) = todo.pop() {
        match ast.expr(id) {
            Expr::Call(callee, _) if matches!(ast.expr(*callee), Expr::Name(n) if n == name) => {
                return true;
            }
            Expr::Cond(test, ..) => todo.push(*test),
            Expr::Binary("and" | "or", args) => todo.extend(args.first()),
            other => todo.extend(other.children()),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use crate::jinja::rules::tests::fired;
    use ma_core::Severity;

    #[test]
    fn work_without_an_end() {
        let rule = "jinja-heavy-work";
        for evil in [
            "{% for i in range(999999999) %}{{ i }}{% endfor %}",
            "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}",
            "{{ 'x' * 100000000 }}",
            "{{ 9 ** 99999999 }}",
            "{{ '%0999999999d' % 1 }}{{ '{:>999999999}'.format(1) }}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{% for a in x %}{% for b in a %}{% for c in b %}{% for d in c %}{% for e in d %}{% for f in e %}{% for g in f %}x{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
        ] {
            assert_eq!(fired(rule, evil), Some(Severity::Warning), "{evil}");
        }
        for quiet in [
            "{% for i in range(0, messages|length) %}{{ i }}{% endfor %}",
            "{% for i in range(100) %}{% for j in range(100) %}x{% endfor %}{% endfor %}",
            "{% macro m(x) %}{% if x %}{{ m(x[1:]) }}{% endif %}{% endmacro %}{{ m([1]) }}",
            "{{ '-' * 80 }}",
        ] {
            assert_eq!(fired(rule, quiet), None, "{quiet}");
        }
    }
}
