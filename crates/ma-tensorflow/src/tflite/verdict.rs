//! What a TensorFlow operator does with the arguments that are known: for operators outside of graphs
//! (in LiteRT and TensorFlow.js models), where a constant is a constant and nothing is folded.

use ma_core::Severity;

use crate::ops::{Class, Lookup, Operator, Place, Reach, Role, judge_path, lookup};

/// What is known of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// It is always these texts.
    Texts(Vec<String>),
    /// Whoever runs the model gives it.
    Given,
    /// It is computed.
    Unknown,
}

/// What an operator does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How bad that is.
    pub severity: Severity,
    /// What it does, to follow the name of the operator.
    pub what: String,
    /// The argument that decided.
    pub argument: Option<(&'static str, String)>,
    /// Whether it is the name alone that is not known.
    pub unknown: bool,
}

/// Judges an operator; `None` when it only computes.
pub fn judge(op: &str, mut argument: impl FnMut(Place) -> Arg) -> Option<Verdict> {
    let operator = match lookup(op) {
        Lookup::Operator(operator) => operator,
        Lookup::ThirdParty(package) => {
            let what = format!("belongs to {}", package.name);
            return Some(verdict(Severity::Info, what));
        }
        Lookup::Unknown { telling } => {
            let what = if telling {
                "is no operator of TensorFlow, and its name speaks of running commands or code"
            } else {
                "is no operator of TensorFlow: it needs a library that brings it"
            };
            let mut found = verdict(Severity::Warning, what.to_owned());
            found.unknown = !telling;
            return Some(found);
        }
    };
    match operator.class {
        Class::Exec => Some(shown(operator, Severity::Critical, &mut argument)),
        Class::Network | Class::Dos => Some(shown(operator, Severity::Warning, &mut argument)),
        Class::Write | Class::Save | Class::Read | Class::Restore => paths(operator, &mut argument),
        Class::Reader | Class::Transfer | Class::Loop | Class::Plain => None,
    }
}

fn verdict(severity: Severity, what: String) -> Verdict {
    Verdict {
        severity,
        what,
        argument: None,
        unknown: false,
    }
}

fn shown(
    operator: &Operator,
    severity: Severity,
    argument: &mut impl FnMut(Place) -> Arg,
) -> Verdict {
    let mut found = verdict(severity, operator.note.to_owned());
    found.argument = operator
        .arguments
        .iter()
        .find_map(|a| match argument(a.place) {
            Arg::Texts(texts) if !texts.is_empty() => Some((a.name, texts.join(", "))),
            _ => None,
        });
    found
}

/// An operator on files: the worst of its paths decides.
fn paths(operator: &Operator, argument: &mut impl FnMut(Place) -> Arg) -> Option<Verdict> {
    let writes = matches!(operator.class, Class::Write | Class::Save);
    let mut worst: Option<Verdict> = None;
    for a in &operator.arguments {
        let found = match argument(a.place) {
            Arg::Texts(texts) => texts
                .iter()
                .filter_map(|text| constant(operator, a.role, text, writes))
                .max_by_key(|(severity, _)| *severity)
                .map(|(severity, what)| {
                    let mut found = verdict(severity, what);
                    found.argument = Some((a.name, texts.join(", ")));
                    found
                }),
            Arg::Given => open(operator, a.role, writes, true),
            Arg::Unknown => open(operator, a.role, writes, false),
        };
        let severity = worst.as_ref().map(|w| w.severity);
        if let Some(found) = found.filter(|f| Some(f.severity) > severity) {
            worst = Some(found);
        }
    }
    // A queue or a token that leads nowhere here still reads.
    let silent = operator.arguments.is_empty() || worst.is_some();
    if silent { worst } else { None }
}

/// A path that is written in the model.
fn constant(
    operator: &Operator,
    role: Role,
    text: &str,
    writes: bool,
) -> Option<(Severity, String)> {
    let path = match role {
        Role::Path | Role::OptionalPath | Role::Cache | Role::Prefix => text,
        Role::Stream => text.strip_prefix("file://")?,
        Role::Urls if text.starts_with("memcbk://") => return None,
        Role::Urls => text,
        Role::Descriptor if text.starts_with("bytes://") => return None,
        Role::Descriptor => text,
        _ => return None,
    };
    let reach = judge_path(path);
    let severity = match (writes, reach) {
        (_, Reach::Empty | Reach::Memory) => return None,
        (true, reach) if reach.escapes() => Severity::Critical,
        (true, _) => Severity::Warning,
        (false, Reach::Sensitive(_) | Reach::Startup(_)) => Severity::Critical,
        (false, reach) if reach.escapes() => Severity::Warning,
        (false, _) => Severity::Info,
    };
    let what = format!("{}: a file {}", operator.note, reach.words());
    Some((severity, what))
}

/// A path that is not written in the model.
fn open(operator: &Operator, role: Role, writes: bool, given: bool) -> Option<Verdict> {
    if !matches!(role, Role::Path | Role::Queue) {
        return None;
    }
    let checkpoint = matches!(operator.class, Class::Save | Class::Restore);
    let (severity, from) = match (given, writes) {
        (true, true) if !checkpoint => (Severity::Warning, "that whoever runs the model names"),
        (true, _) => (Severity::Info, "that whoever runs the model names"),
        (false, _) if checkpoint && !writes => (Severity::Info, "whose name is computed"),
        (false, _) => (Severity::Warning, "whose name is computed"),
    };
    Some(verdict(
        severity,
        format!("{}: a file {from}", operator.note),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(op: &str, arg: Arg) -> Option<Severity> {
        judge(op, |_| arg.clone()).map(|v| v.severity)
    }

    fn text(text: &str) -> Arg {
        Arg::Texts(vec![text.to_owned()])
    }

    #[test]
    fn paths_decide() {
        use Severity::{Critical, Info, Warning};
        assert_eq!(severity("MatMul", Arg::Unknown), None);
        assert_eq!(severity("PyFunc", Arg::Unknown), Some(Critical));
        assert_eq!(severity("WriteFile", text("/tmp/x")), Some(Critical));
        assert_eq!(severity("WriteFile", Arg::Unknown), Some(Warning));
        assert_eq!(severity("ReadFile", text("/etc/passwd")), Some(Critical));
        assert_eq!(severity("ReadFile", text("/data/x")), Some(Warning));
        assert_eq!(severity("ReadFile", Arg::Given), Some(Info));
        assert_eq!(severity("SaveV2", Arg::Given), Some(Info));
        assert_eq!(severity("SaveV2", text("/root/x")), Some(Critical));
        assert_eq!(severity("PrintV2", text("stderr")), None);
        assert_eq!(severity("PrintV2", text("file:///tmp/x")), Some(Critical));
        assert_eq!(severity("CacheDatasetV2", text("")), None);
        assert_eq!(severity("NoSuchThing", Arg::Unknown), Some(Warning));
    }
}
