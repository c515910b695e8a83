//! Bodies of the fuzz targets of the lower layers. They must return, quickly, for any bytes.

use std::ops::ControlFlow;

use ma_core::{Blob, Budget};

use crate::decode::Opcodes;
use crate::decompile::DecompileLimits;
use crate::event::{Event, Observer, Pause, Raw};
use crate::machine::Machine;
use crate::value::{Value, View};

/// Walks over opcodes.
pub fn opcodes(bytes: &[u8]) {
    let budget = Budget::default();
    let mut end = 0;
    for opcode in Opcodes::new(Blob::from_vec(bytes.to_vec()), 0, &budget).flatten() {
        assert!(opcode.offset == end && opcode.end > end && opcode.end <= bytes.len() as u64);
        end = opcode.end;
    }
}

/// Looks at everything that an observer may look at.
struct Nosy {
    raw: Raw,
    asked: u32,
}

impl Observer for Nosy {
    fn event(&mut self, machine: &Machine<'_>, event: &Event<'_>) -> ControlFlow<()> {
        match *event {
            Event::Call { call, .. } => look(machine, call),
            Event::Import { global, .. } => look(machine, global),
            Event::Build { target, state, .. } => {
                look(machine, target);
                look(machine, state);
            }
            Event::Persistent { id, .. } => look(machine, id),
            Event::Literal { value, range } => {
                assert!(range.1 >= range.0 && range.1 <= machine.blob().len());
                assert!(machine.constant(value, 100).is_some());
            }
            Event::SetItem { pairs, .. } => pairs.iter().for_each(|v| look(machine, *v)),
            Event::Append { items, .. } | Event::AddItem { items, .. } => {
                items.iter().take(100).for_each(|v| look(machine, *v));
            }
            Event::Stop { value, .. } => look(machine, value),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn raw_after_build(&mut self, _machine: &Machine<'_>, _built: Value, _at: u64) -> Raw {
        self.asked = self.asked.saturating_add(1);
        if self.asked.is_multiple_of(3) {
            self.raw
        } else {
            Raw::None
        }
    }

    fn wants_inert(&self) -> bool {
        matches!(self.raw, Raw::Skip(_))
    }
}

fn look(machine: &Machine<'_>, value: Value) {
    let _ = machine.constant(value, 64);
    let _ = machine.offset(value);
    let _ = machine.holds(value);
    assert!(machine.render(value, 80).len() < 10_000);
    if let View::Call(call) = machine.view(value) {
        let _ = machine.children(call.args);
    }
}

/// Runs the machine, with raw data of several kinds behind some BUILDs.
pub fn machine(bytes: &[u8]) {
    for raw in [Raw::None, Raw::Skip(3), Raw::Pickle] {
        let budget = Budget::default();
        let mut nosy = Nosy { raw, asked: 0 };
        let mut machine = Machine::new(Blob::from_vec(bytes.to_vec()), 0, &budget);
        machine.set_memory(64 << 20);
        loop {
            match machine.run(&mut nosy) {
                Ok(Pause::NestedPickle { offset }) => {
                    machine.resume_at(offset.saturating_add(2));
                }
                Ok(Pause::Ended(end)) => {
                    assert!(end.offset().is_none_or(|at| at <= bytes.len() as u64));
                    break;
                }
                Err(e) => {
                    assert!(!bytes.is_empty(), "{e}");
                    break;
                }
            }
        }
        let _ = machine.stats();
    }
}

/// Decompiles.
pub fn decompile(bytes: &[u8]) {
    let mut out = String::new();
    let limits = DecompileLimits {
        max_statements: 100,
        max_width: 200,
    };
    let blob = Blob::from_vec(bytes.to_vec());
    let result = crate::decompile(&blob, &Budget::default(), &mut out, limits);
    assert!(result.is_ok());
    assert!(out.len() < 1 << 20);
}
