//! Operators that save and restore, with a path of their own.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{about, short};
use crate::graph::reach::When;
use crate::graph::uses::Use;
use crate::graph::value::{Hole, Value};
use crate::ops::{Class, Reach, Role};

declare_rule! {
    /// ## What it finds
    /// `SaveV2`, `MergeV2Checkpoints`, `RestoreV2` and their older forms with a path that is written in the graph and leads out of the working directory. Saving to a place that starts programs or holds secrets, or whenever the model is loaded or used, is Critical; otherwise a Warning. Restoring from such a path is a Warning when loading does it, else Info. A path that can't be told is a Warning when the model saves as it is loaded or used.
    ///
    /// ## Why it matters
    /// Saving writes files, and merging removes folders. An honest model does both where its user says.
    ///
    /// ## What it leaves alone
    /// The pattern that every saved model has: the path is an argument or a placeholder that the loader fills, with a relative default.
    ///
    /// ## What to do
    /// Do not load a model that saves to a fixed path. For a fixed path that is only read, ask the author to export the model again.
    pub static CHECKPOINT_PATH = {
        code: "TFG003", name: "tensorflow-checkpoint-path", severity: Warning,
        title: "Saves or restores by a path of its own",
        references: [Cwe(73)],
    }
}

/// Fires on the worst of the paths.
pub(crate) fn check(used: &Use) -> Option<Issue> {
    let saves = match used.operator.class {
        Class::Save => true,
        Class::Restore => false,
        _ => return None,
    };
    let paths = used.given.iter().filter(|(a, _)| a.role == Role::Path);
    let (severity, message) = paths
        .flat_map(|(_, values)| &values.list)
        .filter_map(|value| judge(used, value, saves))
        .max_by_key(|(severity, _)| *severity)?;
    let call = Evidence::code("call", used.call());
    Some(
        about(Issue::new(&CHECKPOINT_PATH, message), used)
            .severity(severity)
            .evidence(call),
    )
}

fn judge(used: &Use, value: &Value, saves: bool) -> Option<(Severity, String)> {
    let (operator, place, when) = (used.operator.name, used.place(), used.when.words());
    let runs = used.when >= When::Call;
    let verb = if saves { "saves to" } else { "restores from" };
    if let Some(reach) = value.reach() {
        let dangerous = matches!(reach, Reach::Startup(_) | Reach::Sensitive(_));
        let severity = match (saves, reach.escapes()) {
            (true, true) if dangerous || runs => Severity::Critical,
            (true, true) => Severity::Warning,
            (true, false) if runs && reach == Reach::Relative && !value.default => {
                Severity::Warning
            }
            (false, true) if used.when.on_load() => Severity::Warning,
            (false, true) => Severity::Info,
            _ => return None,
        };
        let path = value.as_text().unwrap_or_else(|| value.prefix().to_owned());
        return Some((
            severity,
            format!("{operator} {verb} {:?} {when} ({place})", short(&path)),
        ));
    }
    let hole = value.first_hole()?;
    let told = hole.is_caller() || matches!(hole, Hole::Asset(_) | Hole::Listing);
    if told || !saves || !runs {
        return None;
    }
    let message =
        format!("{operator} saves to a path that can't be told from the graph {when} ({place})");
    Some((Severity::Warning, message))
}
