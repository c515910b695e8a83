//! Operators that end the process, and loops without end.

use ma_core::{Evidence, Issue, declare_rule};

use super::about;
use crate::graph::uses::Use;
use crate::ops::Class;

declare_rule! {
    /// ## What it finds
    /// The operator `Abort`, which ends the process, and loops whose condition is the constant true.
    ///
    /// ## Why it matters
    /// Whoever serves the model is taken down by it, or never gets an answer.
    ///
    /// ## What it leaves alone
    /// `Assert`, which reports an error; loops with a condition that is computed.
    ///
    /// ## What to do
    /// Do not load it in a service that others share.
    pub static STOPS_PROCESS = {
        code: "TFG014", name: "tensorflow-stops-process", severity: Warning,
        title: "The graph ends the process or never ends",
        references: [Cwe(400), Cwe(835)],
    }
}

/// Fires on `Abort`, and on loops of which `endless` is known.
pub(crate) fn check(used: &Use, endless: bool) -> Option<Issue> {
    let (operator, place, when) = (used.operator.name, used.place(), used.when.words());
    let message = match used.operator.class {
        Class::Dos => format!("{operator} {} {when} ({place})", used.operator.note),
        Class::Loop if endless => {
            format!("The condition of {operator} is always true, so it never ends ({place})")
        }
        _ => return None,
    };
    Some(
        about(Issue::new(&STOPS_PROCESS, message), used)
            .evidence(Evidence::code("call", used.call())),
    )
}
