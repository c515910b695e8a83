//! The rules about Python source and TorchScript source, one file each, and the lists of them.

pub mod attack;
pub mod entry_point;
pub mod hidden_code;
pub mod noted;
pub mod on_import;
pub mod runs_text;
pub mod script_extension;
pub mod script_file_access;
pub mod script_remote_call;
pub mod side_effect;
pub mod starts_program;
pub mod unparsed;

use ma_core::{Evidence, Issue, Rule};

use super::judge::{SourceFinding, judge};
use super::model::Analysis;
use super::torchscript::ScriptFinding;

/// All rules about Python source.
pub static PYTHON_RULES: &[&Rule] = &[
    &on_import::RUNS_ON_IMPORT,
    &hidden_code::HIDDEN_CODE,
    &attack::ATTACK,
    &starts_program::STARTS_PROGRAM,
    &runs_text::RUNS_TEXT,
    &side_effect::SIDE_EFFECT,
    &noted::NOTED,
    &unparsed::UNPARSED,
    &entry_point::ENTRY_POINT,
];

/// All rules about TorchScript source.
pub static TORCHSCRIPT_RULES: &[&Rule] = &[
    &script_file_access::FILE_ACCESS,
    &script_extension::EXTENSION,
    &script_remote_call::REMOTE_CALL,
];

/// All issues of one Python source on its own, in the order of the text.
#[must_use]
pub fn check(analysis: &Analysis) -> Vec<Issue> {
    issues(&judge(analysis), analysis)
}

/// All issues of one Python source, from what was found in it.
#[must_use]
pub fn issues(findings: &[SourceFinding], analysis: &Analysis) -> Vec<Issue> {
    let checks: [fn(&SourceFinding) -> Option<Issue>; 8] = [
        on_import::check,
        entry_point::check,
        hidden_code::check,
        attack::check,
        starts_program::check,
        runs_text::check,
        side_effect::check,
        noted::check,
    ];
    let mut issues: Vec<Issue> = findings
        .iter()
        .flat_map(|finding| checks.iter().filter_map(move |check| check(finding)))
        .collect();
    issues.extend(unparsed::check(analysis));
    issues
}

/// All issues of one TorchScript source.
#[must_use]
pub fn check_script(findings: &[ScriptFinding]) -> Vec<Issue> {
    let checks: [fn(&ScriptFinding) -> Option<Issue>; 3] = [
        script_file_access::check,
        script_extension::check,
        script_remote_call::check,
    ];
    findings
        .iter()
        .flat_map(|finding| checks.iter().filter_map(move |check| check(finding)))
        .collect()
}

/// An issue about a finding: what it calls, what that does and when, and the line it is in.
fn issue(rule: &'static Rule, finding: &SourceFinding) -> Issue {
    let start = u64::try_from(finding.range.start).unwrap_or(u64::MAX);
    let end = u64::try_from(finding.range.end).unwrap_or(u64::MAX);
    Issue::new(rule, format!("`{}` {}", finding.shown, finding.what))
        .severity(finding.severity)
        .at(start..end)
        .route(format!("line {}", finding.line))
        .evidence(Evidence::code(
            format!("line {}", finding.line),
            finding.excerpt.clone(),
        ))
        .subject(finding.name.clone())
}

/// An issue about a finding in TorchScript.
fn script_issue(rule: &'static Rule, finding: &ScriptFinding, message: String) -> Issue {
    let start = u64::try_from(finding.range.start).unwrap_or(u64::MAX);
    let end = u64::try_from(finding.range.end).unwrap_or(u64::MAX);
    Issue::new(rule, message)
        .at(start..end)
        .route(format!("line {}", finding.line))
        .evidence(Evidence::code(
            format!("line {}", finding.line),
            finding.excerpt.clone(),
        ))
        .subject(finding.name.clone())
}

#[cfg(test)]
pub(crate) mod tests {
    use ma_core::Severity;

    use crate::source::{PythonSource, TorchScriptSource};

    /// The severity with which `rule` fires on a text, if it does.
    pub(crate) fn fired(rule: &str, text: &str) -> Option<Severity> {
        let found = ma_testkit::run::scan(&PythonSource, "x.py", text.as_bytes());
        found
            .issues
            .iter()
            .find(|issue| issue.rule.name == rule)
            .map(|issue| issue.severity)
    }

    /// The same for TorchScript.
    pub(crate) fn fired_in_script(rule: &str, text: &str) -> Option<Severity> {
        let found = ma_testkit::run::scan(&TorchScriptSource, "code/__torch__.py", text.as_bytes());
        found
            .issues
            .iter()
            .find(|issue| issue.rule.name == rule)
            .map(|issue| issue.severity)
    }
}
