//! Operators that write files.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::about;
use crate::graph::uses::Use;
use crate::graph::value::{Hole, Value};
use crate::ops::{Class, Reach, Role, judge_path};

declare_rule! {
    /// ## What it finds
    /// A node that creates or writes a file: `WriteFile`, `PrintV2` into `file://`, summary writers, saved and cached data sets, debug operators with `file://` and others. The path is followed backwards through the graph to where it comes from. A path that is in the file is Critical (data sets, caches and logs in the working or temporary folder are a Warning); a path that the caller gives, or that can't be told, is a Warning, and Critical when loading is enough.
    ///
    /// ## Why it matters
    /// TensorFlow runs it with your rights. Who may write a file of their choice may put a program where the system, a shell or Python starts it.
    ///
    /// ## What it leaves alone
    /// Checkpoints that are saved where the caller says, which every saved model can do; caches in memory; printing to the screen or the log.
    ///
    /// ## What to do
    /// Do not load the model. Look at the file that it names, should it have been loaded already.
    pub static FILE_WRITE = {
        code: "TFG001", name: "tensorflow-file-write", severity: Critical,
        title: "The graph writes a file",
        references: [Cwe(73), Cwe(506), Article("https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md")],
    }
}

/// Fires on the worst of the paths.
pub(crate) fn check(used: &Use) -> Option<Issue> {
    if used.operator.class != Class::Write {
        return None;
    }
    let (severity, message) = paths(used)
        .into_iter()
        .filter_map(|value| judge(used, &value))
        .max_by_key(|(severity, _)| *severity)?;
    let call = Evidence::code("call", used.call());
    Some(
        about(Issue::new(&FILE_WRITE, message), used)
            .severity(severity)
            .evidence(call),
    )
}

/// The values that are paths of files to write.
fn paths(used: &Use) -> Vec<Value> {
    let mut paths = Vec::new();
    for (argument, values) in &used.given {
        for value in &values.list {
            let text = value.as_text();
            match (argument.role, text.as_deref()) {
                (Role::Path | Role::Cache | Role::OptionalPath, _) => paths.push(value.clone()),
                (Role::Stream | Role::Urls, Some(text)) if text.starts_with("file://") => {
                    paths.push(value.clone());
                }
                (Role::Prefix, Some(text)) if !text.is_empty() => paths.push(value.clone()),
                _ => {}
            }
        }
    }
    paths
}

fn judge(used: &Use, value: &Value) -> Option<(Severity, String)> {
    let (operator, place, when) = (used.operator.name, used.place(), used.when.words());
    let any_file = matches!(operator, "WriteFile" | "PrintV2");
    let on_load = |severity| {
        if used.when.on_load() {
            Severity::Critical
        } else {
            severity
        }
    };
    if let Some(reach) = value.reach() {
        let severity = match reach {
            Reach::Empty | Reach::Memory => return None,
            Reach::Relative | Reach::Temporary if !any_file => on_load(Severity::Warning),
            _ => Severity::Critical,
        };
        let unless = if value.default {
            ", unless the caller names another one"
        } else {
            ""
        };
        let file = match value.as_text() {
            Some(text) => format!(
                "the file {:?}",
                super::short(text.trim_start_matches("file://"))
            ),
            None => format!("a file that begins with {:?}", super::short(value.prefix())),
        };
        let whither = reach_words(reach, value);
        return Some((
            severity,
            format!("{operator} writes {file}{whither} {when}{unless} ({place})"),
        ));
    }
    let hole = value.first_hole()?;
    let (severity, whence) = match hole {
        Hole::Listing => return None,
        _ if hole.is_caller() => (Severity::Warning, "that the caller names".to_owned()),
        Hole::Asset(name) => (
            Severity::Warning,
            format!("in the place of its own asset {:?}", super::short(name)),
        ),
        _ => (
            on_load(Severity::Warning),
            "whose path can't be told from the file".to_owned(),
        ),
    };
    Some((
        severity,
        format!("{operator} writes a file {whence} {when} ({place})"),
    ))
}

fn reach_words(reach: Reach, value: &Value) -> String {
    match reach {
        Reach::Startup(what) | Reach::Sensitive(what) => {
            format!(" (a place {what})")
        }
        Reach::Network(scheme) => format!(" on another machine ({scheme})"),
        Reach::Absolute if judge_path(value.prefix()) == Reach::Absolute => String::new(),
        _ => format!(" {}", reach.words()),
    }
}
