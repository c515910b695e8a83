//! How bad what a text does is, by what it does and when.
//!
//! Code that comes with a model runs by design, so running is no finding. What counts: what runs by the mere import;
//! code that was hidden; the shapes of attacks; programs started and text run from within functions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ma_core::Severity;

use super::callers::Caller;
use super::model::{Analysis, Event, EventKind, Place};
use crate::behaviour::{
    Act, Command, act_of, command, is_fixed_program, is_persistence_path, is_secret_path,
};
use crate::value::{Value, call_text};

/// Why something is a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// It runs programs or code, loads libraries or uses the network by the mere import.
    OnImport,
    /// It runs code that was encoded or downloaded.
    HiddenCode,
    /// It does so in a function that the loader of the archive calls by itself.
    EntryPoint,
    /// It has the shape of an attack.
    Attack,
    /// It starts a program when a function is called.
    StartsProgram,
    /// It runs text that is put together when a function is called.
    RunsText,
    /// It changes the interpreter, deletes files or reads pickles by the mere import.
    SideEffect,
    /// Good to know.
    Noted,
}

/// Something a person should know about.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFinding {
    /// How bad it is.
    pub severity: Severity,
    /// Why it is a finding.
    pub reason: Reason,
    /// What is called, its dotted name.
    pub name: String,
    /// As Python would spell it: `os.system('echo pwned')`.
    pub shown: String,
    /// What it does, in a sentence without its subject: "starts a program when the file is imported".
    pub what: String,
    /// When it runs.
    pub place: Place,
    /// Its bytes.
    pub range: Range<usize>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// The line.
    pub excerpt: String,
}

/// Parts of names of what undoes an encoding or an encryption.
const DECODERS: &[&str] = &[
    "base64.",
    "binascii.",
    "codecs.",
    "zlib.",
    "bz2.",
    "lzma.",
    "gzip.",
    "marshal.",
    "fromhex",
    "cryptography.",
    "Crypto.",
    "nacl.",
    "Fernet",
];

/// Grades the events; what is in order gives nothing. In the order of the text.
#[must_use]
pub fn judge(analysis: &Analysis) -> Vec<SourceFinding> {
    judge_called_by(analysis, None)
}

/// The same for a source some functions of which `caller` calls by itself.
#[must_use]
pub fn judge_called_by(analysis: &Analysis, caller: Option<Caller>) -> Vec<SourceFinding> {
    let events = analysis.events.iter();
    let mut findings: Vec<SourceFinding> =
        events.filter_map(|event| single(event, caller)).collect();
    findings.extend(together(&analysis.events));
    findings.sort_by(|a, b| {
        (a.range.start, b.severity, a.reason).cmp(&(b.range.start, a.severity, b.reason))
    });
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert((finding.range.start, finding.name.clone())));
    findings
}

fn finding(
    event: &Event,
    severity: Severity,
    reason: Reason,
    name: &str,
    shown: String,
    what: String,
) -> SourceFinding {
    SourceFinding {
        severity,
        reason,
        name: name.to_owned(),
        shown,
        what,
        place: event.place.clone(),
        range: event.range.clone(),
        line: event.line,
        column: event.column,
        excerpt: event.excerpt.clone(),
    }
}

/// What one event is on its own.
fn single(event: &Event, caller: Option<Caller>) -> Option<SourceFinding> {
    match &event.kind {
        EventKind::Import { .. } => None,
        EventKind::Assign { target } => {
            let tampers = target.starts_with("builtins.")
                || matches!(
                    target.as_str(),
                    "sys.meta_path" | "sys.path_hooks" | "sys.modules[]"
                );
            let harmless = target == "builtins._" || target == "sys.modules[]";
            (tampers && !harmless && event.place.on_import()).then(|| {
                let what = format!("is replaced {}", event.place.when());
                finding(
                    event,
                    Severity::Warning,
                    Reason::SideEffect,
                    target,
                    target.clone(),
                    what,
                )
            })
        }
        EventKind::Reduce { callee, args } => {
            let act = act_of(callee).filter(|act| act.runs() || *act == Act::BuildsCode)?;
            let what = format!("{} when an object of the class is unpickled", act.title());
            Some(finding(
                event,
                Severity::Critical,
                Reason::Attack,
                callee,
                call_text(callee, args, &[]),
                what,
            ))
        }
        EventKind::Shell { command: text } => shell(event, text),
        EventKind::Call {
            callee,
            args,
            keywords,
            hidden,
        } => {
            let call = Called {
                event,
                callee,
                args,
                keywords,
                hidden: *hidden,
                caller: caller.filter(|caller| event.callers.contains(caller)),
            };
            call.persistence().or_else(|| call.judge(act_of(callee)?))
        }
    }
}

fn shell(event: &Event, text: &str) -> Option<SourceFinding> {
    let line = text
        .strip_prefix('!')
        .or_else(|| text.strip_prefix("%sx "))?;
    let installs = [
        "pip ",
        "pip3 ",
        "conda ",
        "apt",
        "ls",
        "cd ",
        "mkdir ",
        "echo ",
        "cat ",
        "nvidia-smi",
        "git clone",
        "wget http",
        "unzip",
    ];
    let severity = match command(&[Value::str(line.trim())]) {
        Command::Hostile(_) => Severity::Critical,
        Command::Harmless => return None,
        _ if installs.iter().any(|start| line.trim().starts_with(start)) => return None,
        _ => Severity::Info,
    };
    let reason = if severity == Severity::Critical {
        Reason::Attack
    } else {
        Reason::Noted
    };
    Some(finding(
        event,
        severity,
        reason,
        "!",
        text.chars().take(200).collect(),
        "runs a shell command when the cell is run".into(),
    ))
}

/// A call with what it is given.
struct Called<'a> {
    event: &'a Event,
    callee: &'a str,
    args: &'a [Value],
    keywords: &'a [(String, Value)],
    hidden: bool,
    /// Who runs it without being asked to.
    caller: Option<Caller>,
}

impl Called<'_> {
    fn found(&self, severity: Severity, reason: Reason, what: &str) -> SourceFinding {
        let shown = call_text(self.callee, self.args, self.keywords);
        let what = match (reason, self.caller) {
            (Reason::EntryPoint, Some(caller)) => {
                format!("{what} {}", self.event.place.when_called(caller.when()))
            }
            _ => format!("{what} {}", self.event.place.when()),
        };
        finding(self.event, severity, reason, self.callee, shown, what)
    }

    /// Why it is as bad as code can be: the loader runs it, by the import or by a call of its own.
    fn by_itself(&self) -> Option<Reason> {
        if self.event.place.on_import() {
            return Some(Reason::OnImport);
        }
        self.caller.map(|_| Reason::EntryPoint)
    }

    /// Whether what it connects to stands in the source.
    fn names_its_target(&self) -> bool {
        let keywords = ["url", "address", "host"].iter();
        let target = self
            .args
            .first()
            .or_else(|| keywords.filter_map(|key| self.keyword(key)).next());
        target.is_some_and(|target| {
            target.alternatives().any(|target| match target {
                Value::List(items) => items.first().and_then(Value::as_text).is_some(),
                other => other.as_text().is_some(),
            })
        })
    }

    fn keyword(&self, name: &str) -> Option<&Value> {
        self.keywords
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    fn judge(&self, act: Act) -> Option<SourceFinding> {
        let place = &self.event.place;
        let on_import = place.on_import();
        match act {
            Act::RunsProcess => self.process(),
            Act::RunsCode => self.code(),
            // A chain of calls that ends in a request is how programs count their users, too.
            Act::Connects | Act::Fetches if matches!(place, Place::ImportVia(_)) => {
                Some(self.found(Severity::Warning, Reason::SideEffect, act.title()))
            }
            Act::LoadsNative | Act::FetchesCode | Act::Connects | Act::Fetches if on_import => {
                Some(self.found(Severity::Critical, Reason::OnImport, act.title()))
            }
            Act::LoadsNative | Act::FetchesCode if self.caller.is_some() => {
                Some(self.found(Severity::Critical, Reason::EntryPoint, act.title()))
            }
            Act::Connects | Act::Fetches if self.caller.is_some() && self.names_its_target() => {
                Some(self.found(Severity::Critical, Reason::EntryPoint, act.title()))
            }
            Act::FetchesModel | Act::Deserialises | Act::Deletes | Act::Tampers if on_import => {
                Some(self.found(Severity::Warning, Reason::SideEffect, act.title()))
            }
            Act::LoadsNative | Act::FetchesCode if *place == Place::Unknown => {
                Some(self.found(Severity::Warning, Reason::StartsProgram, act.title()))
            }
            Act::LoadsNative | Act::FetchesCode | Act::Deserialises => {
                Some(self.found(Severity::Info, Reason::Noted, act.title()))
            }
            Act::BuildsCode => self.built_code(on_import),
            Act::Connects | Act::Fetches | Act::FetchesModel | Act::Deletes | Act::Tampers => None,
        }
    }

    fn process(&self) -> Option<SourceFinding> {
        let named = self
            .keyword("args")
            .or_else(|| self.keyword("cmd"))
            .or_else(|| self.keyword("command"));
        let judged = match (self.args, named) {
            ([], Some(value)) => command(std::slice::from_ref(value)),
            (args, _) => command(args),
        };
        match (judged, self.by_itself()) {
            (Command::Harmless, _) => None,
            (Command::Hostile(shape), _) => {
                Some(self.found(Severity::Critical, Reason::Attack, shape))
            }
            _ if self.downloaded().is_some() => Some(self.found(
                Severity::Critical,
                Reason::HiddenCode,
                "runs a downloaded command",
            )),
            (_, Some(reason)) => {
                Some(self.found(Severity::Critical, reason, Act::RunsProcess.title()))
            }
            _ if self.event.place == Place::Main || is_fixed_program(self.args, self.keywords) => {
                Some(self.found(Severity::Info, Reason::Noted, Act::RunsProcess.title()))
            }
            _ => Some(self.found(
                Severity::Warning,
                Reason::StartsProgram,
                Act::RunsProcess.title(),
            )),
        }
    }

    /// Origins of the arguments.
    fn origins(&self) -> Vec<String> {
        self.args
            .iter()
            .chain(self.keywords.iter().map(|(_, value)| value))
            .flat_map(Value::origins)
            .collect()
    }

    fn downloaded(&self) -> Option<String> {
        let fetched = |name: &String| {
            matches!(
                act_of(name),
                Some(Act::Fetches | Act::Connects | Act::FetchesModel)
            ) || name.starts_with("socket.socket.recv")
        };
        self.origins().into_iter().find(fetched)
    }

    fn code(&self) -> Option<SourceFinding> {
        let first = self
            .args
            .first()
            .or_else(|| self.keyword("source"))
            .or_else(|| self.keyword("stmt"))?;
        if self.downloaded().is_some() {
            return Some(self.found(
                Severity::Critical,
                Reason::HiddenCode,
                "runs downloaded code",
            ));
        }
        let origins = self.origins();
        if origins
            .iter()
            .any(|origin| DECODERS.iter().any(|decoder| origin.contains(decoder)))
        {
            return Some(self.found(Severity::Critical, Reason::HiddenCode, "runs decoded code"));
        }
        if first.alternatives().all(|text| text.as_text().is_some()) {
            // The text itself was read like the rest of the file.
            return self
                .hidden
                .then(|| self.found(Severity::Critical, Reason::HiddenCode, "runs hidden code"));
        }
        let from_file = origins.iter().any(|origin| {
            origin.starts_with("builtins.open")
                || origin.starts_with("io.open")
                || origin.starts_with("pathlib.")
        });
        match (&self.event.place, self.by_itself()) {
            (_, Some(Reason::OnImport)) if from_file => Some(self.found(
                Severity::Warning,
                Reason::SideEffect,
                "runs the text of a file",
            )),
            (_, Some(reason)) if !from_file => {
                Some(self.found(Severity::Critical, reason, "runs text that is put together"))
            }
            (Place::Main, _) => Some(self.found(Severity::Info, Reason::Noted, "runs text")),
            _ => Some(self.found(
                Severity::Warning,
                Reason::RunsText,
                "runs text that is put together",
            )),
        }
    }

    fn built_code(&self, on_import: bool) -> Option<SourceFinding> {
        let decodes = self
            .origins()
            .iter()
            .any(|origin| DECODERS.iter().any(|decoder| origin.contains(decoder)));
        let constant = self.args.iter().any(|arg| matches!(arg, Value::Bytes(_)));
        if self.downloaded().is_some() || decodes || constant {
            return Some(self.found(
                Severity::Critical,
                Reason::HiddenCode,
                Act::BuildsCode.title(),
            ));
        }
        let bytecode = self.callee.starts_with("marshal.") || self.callee.ends_with("CodeType");
        match (bytecode, on_import) {
            (true, true) => Some(self.found(
                Severity::Warning,
                Reason::SideEffect,
                Act::BuildsCode.title(),
            )),
            (true, false) => {
                Some(self.found(Severity::Info, Reason::Noted, Act::BuildsCode.title()))
            }
            _ => None,
        }
    }

    /// Writing where what is written runs by itself later.
    fn persistence(&self) -> Option<SourceFinding> {
        if !matches!(self.callee, "builtins.open" | "io.open" | "os.open") {
            return None;
        }
        let path = self.args.first().and_then(Value::as_text)?;
        let mode = self
            .args
            .get(1)
            .or_else(|| self.keyword("mode"))
            .and_then(Value::as_str)
            .unwrap_or("r");
        let writes = is_persistence_path(path) && mode.contains(['w', 'a', '+', 'x']);
        writes.then(|| {
            self.found(
                Severity::Critical,
                Reason::Attack,
                "writes where what is written runs by itself",
            )
        })
    }
}

/// What several events of the same run of code are together.
fn together(events: &[Event]) -> Vec<SourceFinding> {
    let mut blocks: BTreeMap<u32, Vec<&Event>> = BTreeMap::new();
    for event in events.iter().filter(|event| {
        matches!(event.kind, EventKind::Call { .. }) && event.place != Place::Unknown
    }) {
        blocks.entry(event.block).or_default().push(event);
    }
    blocks
        .values()
        .filter_map(|events| reverse_shell(events).or_else(|| theft(events)))
        .collect()
}

fn callee(event: &Event) -> &str {
    if let EventKind::Call { callee, .. } = &event.kind {
        callee
    } else {
        ""
    }
}

/// A connection whose other end gets a shell.
fn reverse_shell(events: &[&Event]) -> Option<SourceFinding> {
    let connection = events.iter().find(|event| {
        callee(event).starts_with("socket.") && act_of(callee(event)) == Some(Act::Connects)
    })?;
    let redirected = events.iter().any(|event| callee(event) == "os.dup2");
    let runs = events
        .iter()
        .any(|event| act_of(callee(event)) == Some(Act::RunsProcess));
    let receives = events
        .iter()
        .any(|event| callee(event).starts_with("socket.socket.recv"));
    let spawns = events.iter().any(|event| callee(event) == "pty.spawn");
    if !spawns && !(runs && (redirected || receives)) {
        return None;
    }
    let what = format!(
        "lets the other end of a connection run commands {}",
        connection.place.when()
    );
    Some(finding(
        connection,
        Severity::Critical,
        Reason::Attack,
        callee(connection),
        call_of(connection),
        what,
    ))
}

fn call_of(event: &Event) -> String {
    match &event.kind {
        EventKind::Call {
            callee,
            args,
            keywords,
            ..
        } => call_text(callee, args, keywords),
        _ => String::new(),
    }
}

/// Credentials read, or the whole environment, and something sent.
fn theft(events: &[&Event]) -> Option<SourceFinding> {
    let sends =
        |event: &&&Event| matches!(act_of(callee(event)), Some(Act::Fetches | Act::Connects));
    let sent = events.iter().find(sends)?;
    let values = |event: &Event| -> Vec<Value> {
        match &event.kind {
            EventKind::Call { args, keywords, .. } => args
                .iter()
                .chain(keywords.iter().map(|(_, value)| value))
                .cloned()
                .collect(),
            _ => Vec::new(),
        }
    };
    let reads = |event: &&Event| {
        matches!(
            callee(event),
            "builtins.open"
                | "io.open"
                | "pathlib.Path"
                | "os.path.expanduser"
                | "os.path.join"
                | "glob.glob"
        ) && values(event)
            .iter()
            .filter_map(Value::as_text)
            .any(is_secret_path)
    };
    let secrets = events.iter().any(reads);
    let environment = events.iter().filter(sends).any(|event| {
        values(event).iter().any(|value| {
            value
                .origins()
                .iter()
                .any(|origin| origin == "os.environ" || origin == "os.environ.copy")
        })
    });
    if !secrets && !environment {
        return None;
    }
    let loot = if secrets {
        "credentials"
    } else {
        "the environment"
    };
    let what = format!("sends {loot} over the network {}", sent.place.when());
    Some(finding(
        sent,
        Severity::Critical,
        Reason::Attack,
        callee(sent),
        call_of(sent),
        what,
    ))
}
