//! `modelaudit rules`: the catalogue, or one rule in full.

use ma_report::rules;

use crate::args::{Format, RulesArgs};
use crate::error::Problem;
use crate::output::Output;
use crate::policy;
use crate::terminal::Terminal;

/// Shows the rules.
pub(crate) fn run(args: &RulesArgs, terminal: &Terminal) -> Result<u8, Problem> {
    let registry = modelaudit::registry();
    let options = terminal.stdout();
    let one = args.rule.as_ref().map(|key| policy::find(key, &registry));
    let one = one.transpose()?;
    let listed = one.map_or_else(|| registry.rules(), |rule| vec![rule]);
    Output::Stdout.write(|to| match (args.format, one) {
        (Format::Json, _) => rules::json(to, &listed),
        (Format::Text, Some(rule)) => rules::page(to, rule, &options),
        (Format::Text, None) => rules::table(to, &listed, &options),
    })?;
    Ok(0)
}
