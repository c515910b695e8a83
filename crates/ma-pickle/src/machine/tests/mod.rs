//! What the machine does, opcode by opcode, on bytes written by hand.

#![allow(clippy::arithmetic_side_effects)]

mod differential;
mod forget;
mod frames;
mod opcodes;
mod quirks;

use std::ops::ControlFlow;

use ma_core::{Blob, Budget};

use crate::event::{Anomaly, Event, Observer, Pause, Raw, StreamEnd};
use crate::machine::Machine;
use crate::value::{Value, View};

/// Everything that happened, as text.
#[derive(Default)]
pub(super) struct Log {
    pub(super) lines: Vec<String>,
    pub(super) anomalies: Vec<Anomaly>,
    pub(super) result: Option<String>,
    pub(super) raw: Raw,
    pub(super) registered: Vec<(i64, Value)>,
}

impl Observer for Log {
    fn event(&mut self, machine: &Machine<'_>, event: &Event<'_>) -> ControlFlow<()> {
        let show = |v: Value| machine.render(v, 300);
        let all = |values: &[Value]| {
            values
                .iter()
                .map(|v| show(*v))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let line = match *event {
            Event::Import { id, .. } => {
                let global = machine.global(id);
                format!("import {} {}", global.full_name(), global.proto)
            }
            Event::Call { call, .. } => {
                if let View::Call(call) = machine.view(call)
                    && let View::Global(_, global) = machine.view(call.callee)
                    && global.name.as_str() == Some("add_extension")
                {
                    let code = machine.children(call.args)[2];
                    let code = machine.constant(code, 8).unwrap().as_int().unwrap();
                    self.registered.push((code, call.callee));
                }
                show(call)
            }
            Event::Build { target, state, .. } => {
                format!("{} <- {}", show(target), show(state))
            }
            Event::SetItem { target, pairs, .. } => format!("{}[{}]", show(target), all(pairs)),
            Event::Append { target, items, .. } => format!("{} += {}", show(target), all(items)),
            Event::AddItem { target, items, .. } => format!("{} |= {}", show(target), all(items)),
            Event::Persistent { value, .. } => show(value),
            Event::Extension { code, value, .. } => format!("ext {code} {}", show(value)),
            Event::Buffer { .. } => "buffer".to_owned(),
            Event::Anomaly { kind, .. } => {
                self.anomalies.push(kind);
                return ControlFlow::Continue(());
            }
            Event::Fork { offset } => format!("fork {offset}"),
            Event::Stop { value, .. } => {
                self.result.get_or_insert(show(value));
                return ControlFlow::Continue(());
            }
            Event::Literal { .. } => return ControlFlow::Continue(()),
        };
        self.lines.push(line);
        ControlFlow::Continue(())
    }

    fn raw_after_build(&mut self, _: &Machine<'_>, _: Value, _: u64) -> Raw {
        self.raw
    }

    fn new_extension(&mut self) -> Option<(i64, Value)> {
        self.registered.pop()
    }
}

pub(super) fn run(bytes: &[u8]) -> (Log, StreamEnd) {
    run_with(bytes, Raw::None)
}

pub(super) fn run_with(bytes: &[u8], raw: Raw) -> (Log, StreamEnd) {
    let budget = Budget::default();
    let mut log = Log {
        raw,
        ..Log::default()
    };
    let mut machine = Machine::new(Blob::from_vec(bytes.to_vec()), 0, &budget);
    match machine.run(&mut log).unwrap() {
        Pause::Ended(end) => (log, end),
        Pause::NestedPickle { offset } => panic!("nested pickle at {offset}"),
    }
}

/// The result as source, for streams that end with STOP.
pub(super) fn result(bytes: &[u8]) -> String {
    let (log, end) = run(bytes);
    assert!(matches!(end, StreamEnd::Stop { .. }), "{end:?}");
    log.result.unwrap()
}

/// What happened, for any stream.
pub(super) fn effects(bytes: &[u8]) -> Vec<String> {
    run(bytes).0.lines
}

/// Why loaders stop.
pub(super) fn refusal(bytes: &[u8]) -> &'static str {
    match run(bytes).1 {
        StreamEnd::Error { what, .. } => what,
        end => panic!("{end:?}"),
    }
}

pub(super) fn anomalies(bytes: &[u8]) -> Vec<Anomaly> {
    run(bytes).0.anomalies
}
