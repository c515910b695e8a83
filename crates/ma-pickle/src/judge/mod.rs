//! From events to findings: what one stream does, judged.
//!
//! The judge sees every import, call and mutation once, in the order in which a loader would run
//! them, and judges the event, not the name: importing, calling, overwriting and handing over are
//! different things. Names come from [`ma_python::catalogue`], default-deny: what nobody has judged
//! is never silent. Nothing that comes later in a stream takes a finding back.
//!
//! | module | judges |
//! | --- | --- |
//! | [`name`] | an imported name and its spelling |
//! | `call`, `special`, `hidden`, `reach` | calls: by name, loaders and code, callables as arguments, attributes |
//! | `tamper` | changes to imported objects |
//! | `stream` | spellings, bombs, and how the stream ends |
//! | [`finding`] | keeps one finding for each distinct event |

mod argument;
mod call;
pub(crate) mod finding;
mod hidden;
mod loads;
pub(crate) mod name;
mod note;
mod operand;
mod reach;
mod special;
mod stream;
mod tamper;

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::rc::Rc;

use ma_core::{Blob, Budget, Evidence, Issue, Kind, Rule, Severity, text};

use crate::event::{Event, Observer, Raw, StreamEnd};
use crate::fold::Folder;
use crate::machine::Machine;
use crate::nested;
use crate::opcode::Op;
use crate::streams::joblib;
use crate::streams::torch::StorageKey;
use crate::value::{GlobalId, Value, View};

pub(crate) use finding::{Finding, Findings};
use name::Name;
use note::{Note, What};
pub(crate) use stream::Outcome;

/// Characters of reconstructed source kept as evidence.
const MAX_SOURCE: usize = 2000;
/// Persistent ids kept for the layout of the raw data.
const MAX_STORAGES: usize = 1 << 20;
/// Children handed out by one stream.
const MAX_CHILDREN: usize = 1000;

/// Bytes inside the stream that deserve their own look.
#[derive(Debug)]
pub(crate) struct Child {
    /// Its name below the artifact.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) blob: Blob,
    /// What it is, to whoever loads it, when somebody does.
    pub(crate) kind: Option<Kind>,
}

/// An import that nothing has explained yet.
#[derive(Debug)]
struct Import {
    name: Rc<Name>,
    op: Op,
    offset: u64,
    end: u64,
}

/// How a stream is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// joblib's raw arrays are skipped, as its loader does.
    pub(crate) joblib: bool,
    /// Literals are searched for pickles; streams inside streams inside … stop at zero.
    pub(crate) nesting: u8,
    /// Large literals are not read.
    pub(crate) structure_only: bool,
}

/// Judges one stream.
pub(crate) struct Judge<'a> {
    blob: Blob,
    budget: &'a Budget,
    reading: Reading,
    /// What was found.
    pub(crate) found: Findings,
    /// What is to be looked at by others.
    pub(crate) children: Vec<Child>,
    /// Storages that the stream refers to.
    pub(crate) storages: Vec<StorageKey>,
    /// What STOP handed back, where the layout of the file depends on it.
    pub(crate) result: Outcome,
    /// joblib's arrays: where raw bytes lie.
    pub(crate) raw: Vec<std::ops::Range<u64>>,
    /// Names that are not known to be harmless were met.
    pub(crate) interesting: bool,
    /// Such a name was met that is also well-formed.
    pub(crate) named: bool,
    /// A well-formed name that is known to be dangerous was met.
    pub(crate) denied: bool,
    /// By the number of the machine, which counts from zero.
    names: Vec<Option<Rc<Name>>>,
    extensions: HashMap<i64, Rc<Name>>,
    notes: HashMap<u64, Note>,
    folder: Folder,
    imports: Vec<Import>,
    /// Canonical names that a finding or a judged call accounts for.
    explained: HashSet<String>,
    nested: Vec<nested::Found>,
    /// Payloads that a loader in the stream was given.
    loaded: HashSet<u64>,
    loaded_ranges: HashSet<(u64, u64)>,
    memo_hole: bool,
    /// Where a second reading was not followed.
    pub(crate) skipped: Option<u64>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(blob: Blob, budget: &'a Budget, reading: Reading) -> Self {
        Self {
            blob,
            budget,
            reading,
            found: Findings::default(),
            children: Vec::new(),
            storages: Vec::new(),
            result: Outcome::Other,
            raw: Vec::new(),
            interesting: false,
            named: false,
            denied: false,
            names: Vec::new(),
            extensions: HashMap::new(),
            notes: HashMap::new(),
            folder: Folder::default(),
            imports: Vec::new(),
            explained: HashSet::new(),
            nested: Vec::new(),
            loaded: HashSet::new(),
            loaded_ranges: HashSet::new(),
            memo_hole: false,
            skipped: None,
        }
    }

    /// Reports an event. `key` says what it is about: same rule and key are one finding.
    fn report(
        &mut self,
        rule: &'static Rule,
        severity: Severity,
        key: &str,
        make: impl FnOnce() -> Issue,
    ) {
        if self.found.again(rule, key, severity) {
            return;
        }
        self.found.add(Finding {
            issue: make().severity(severity),
            count: 1,
            key: key.to_owned(),
            structural: false,
        });
    }

    /// Reports an event at a call, with the call as source.
    fn report_call(
        &mut self,
        machine: &Machine<'_>,
        at: &At,
        finding: (&'static Rule, Severity),
        about: &Name,
        words: (String, &str),
    ) {
        let (rule, severity) = finding;
        let (message, why) = words;
        let key = about.path.clone();
        let trustable = rule.trustable;
        let decoded = self.decoded_arguments(machine, at.value);
        self.report(rule, severity, &key, || {
            let mut issue = Issue::new(rule, message)
                .at(at.range(machine))
                .evidence(Evidence::code("call", machine.render(at.value, MAX_SOURCE)))
                .evidence(Evidence::fact("opcode", at.opcode()));
            if let Some(decoded) = decoded {
                issue = issue.evidence(Evidence::text("decoded argument", decoded));
            }
            if !why.is_empty() {
                issue = issue.why(why);
            }
            if trustable || about.verdict.matched != ma_python::catalogue::Matched::None {
                issue = issue.subject(about.canonical());
            }
            issue
        });
    }

    /// Text that the arguments of a call turn out to be once they are computed.
    fn decoded_arguments(&self, machine: &Machine<'_>, call: Value) -> Option<String> {
        let View::Call(call) = machine.view(call) else {
            return None;
        };
        Self::arguments(machine, call.args)
            .into_iter()
            .take(8)
            .find_map(|arg| {
                let folded = self.note_of(machine, arg)?.folded.as_ref()?;
                let bytes = folded.as_bytes().filter(|bytes| !bytes.is_empty())?;
                let text = std::str::from_utf8(bytes).ok()?;
                Some(text::shorten(text, MAX_SOURCE).into_owned())
            })
    }

    /// Marks a name as accounted for.
    fn explain(&mut self, name: &Name) {
        // A million instances of one class are explained once.
        if !self.explained.contains(&name.path) {
            self.explained.insert(name.path.clone());
        }
    }

    /// Notes what the call at `offset` gives.
    fn note(&mut self, offset: u64, note: Note) {
        self.notes.insert(offset, note);
    }

    fn note_what(&mut self, offset: u64, what: What) {
        match self.notes.get_mut(&offset) {
            Some(note) => note.what = what,
            None => self.note(offset, Note { folded: None, what }),
        }
    }

    fn hand_out(&mut self, child: Child, fingerprint: u64) {
        let again = !self.loaded.insert(fingerprint);
        if !again && self.children.len() < MAX_CHILDREN {
            self.children.push(child);
        }
    }

    /// The judged name behind a number of the machine.
    fn name_of(&mut self, machine: &Machine<'_>, id: GlobalId) -> Rc<Name> {
        if let Some(name) = self.known(id) {
            return Rc::clone(name);
        }
        let global = machine.global(id);
        let part = |judge: &Self, text: &crate::value::Text, value: Option<Value>| match value {
            Some(value) => judge
                .fold(machine, value)
                .and_then(|folded| folded.as_text().map(str::to_owned))
                .unwrap_or_else(|| "?".to_owned()),
            None => text.lossy().into_owned(),
        };
        let module = part(self, &global.module, global.module_value);
        let name = part(self, &global.name, global.name_value);
        let mut name = Name::new(&module, &name, global.proto);
        name.computed = global.computed;
        let name = Rc::new(name);
        let at = usize::try_from(id.0).unwrap_or(usize::MAX);
        if at >= self.names.len() {
            self.names.resize(at.saturating_add(1), None);
        }
        if let Some(place) = self.names.get_mut(at) {
            *place = Some(Rc::clone(&name));
        }
        name
    }

    /// The judged name behind a number, when it was judged already.
    fn known(&self, id: GlobalId) -> Option<&Rc<Name>> {
        self.names.get(usize::try_from(id.0).ok()?)?.as_ref()
    }

    /// An import happens.
    fn import(&mut self, machine: &Machine<'_>, id: GlobalId, op: Op, offset: u64) {
        let known = self.known(id).is_some();
        let name = self.name_of(machine, id);
        if known {
            return;
        }
        self.met(&name);
        let end = machine.position();
        if name.computed {
            self.report_computed_name(machine, &name, op, offset..end);
        }
        self.imports.push(Import {
            name,
            op,
            offset,
            end,
        });
    }

    fn met(&mut self, name: &Name) {
        use ma_python::catalogue::Grade;
        self.interesting |= name.grade() != Grade::Inert;
        self.named |= name.grade() != Grade::Inert && !name.odd;
        self.denied |= name.is_denied();
    }

    /// Gives back what was found, once the stream is over.
    pub(crate) fn finish(&mut self, end: &StreamEnd, opcodes: u64) -> Findings {
        self.judge_imports();
        self.judge_nested();
        self.judge_end(end, opcodes);
        std::mem::take(&mut self.found)
    }
}

/// A place in the stream: the opcode that acts, and the value that shows what it does.
struct At {
    value: Value,
    offset: u64,
    op: Op,
}

impl At {
    fn range(&self, machine: &Machine<'_>) -> std::ops::Range<u64> {
        let end = machine.position();
        let start = self.offset;
        // An opcode that has no argument is one byte; the machine stands behind it.
        start..end.max(start.saturating_add(1))
    }

    fn opcode(&self) -> String {
        format!("{} at byte {}", self.op.name(), self.offset)
    }
}

/// Text from the file, short and safe to print inside a message.
fn shown(text: &str) -> String {
    text::escape(&text::shorten(text, 120)).into_owned()
}

impl Observer for Judge<'_> {
    fn event(&mut self, machine: &Machine<'_>, event: &Event<'_>) -> ControlFlow<()> {
        match *event {
            Event::Import { id, op, offset, .. } => self.import(machine, id, op, offset),
            Event::Call { call, offset } => self.judge_call(machine, call, offset),
            Event::Build {
                target,
                state,
                offset,
            } => {
                self.judge_build(machine, target, state, offset);
            }
            Event::SetItem {
                target,
                pairs,
                offset,
            } => {
                self.judge_change(machine, target, pairs, (Op::SetItem, offset));
            }
            Event::Append {
                target,
                items,
                offset,
            } => {
                self.judge_change(machine, target, items, (Op::Append, offset));
            }
            Event::AddItem {
                target,
                items,
                offset,
            } => {
                self.judge_change(machine, target, items, (Op::AddItems, offset));
            }
            Event::Persistent { id, offset, .. } => self.judge_persistent(machine, id, offset),
            Event::Extension { code, offset, .. } => self.judge_extension(machine, code, offset),
            Event::Anomaly {
                kind,
                offset,
                range,
            } => self.judge_anomaly(kind, offset, range),
            Event::Literal { value, range } => self.hunt_literal(machine, value, range),
            Event::Fork { offset } => self.notes.retain(|at, _| *at < offset),
            Event::Stop { value, .. } => self.result = Outcome::of(machine, value),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn raw_after_build(&mut self, machine: &Machine<'_>, built: Value, at: u64) -> Raw {
        if !self.reading.joblib {
            return Raw::None;
        }
        let View::Call(call) = machine.view(built) else {
            return Raw::None;
        };
        let View::Global(id, _) = machine.view(call.callee) else {
            return Raw::None;
        };
        let name = self.name_of(machine, id);
        if !joblib::is_wrapper(&name.module, &name.name) {
            return Raw::None;
        }
        let raw = joblib::raw_after(machine, &call, &self.blob, at);
        if let Raw::Skip(n) = raw {
            self.raw.push(at..at.saturating_add(n));
        }
        raw
    }
}
