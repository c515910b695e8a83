//! A pickle as Python-like source: one statement per effect, in the order in which a loader runs
//! them, each with the offset of its opcode.
//!
//! ```text
//! import posix; posix.system                   # 0x0, protocol 0
//! _v0 = posix.system('echo pwned')             # 0x1f
//! result = _v0                                 # 0x20
//! ```
//!
//! Results of calls get a name, so that what is shared is written once. Containers are written where
//! they are used, as they are at that moment. Nothing is left out because its result is thrown away.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::ops::ControlFlow;

use ma_core::{Blob, Budget, ScanError, text};

use crate::event::{Event, Observer, Pause, StreamEnd};
use crate::machine::Machine;
use crate::render::Renderer;
use crate::value::{GlobalId, Value, View};

/// Bounds on the output of [`decompile`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecompileLimits {
    /// Statements written; further ones are counted.
    pub max_statements: usize,
    /// Characters per statement.
    pub max_width: usize,
}

impl Default for DecompileLimits {
    fn default() -> Self {
        Self {
            max_statements: 10_000,
            max_width: 2000,
        }
    }
}

/// Writes the pickle at the start of `blob` as source.
///
/// ```
/// use ma_core::{Blob, Budget};
///
/// let blob = Blob::from_vec(b"cposix\nsystem\n(S'echo pwned'\ntR.".to_vec());
/// let mut out = String::new();
/// ma_pickle::decompile(&blob, &Budget::default(), &mut out, Default::default()).unwrap();
/// assert!(out.contains("_v0 = posix.system('echo pwned')"));
/// ```
///
/// # Errors
/// When the bytes can't be read or the budget is used up, or `out` fails.
pub fn decompile(
    blob: &Blob,
    budget: &Budget,
    out: &mut dyn fmt::Write,
    limits: DecompileLimits,
) -> Result<(), ScanError> {
    decompile_at(blob, 0, budget, out, limits)
}

/// Writes the pickle at `start` as source; offsets are those of the blob.
///
/// # Errors
/// As [`decompile`].
pub fn decompile_at(
    blob: &Blob,
    start: u64,
    budget: &Budget,
    out: &mut dyn fmt::Write,
    limits: DecompileLimits,
) -> Result<(), ScanError> {
    let mut writer = Writer {
        out,
        limits,
        names: HashMap::new(),
        imported: HashMap::new(),
        statements: 0,
        left_out: 0,
        failed: false,
    };
    let mut machine = Machine::new(blob.clone(), start, budget);
    let pause = machine.run(&mut writer)?;
    if writer.left_out > 0 {
        let n = writer.left_out;
        writer.raw(&format!("# … and {n} more statements"));
    }
    if let Pause::Ended(end) = pause {
        writer.end(&end);
    }
    if writer.failed {
        return Err(ScanError::Stopped);
    }
    Ok(())
}

struct Writer<'o> {
    out: &'o mut dyn fmt::Write,
    limits: DecompileLimits,
    /// Numbers of calls, by offset.
    names: HashMap<u64, u32>,
    /// Names whose import was written.
    imported: HashMap<GlobalId, ()>,
    statements: usize,
    left_out: u64,
    failed: bool,
}

impl Writer<'_> {
    fn raw(&mut self, line: &str) {
        self.failed |= writeln!(self.out, "{line}").is_err();
    }

    fn full(&mut self) -> bool {
        if self.statements < self.limits.max_statements {
            self.statements = self.statements.saturating_add(1);
            return false;
        }
        self.left_out = self.left_out.saturating_add(1);
        true
    }

    fn statement(&mut self, offset: u64, source: &str) {
        self.noted(offset, source, "");
    }

    fn noted(&mut self, offset: u64, source: &str, note: &str) {
        let source = text::shorten(source, self.limits.max_width.saturating_add(80));
        let mut line = String::new();
        // Writing to a String can't fail.
        let _ = write!(line, "{source:<44} # {offset:#x}{note}");
        self.raw(&line);
    }

    fn expression(&self, machine: &Machine<'_>, value: Value) -> String {
        let width = self.limits.max_width;
        Renderer::new(machine, width)
            .with_names(&self.names)
            .expression(value)
    }

    fn list(&self, machine: &Machine<'_>, values: &[Value]) -> String {
        let mut out = String::new();
        for (i, value) in values.iter().enumerate() {
            if out.len() > self.limits.max_width {
                out.push_str(", ...");
                break;
            }
            if i > 0 {
                out.push_str(", ");
            }
            out.push_str(&self.expression(machine, *value));
        }
        out
    }

    fn import(&mut self, machine: &Machine<'_>, id: GlobalId, offset: u64) {
        if self.imported.insert(id, ()).is_some() || self.full() {
            return;
        }
        let global = machine.global(id);
        let mut source = machine.render_global(id, self.limits.max_width);
        if !source.starts_with("getattr(") {
            source = format!("import {}; {source}", global.module.lossy());
        }
        // Python 2 names may be mapped; say which rules apply.
        let note = match global.proto {
            0..=2 => format!(", protocol {}", global.proto),
            _ => String::new(),
        };
        self.noted(offset, &source, &note);
    }

    fn call(&mut self, machine: &Machine<'_>, call: Value, offset: u64) {
        let View::Call(_) = machine.view(call) else {
            return;
        };
        if self.full() {
            return;
        }
        let source = Renderer::new(machine, self.limits.max_width)
            .with_names(&self.names)
            .definition(call);
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let number = *self.names.entry(offset).or_insert(number);
        self.statement(offset, &format!("_v{number} = {source}"));
    }

    fn method(
        &mut self,
        machine: &Machine<'_>,
        (target, offset): (Value, u64),
        name: &str,
        values: &[Value],
    ) {
        if self.full() {
            return;
        }
        let target = self.expression(machine, target);
        let values = self.list(machine, values);
        self.statement(offset, &format!("{target}.{name}({values})"));
    }

    fn set_items(&mut self, machine: &Machine<'_>, target: Value, pairs: &[Value], offset: u64) {
        let shown = self.expression(machine, target);
        for pair in pairs.chunks(2) {
            if self.full() {
                continue;
            }
            if let [key, value] = pair {
                let key = self.expression(machine, *key);
                let value = self.expression(machine, *value);
                self.statement(offset, &format!("{shown}[{key}] = {value}"));
            }
        }
    }

    fn end(&mut self, end: &StreamEnd) {
        let line = match end {
            StreamEnd::Stop { .. } => return,
            StreamEnd::Truncated { at } => format!("# the data ends at {at:#x}"),
            StreamEnd::Invalid { at, byte } => {
                format!("# byte {byte:#04x} at {at:#x} is no opcode")
            }
            StreamEnd::Error { at, what } => format!("# loaders stop at {at:#x}: {what}"),
            StreamEnd::Undecodable { at } => format!("# unknown data at {at:#x}"),
            StreamEnd::Limit { at, hit } => format!("# stopped at {at:#x}: {hit}"),
            StreamEnd::Stopped => "# stopped".to_owned(),
        };
        self.raw(&line);
    }
}

impl Observer for Writer<'_> {
    fn event(&mut self, machine: &Machine<'_>, event: &Event<'_>) -> ControlFlow<()> {
        match *event {
            Event::Import { id, offset, .. } => self.import(machine, id, offset),
            Event::Call { call, offset } => self.call(machine, call, offset),
            Event::Build {
                target,
                state,
                offset,
            } => self.method(machine, (target, offset), "__setstate__", &[state]),
            Event::SetItem {
                target,
                pairs,
                offset,
            } => self.set_items(machine, target, pairs, offset),
            Event::Append {
                target,
                items,
                offset,
            } => self.method(machine, (target, offset), "append", items),
            Event::AddItem {
                target,
                items,
                offset,
            } => self.method(machine, (target, offset), "add", items),
            Event::Persistent { id, offset, .. } if !self.full() => {
                let id = self.expression(machine, id);
                self.statement(offset, &format!("persistent_load({id})"));
            }
            Event::Extension { code, offset, .. } if !self.full() => {
                self.statement(offset, &format!("copyreg_extension({code})"));
            }
            Event::Anomaly { kind, offset, .. } if !self.full() => {
                self.statement(offset, &format!("# {}", kind.describe()));
            }
            Event::Fork { offset } => {
                self.raw(&format!(
                    "# the same stream as the C unpickler reads it from {offset:#x} on"
                ));
            }
            Event::Stop { value, offset } => {
                let value = self.expression(machine, value);
                self.statement(offset, &format!("result = {value}"));
            }
            _ => {}
        }
        if self.failed {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}
