//! Everything one stream does, as lists: for people, tests and small tools.

use std::ops::ControlFlow;

use ma_core::{Blob, Budget, ScanError};

use crate::event::{Anomaly, Event, Observer, Pause, StreamEnd};
use crate::machine::{Machine, Stats};
use crate::value::{CallKind, Global, GlobalId, Value, View};

/// Entries kept in each list of a [`Trace`].
pub const MAX_ENTRIES: usize = 100_000;
/// Characters of an expression.
const MAX_SOURCE: usize = 500;

/// What one stream does. Each list keeps its first [`MAX_ENTRIES`] entries.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Imports in the order in which they happen, with their offsets.
    pub imports: Vec<(u64, Global)>,
    /// Calls in the order in which they happen.
    pub calls: Vec<TracedCall>,
    /// Persistent ids as source, with their offsets.
    pub persistent: Vec<(u64, String)>,
    /// Changes to objects that are no plain containers, as source, with their offsets.
    pub mutations: Vec<(u64, String)>,
    /// Text and bytes literals of at least [`crate::machine::MIN_LITERAL`] bytes: where their bytes
    /// lie (start, end).
    pub literals: Vec<(u64, u64)>,
    /// Anomalies with their offsets.
    pub anomalies: Vec<(u64, Anomaly)>,
    /// The result as source.
    pub result: Option<String>,
    /// True when a list was cut.
    pub cut: bool,
    /// How the stream ended.
    pub end: StreamEnd,
    /// Counts.
    pub stats: Stats,
}

/// A call in a [`Trace`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedCall {
    /// Where.
    pub offset: u64,
    /// How.
    pub kind: CallKind,
    /// The call as source.
    pub source: String,
}

/// Runs the pickle at the start of `blob`.
///
/// ```
/// use ma_core::{Blob, Budget};
///
/// let blob = Blob::from_vec(b"cposix\nsystem\n(S'echo pwned'\ntR.".to_vec());
/// let trace = ma_pickle::trace(&blob, &Budget::default()).unwrap();
/// assert_eq!(trace.calls[0].source, "posix.system('echo pwned')");
/// ```
///
/// # Errors
/// When the bytes can't be read or the budget is used up.
pub fn trace(blob: &Blob, budget: &Budget) -> Result<Trace, ScanError> {
    trace_at(blob, 0, budget)
}

/// Runs the pickle at `start`; offsets are those of the blob.
///
/// # Errors
/// When the bytes can't be read or the budget is used up.
pub fn trace_at(blob: &Blob, start: u64, budget: &Budget) -> Result<Trace, ScanError> {
    let mut tracer = Tracer::default();
    let mut machine = Machine::new(blob.clone(), start, budget);
    let end = match machine.run(&mut tracer)? {
        Pause::Ended(end) => end,
        // Nobody here asks for nested pickles.
        Pause::NestedPickle { offset } => StreamEnd::Undecodable { at: offset },
    };
    let mut trace = tracer.into_trace(end);
    trace.stats = machine.stats();
    Ok(trace)
}

#[derive(Default)]
struct Tracer {
    imports: Vec<(u64, Global)>,
    calls: Vec<TracedCall>,
    persistent: Vec<(u64, String)>,
    mutations: Vec<(u64, String)>,
    literals: Vec<(u64, u64)>,
    anomalies: Vec<(u64, Anomaly)>,
    result: Option<String>,
    cut: bool,
}

impl Tracer {
    fn into_trace(self, end: StreamEnd) -> Trace {
        Trace {
            imports: self.imports,
            calls: self.calls,
            persistent: self.persistent,
            mutations: self.mutations,
            literals: self.literals,
            anomalies: self.anomalies,
            result: self.result,
            cut: self.cut,
            end,
            stats: Stats::default(),
        }
    }

    fn import(&mut self, machine: &Machine<'_>, id: GlobalId, offset: u64) {
        if self.imports.len() >= MAX_ENTRIES {
            self.cut = true;
            return;
        }
        let mut global = machine.global(id).clone();
        global.offset = offset;
        self.imports.push((offset, global));
    }

    fn mutation(
        &mut self,
        machine: &Machine<'_>,
        offset: u64,
        target: Value,
        method: &str,
        items: &[Value],
    ) {
        if self.mutations.len() >= MAX_ENTRIES {
            self.cut = true;
            return;
        }
        let target = machine.render(target, MAX_SOURCE);
        let items: Vec<String> = items
            .iter()
            .take(8)
            .map(|item| machine.render(*item, MAX_SOURCE))
            .collect();
        let source = format!("{target}.{method}({})", items.join(", "));
        self.mutations.push((offset, source));
    }
}

fn keep<T>(list: &mut Vec<T>, cut: &mut bool, entry: impl FnOnce() -> T) {
    if list.len() < MAX_ENTRIES {
        list.push(entry());
    } else {
        *cut = true;
    }
}

impl Observer for Tracer {
    fn event(&mut self, machine: &Machine<'_>, event: &Event<'_>) -> ControlFlow<()> {
        match *event {
            Event::Import { id, offset, .. } => self.import(machine, id, offset),
            Event::Call { call, offset } => {
                let View::Call(view) = machine.view(call) else {
                    return ControlFlow::Continue(());
                };
                keep(&mut self.calls, &mut self.cut, || TracedCall {
                    offset,
                    kind: view.kind,
                    source: machine.render(call, MAX_SOURCE),
                });
            }
            Event::Build {
                target,
                state,
                offset,
            } => self.mutation(machine, offset, target, "__setstate__", &[state]),
            Event::SetItem {
                target,
                pairs,
                offset,
            } => self.mutation(machine, offset, target, "__setitem__", pairs),
            Event::Append {
                target,
                items,
                offset,
            } => self.mutation(machine, offset, target, "append", items),
            Event::AddItem {
                target,
                items,
                offset,
            } => self.mutation(machine, offset, target, "add", items),
            Event::Persistent { id, offset, .. } => {
                keep(&mut self.persistent, &mut self.cut, || {
                    (offset, machine.render(id, MAX_SOURCE))
                });
            }
            Event::Literal { range, .. } => keep(&mut self.literals, &mut self.cut, || range),
            Event::Anomaly { kind, offset, .. } => {
                keep(&mut self.anomalies, &mut self.cut, || (offset, kind));
            }
            Event::Stop { value, .. } => {
                let source = machine.render(value, MAX_SOURCE);
                self.result.get_or_insert(source);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
