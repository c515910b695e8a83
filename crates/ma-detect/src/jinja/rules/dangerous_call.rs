//! Something is called that runs or opens things.

use ma_core::{Issue, declare_rule};

use crate::jinja::show::View;

declare_rule! {
    /// ## What it finds
    /// A call whose name, after folding, is one that runs a program, evaluates code, opens a file or loads a module: `popen`, `system`, `eval`, `exec`, `open`, `import_module`, `check_output` and their like.
    /// ## Why it matters
    /// A chat template only arranges text; there is nothing for it to run or open. Where the template is rendered without a sandbox, the call runs on your computer with the first message.
    /// ## What it leaves alone
    /// Macros that the template itself defines under such a name, and attributes of that name that are not called.
    /// ## What to do
    /// Do not load the model. Take the template from the maker of the original model.
    pub static DANGEROUS_CALL = {
        code: "JIN002", name: "jinja-dangerous-call", severity: Critical,
        title: "The chat template runs or opens something",
        references: [Cwe(1336), Cwe(94), Cve("CVE-2024-34359")],
    }
}

/// One issue a call.
pub(crate) fn check(view: &View<'_>) -> Vec<Issue> {
    let issue = |call: &crate::jinja::facts::Access| {
        let built = if call.built {
            ", a name that is put together"
        } else {
            ""
        };
        let message = format!("The template calls `{}`{built}", call.name);
        let range = view.ast.range(call.expr);
        let issue = Issue::new(&DANGEROUS_CALL, message)
            .at(view.at(call.expr))
            .evidence(view.excerpt(&range));
        match view.folded(call.expr) {
            Some(folded) => issue.evidence(folded),
            None => issue,
        }
    };
    view.facts.calls.iter().map(issue).collect()
}

#[cfg(test)]
mod tests {
    use crate::jinja::rules::tests::fired;
    use ma_core::Severity;

    #[test]
    fn calls_by_any_way_of_writing() {
        let rule = "jinja-dangerous-call";
        for evil in [
            "{{ os.popen('echo pwned').read() }}",
            "{{ x['sys' ~ 'tem']('echo pwned') }}",
            "{{ (x|attr('po' + 'pen'))('echo pwned') }}",
            "{{ open('/tmp/pwned').read() }}",
        ] {
            assert_eq!(fired(rule, evil), Some(Severity::Critical), "{evil}");
        }
        for quiet in [
            "{% macro system(m) %}{{ m }}{% endmacro %}{{ system('x') }}",
            "{{ message.system }}{{ tool.open }}",
            "{{ content.strip() }}{{ raise_exception('open(x)') }}",
        ] {
            assert_eq!(fired(rule, quiet), None, "{quiet}");
        }
    }
}
