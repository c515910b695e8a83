//! Code that runs when the object is first looked at.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{Input, MAX_ISSUES, code, whose};
use crate::calls::Tier;
use crate::facts::OwnerKind;

declare_rule! {
    /// ## What it finds
    /// A promise whose value is missing: an expression that R evaluates the first time somebody looks at the value. Critical when the expression runs programs, reads code or reaches files or the network, also through `eval`, `do.call` and the like; Warning when it does nothing known and stands where data should be.
    /// ## Why it matters
    /// Loading the file and touching the object (printing it is enough) runs the expression with the rights of the user. R before 4.4.0 does so for the object of an `.rds` file itself, every version for objects inside.
    /// ## What it leaves alone
    /// Promises that have their value. Promises in environments, which R itself leaves in models made inside of functions, are one Info for the file as long as they call nothing unusual.
    /// ## What to do
    /// Do not load the file when you do not know the expression. Ask for the data in a format without code (CSV, Parquet).
    pub static PROMISE = {
        code: "RDA001", name: "rdata-promise", severity: Critical,
        title: "Code that runs when the object is first looked at",
        references: [Cve("CVE-2024-27322"), Cwe(502), Spec("https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats")],
    }
}

/// Fires on every promise without value; on harmless ones in environments once.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    let mut quiet: Option<(Issue, usize)> = None;
    let promises = input.facts.owners.iter();
    for owner in promises.filter(|o| o.kind == OwnerKind::Promise) {
        let severity = match (owner.tier(), owner.nested) {
            (Some(Tier::Strong), _) | (Some(_), false) => Severity::Critical,
            (Some(Tier::Weak), true) | (None, false) => Severity::Warning,
            (Some(Tier::Common) | None, true) => Severity::Info,
        };
        let expression = input.model.node(owner.node).and_then(|n| n.cdr);
        let expression = code(input.model, expression.unwrap_or(owner.node));
        let message = match owner.worst() {
            Some(found) if severity > Severity::Info => format!(
                "A promise calls {}, which {}, when the object is looked at",
                found.function.name, found.function.capability
            ),
            _ => "A promise holds an expression that runs when the object is looked at".to_owned(),
        };
        let issue = || {
            whose(input, owner.node, Issue::new(&PROMISE, message))
                .severity(severity)
                .evidence(Evidence::code("expression", expression))
        };
        if severity == Severity::Info {
            quiet = Some(match quiet {
                Some((first, count)) => (first, count.saturating_add(1)),
                None => (issue(), 1),
            });
        } else if issues.len() < MAX_ISSUES {
            issues.push(issue());
        }
    }
    if let Some((mut issue, count)) = quiet {
        if count > 1 {
            issue.message = format!("{count} promises in environments were never evaluated");
        } else {
            "A promise in an environment was never evaluated".clone_into(&mut issue.message);
        }
        issues.push(issue.why(
            "R leaves such expressions in models that were made inside of a function; they run when somebody looks at the variable. These call nothing unusual.",
        ));
    }
    issues
}
