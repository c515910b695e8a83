//! Operators that read files.

use ma_core::{Evidence, Issue, Severity, declare_rule};

use super::{about, short};
use crate::graph::uses::Use;
use crate::graph::value::{Hole, Value};
use crate::ops::{Class, Reach, Role};

declare_rule! {
    /// ## What it finds
    /// A node that reads or lists files by a path that is in the graph: `ReadFile`, `MatchingFiles`, data sets and readers of files, tables that are filled from a file which is no asset, memory maps, SQLite data sets and others. A place that holds secrets is Critical, and so is SQL that changes a data base; other paths outside of the working directory are a Warning, and so is a path that can't be told. A path in the working directory, or one that the caller gives, is Info.
    ///
    /// ## Why it matters
    /// The model can hand what it reads to whoever sees its answers, or keep it in what it saves.
    ///
    /// ## What it leaves alone
    /// Assets of the model, whose paths the loader gives; checkpoints; files that another node lists, which is judged itself.
    ///
    /// ## What to do
    /// Ask the author why the model reads this file; run it where there is nothing to read.
    pub static FILE_READ = {
        code: "TFG002", name: "tensorflow-file-read", severity: Warning,
        title: "The graph reads a file by a path of its own",
        references: [Cwe(73), Cwe(200), Article("https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md")],
    }
}

/// Fires on the worst of the paths.
pub(crate) fn check(used: &Use) -> Option<Issue> {
    if used.operator.class != Class::Read {
        return None;
    }
    let mut worst: Option<(Severity, String)> = None;
    for (argument, values) in &used.given {
        let path = matches!(
            argument.role,
            Role::Path | Role::OptionalPath | Role::Queue | Role::Descriptor
        );
        for value in values.list.iter().filter(|_| path) {
            if let Some(found) = judge(used, argument.role, value)
                && worst
                    .as_ref()
                    .is_none_or(|(severity, _)| found.0 > *severity)
            {
                worst = Some(found);
            }
        }
    }
    if let Some(sql) = changing_sql(used) {
        let place = used.place();
        worst = Some((
            Severity::Critical,
            format!(
                "{} runs SQL that changes files: {sql:?} ({place})",
                used.operator.name
            ),
        ));
    }
    let (severity, message) = worst?;
    let call = Evidence::code("call", used.call());
    Some(
        about(Issue::new(&FILE_READ, message), used)
            .severity(severity)
            .evidence(call),
    )
}

fn judge(used: &Use, role: Role, value: &Value) -> Option<(Severity, String)> {
    let (operator, place, when) = (used.operator.name, used.place(), used.when.words());
    if role == Role::Descriptor && value.prefix().starts_with("bytes://") {
        return None;
    }
    if let Some(reach) = value.reach() {
        let severity = match reach {
            Reach::Empty | Reach::Memory => return None,
            Reach::Sensitive(_) | Reach::Startup(_) => Severity::Critical,
            Reach::Relative if operator.contains("Sql") => Severity::Warning,
            Reach::Relative => Severity::Info,
            _ => Severity::Warning,
        };
        let file = match value.as_text() {
            Some(text) => format!("{:?}", short(&text)),
            None => format!("a file that begins with {:?}", short(value.prefix())),
        };
        let words = match reach {
            Reach::Absolute => String::new(),
            Reach::Network(_) => " over the network".to_owned(),
            Reach::Sensitive(what) | Reach::Startup(what) => format!(" (a place {what})"),
            _ => format!(" {}", reach.words()),
        };
        return Some((
            severity,
            format!("{operator} reads {file}{words} {when} ({place})"),
        ));
    }
    let (severity, what) = match value.first_hole()? {
        Hole::Asset(_) | Hole::Listing => return None,
        hole if hole.is_caller() => (Severity::Info, "the file that the caller names"),
        Hole::Content => (Severity::Warning, "a file that another file names"),
        _ => (
            Severity::Warning,
            "a file whose path can't be told from the graph",
        ),
    };
    Some((
        severity,
        format!("{operator} reads {what} {when} ({place})"),
    ))
}

/// SQL that does more than ask.
fn changing_sql(used: &Use) -> Option<String> {
    const WORDS: [&str; 10] = [
        "ATTACH",
        "CREATE",
        "INSERT",
        "UPDATE",
        "DELETE",
        "DROP",
        "VACUUM",
        "REPLACE",
        "ALTER",
        "LOAD_EXTENSION",
    ];
    if !used.operator.name.contains("Sql") {
        return None;
    }
    let queries = &used.given(Role::Payload)?.list;
    queries.iter().find_map(|query| {
        let text = query.as_text()?;
        let upper = text.to_ascii_uppercase();
        let starts =
            |word: &str| upper.trim_start().starts_with(word) || upper.contains("LOAD_EXTENSION");
        WORDS
            .iter()
            .any(|word| starts(word))
            .then(|| short(&text).into_owned())
    })
}
