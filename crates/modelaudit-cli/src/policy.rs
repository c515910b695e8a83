//! The policy that the options describe. Names of rules are checked: a typo must not look like a
//! rule that never fires.

use ma_core::{Policy, Rule, Severity, Suppression};
use ma_engine::Registry;
use ma_report::Bar;

use crate::args::ScanArgs;
use crate::error::Problem;

/// The policy and what counts as a failure.
pub(crate) fn build(args: &ScanArgs, registry: &Registry) -> Result<(Policy, Bar), Problem> {
    let mut policy = Policy {
        trusted: args.trust.clone(),
        ..Policy::default()
    };
    if args.strict {
        policy.fail_on = Severity::Info;
    }
    if let Some(fail_on) = args.fail_on {
        policy.fail_on = fail_on;
    }
    for key in &args.suppress {
        policy.suppressions.push(Suppression {
            rule: find(key, registry)?.name.to_owned(),
            path: None,
            reason: String::new(),
        });
    }
    for (key, severity) in &args.severity {
        let rule = find(key, registry)?;
        policy.severities.push((rule.name.to_owned(), *severity));
    }
    let bar = Bar {
        fail_on: policy.fail_on,
        unrecognised_counts: args.strict,
    };
    Ok((policy, bar))
}

/// The rule of that code, name or alias.
pub(crate) fn find(key: &str, registry: &Registry) -> Result<&'static Rule, Problem> {
    let key = key.trim();
    let rules = registry.rules();
    if let Some(rule) = rules.iter().find(|rule| rule.answers_to(key)) {
        return Ok(rule);
    }
    let keys = rules.iter().flat_map(|rule| [rule.code, rule.name]);
    let help = match ma_sources::closest(key, keys) {
        Some(close) => format!("did you mean `{close}`? `modelaudit rules` lists all rules"),
        None => "`modelaudit rules` lists all rules".to_owned(),
    };
    Err(Problem::new(format!("there is no rule `{key}`")).help(help))
}
