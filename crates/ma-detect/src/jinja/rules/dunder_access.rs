//! Python's own machinery is reached for.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use ma_core::{Issue, Severity, declare_rule};

use crate::jinja::ast::{ExprId, WILD};
use crate::jinja::facts::Access;
use crate::jinja::names::{self, Leads, Sure};
use crate::jinja::show::{View, wide};

declare_rule! {
    /// ## What it finds
    /// An attribute or subscript with a name of Python's own machinery (`__class__`, `__globals__`, `__subclasses__`, `gi_frame` …), however it is written: with a dot, in brackets, through the filters `attr`, `map(attribute=…)`, `selectattr`, `groupby` or in a format string; plain or put together from pieces (`'__cl' ~ 'ass__'`, `'__ssalc__'[::-1]`, `dict(__cla=1, ss__=1)|join`, escapes, character codes, loops, `set` blocks).
    /// ## Why it matters
    /// From any value of a template these names lead to Python's modules and so to running programs on your computer. Loaders that render the template without a sandbox (several servers do) then run what its author wrote, with the first message of a chat.
    /// ## What it leaves alone
    /// The same words in the text of a prompt, in comments and in `raw` blocks. A name with two underscores on each side that is not known to lead anywhere is a Warning, and so is one in a tag that no engine can read.
    /// ## What to do
    /// Do not load the model. Take the template from the maker of the original model, or report the file to the place where you found it.
    pub static DUNDER_ACCESS = {
        code: "JIN001", name: "jinja-dunder-access", severity: Critical,
        title: "The chat template reaches for Python's inner workings",
        references: [Cwe(1336), Cve("CVE-2024-34359"), Advisory("GHSA-56xg-wfcc-g829"), Spec("https://jinja.palletsprojects.com/en/stable/sandbox/")],
    }
}

/// One issue for each chain of accesses.
pub(crate) fn check(view: &View<'_>) -> Vec<Issue> {
    let mut chains: BTreeMap<ExprId, Vec<&Access>> = BTreeMap::new();
    for access in &view.facts.escapes {
        chains
            .entry(view.chain(access.expr))
            .or_default()
            .push(access);
    }
    let mut issues: Vec<Issue> = chains
        .iter()
        .map(|(top, found)| chain(view, *top, found))
        .collect();
    issues.extend(broken(view));
    // Only so many issues of a rule are kept by who receives them: the worst go first.
    issues.sort_by_key(|i| Reverse(i.severity));
    issues
}

fn chain(view: &View<'_>, top: ExprId, found: &[&Access]) -> Issue {
    let mut names: Vec<String> = Vec::new();
    for access in found {
        let name = access.name.replace(WILD, "…");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let severe = found
        .iter()
        .any(|a| names::escape(&a.name) != Sure::Unusual);
    let list = names
        .iter()
        .take(6)
        .map(|n| format!("`{n}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let more = if names.len() > 6 { " and more" } else { "" };
    let built = if found.iter().any(|a| a.built) {
        ", put together so that the name does not stand there"
    } else {
        ""
    };
    let message = format!("The template reaches for {list}{more}{built}");
    let mut issue = Issue::new(&DUNDER_ACCESS, message)
        .at(view.at(top))
        .evidence(view.excerpt(&view.ast.range(top)));
    if let Some(folded) = view.folded(top) {
        issue = issue.evidence(folded);
    }
    if !severe {
        issue = issue.severity(Severity::Warning);
    }
    issue
}

/// Tags that can't be read: their words are judged one by one.
fn broken(view: &View<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    for anomaly in &view.ast.anomalies {
        let telling = |word: &&String| {
            let name = word.strip_prefix('.').unwrap_or(word);
            names::escape(name) >= Sure::Unusual
                || (word.starts_with('.') && names::is(name, Leads::Call) && name != "open")
        };
        let Some(word) = anomaly.words.iter().find(telling) else {
            continue;
        };
        let name = word.strip_prefix('.').unwrap_or(word);
        if view.facts.escapes.iter().any(|a| a.name == name) {
            continue;
        }
        let what = if anomaly.limit {
            "is too deep to be read here"
        } else {
            "no engine can read"
        };
        let severity = if anomaly.limit {
            Severity::Critical
        } else {
            Severity::Warning
        };
        issues.push(
            Issue::new(
                &DUNDER_ACCESS,
                format!("A tag that {what} holds the name `{name}`"),
            )
            .severity(severity)
            .at(wide(&anomaly.range))
            .evidence(view.excerpt(&anomaly.range)),
        );
    }
    issues
}

#[cfg(test)]
mod tests {
    use crate::jinja::rules::tests::fired;
    use ma_core::Severity;

    #[test]
    fn words_in_text_are_no_access() {
        let rule = "jinja-dunder-access";
        for quiet in [
            "Explain __class__ and os.popen",
            "{# {{ ''.__class__ }} #}x",
            "{% raw %}{{ ''.__class__ }}{% endraw %}",
            "{{ 'what is __class__?' }}",
            "{% if 'x' in message.content %}{{ message['role'] }}{% endif %}",
        ] {
            assert_eq!(fired(rule, quiet), None, "{quiet}");
        }
        assert_eq!(fired(rule, "{{ ''.__class__ }}"), Some(Severity::Critical));
        assert_eq!(fired(rule, "{{ x.__len__() }}"), Some(Severity::Warning));
        assert_eq!(
            fired(rule, "{{ ''.__class__ + }}"),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired(rule, "{% frob ''.__class__ * %}"),
            Some(Severity::Critical)
        );
        assert_eq!(
            fired(rule, "{{ [ ] ] .__globals__ }}"),
            Some(Severity::Warning)
        );
    }
}
