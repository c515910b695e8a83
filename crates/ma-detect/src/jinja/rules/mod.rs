//! The rules about templates, one file each, and the list of them.

pub mod dangerous_call;
pub mod dunder_access;
pub mod duplicate_template;
pub mod dynamic_attribute;
pub mod heavy_work;
pub mod hidden_instruction;
pub mod host_object;
pub mod invisible_text;
pub mod other_template;
pub mod rewritten_message;
pub mod template_drift;
pub mod triggered_text;
pub mod unknown_variable;

use ma_core::{Issue, Rule};

use super::show::View;

/// The rules about a template.
pub static RULES: &[&Rule] = &[
    &dunder_access::DUNDER_ACCESS,
    &dangerous_call::DANGEROUS_CALL,
    &host_object::HOST_OBJECT,
    &dynamic_attribute::DYNAMIC_ATTRIBUTE,
    &other_template::OTHER_TEMPLATE,
    &heavy_work::HEAVY_WORK,
    &unknown_variable::UNKNOWN_VARIABLE,
    &triggered_text::TRIGGERED_TEXT,
    &hidden_instruction::HIDDEN_INSTRUCTION,
    &invisible_text::INVISIBLE_TEXT,
    &rewritten_message::REWRITTEN_MESSAGE,
];

/// The rules about files that carry templates.
pub static CARRIER_RULES: &[&Rule] = &[
    &duplicate_template::DUPLICATE_TEMPLATE,
    &template_drift::TEMPLATE_DRIFT,
];

/// All issues of one template.
pub(crate) fn check(view: &View<'_>) -> Vec<Issue> {
    let checks: [fn(&View<'_>) -> Vec<Issue>; 11] = [
        dunder_access::check,
        dangerous_call::check,
        host_object::check,
        dynamic_attribute::check,
        other_template::check,
        heavy_work::check,
        unknown_variable::check,
        triggered_text::check,
        hidden_instruction::check,
        invisible_text::check,
        rewritten_message::check,
    ];
    checks.iter().flat_map(|check| check(view)).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use ma_core::Severity;

    /// The severity with which `rule` fires on a template, if it does.
    pub(crate) fn fired(rule: &str, template: &str) -> Option<Severity> {
        ma_testkit::run::scan(&crate::jinja::Template, "x.jinja", template.as_bytes())
            .issues
            .iter()
            .filter(|i| i.rule.name == rule)
            .map(|i| i.severity)
            .max()
    }
}
