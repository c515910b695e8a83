//! What in a [`CodeSummary`] makes the code dangerous to run.

use std::ops::Range;

use super::CodeSummary;
use crate::behaviour::{Act, Command, act_of, command};
use crate::catalogue::is_stdlib;

/// How a finding was come by, from the surest to the vaguest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The code calls it.
    Calls,
    /// The code loads it by name without calling it itself.
    Refers,
    /// Its parts are among the code's names; the instructions could not be followed.
    Names,
}

/// Something in bytecode that does harm when it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it does.
    pub act: Act,
    /// How that is known.
    pub reason: Reason,
    /// The dotted name: `os.system`.
    pub name: String,
    /// As Python would spell it: `os.system('echo pwned')`.
    pub shown: String,
    /// The function it is in; empty where that is not known.
    pub function: String,
    /// The bytes of that function in the stream, of a call.
    pub bytes: Option<Range<usize>>,
}

/// Most names that are combined with each other when the instructions could not be followed.
const COMBINED: usize = 512;

/// Everything in the code that runs programs or code, loads libraries, talks to the network, or the like.
#[must_use]
pub fn judge(summary: &CodeSummary) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for call in &summary.calls {
        let Some(act) = act_of(&call.callee).filter(|act| counts(*act)) else {
            continue;
        };
        if act == Act::RunsProcess && command(&call.args) == Command::Harmless {
            continue;
        }
        findings.push(Finding {
            act,
            reason: Reason::Calls,
            name: call.callee.clone(),
            shown: call.to_string(),
            function: call.function.clone(),
            bytes: (!call.bytes.is_empty()).then(|| call.bytes.clone()),
        });
    }
    for name in &summary.references {
        let called = summary.calls.iter().any(|call| call.callee == *name);
        if !called && let Some(act) = act_of(name).filter(|act| act.runs()) {
            findings.push(plain(act, Reason::Refers, name.clone()));
        }
    }
    if !summary.followed {
        by_names(&summary.names, &mut findings);
    }
    findings
}

/// Acts that count in code that a model brings along to be run.
const fn counts(act: Act) -> bool {
    !matches!(act, Act::FetchesModel)
}

fn plain(act: Act, reason: Reason, name: String) -> Finding {
    let shown = name.strip_prefix("builtins.").unwrap_or(&name).to_owned();
    Finding {
        act,
        reason,
        shown,
        name,
        function: String::new(),
        bytes: None,
    }
}

/// Modules and builtins among the names, combined with every other name.
fn by_names(names: &[String], findings: &mut Vec<Finding>) {
    let names = names.get(..COMBINED).unwrap_or(names);
    let mut add = |name: String| {
        if let Some(act) = act_of(&name).filter(|act| counts(*act))
            && !findings.iter().any(|finding| finding.name == name)
        {
            findings.push(plain(act, Reason::Names, name));
        }
    };
    for name in names {
        add(format!("builtins.{name}"));
    }
    for module in names
        .iter()
        .filter(|name| is_stdlib(name) && *name != "builtins")
        .take(32)
    {
        for name in names {
            add(format!("{module}.{name}"));
        }
    }
}
