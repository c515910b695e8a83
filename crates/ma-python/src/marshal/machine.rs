//! Follows bytecode in order of its offsets with a stack of what is known ([`Value`]), to name what is called.
//!
//! This is no interpreter: nothing loops, every instruction is looked at once. Where an instruction jumps forward, the
//! stack is kept for its target, so that both arms of a condition start from the same one. What comes out is a list of
//! imports, names and calls; what the stack got wrong (a *problem*) is counted, and the version of Python whose opcodes
//! give the fewest problems is taken for the one that wrote the code.
//!
//! Cost: linear in the code; the stack, what is kept for jumps and every value are bounded.

use std::collections::{HashMap, HashSet};

use super::instruction::{Instruction, Instructions};
use super::opcode::Table;
use super::summary::CodeCall;
use crate::value::{Value, attribute, call, is_builtin};

/// Most slots of a stack.
const STACK: usize = 1024;
/// Most slots that are kept for jump targets, over all of them.
const KEPT: usize = 65_536;

/// Most bytes that values may take, all together, over all functions.
const MADE: usize = 16 << 20;
/// Values up to this weight are not refused.
const LIGHT: usize = 256;

/// Names that outlive one code object: module globals and cells.
#[derive(Clone, Debug, Default)]
pub(super) struct Globals {
    names: HashMap<String, Value>,
    /// Bytes of values that were pushed so far.
    made: usize,
}

impl Globals {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.names.get(name)
    }

    /// Several functions may assign the same global; all of it is kept.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        let value = match self.names.remove(name) {
            Some(old) => Value::one_of(vec![old, value]),
            None => value,
        };
        self.names.insert(name.to_owned(), value);
    }
}

/// The parts of a code object that its instructions refer to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    pub(super) code: &'a [u8],
    pub(super) names: &'a [String],
    pub(super) consts: &'a [Value],
    /// Local variables; from 3.11 on cells and free variables too.
    pub(super) locals: &'a [String],
    /// Cells and free variables (before 3.11).
    pub(super) cells: &'a [String],
}

/// What was found in one code object.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    pub(super) imports: Vec<String>,
    pub(super) references: Vec<String>,
    pub(super) calls: Vec<CodeCall>,
    pub(super) problems: usize,
    pub(super) instructions: usize,
    /// Names and constants that no instruction asked for, and a last instruction that does not leave: none of it is a
    /// problem, but the right version's opcodes leave the fewest.
    pub(super) oddities: usize,
}

/// A slot of the stack; `None` is CPython's NULL.
pub(super) type Slot = Option<Value>;

pub(super) struct Machine<'a> {
    pub(super) parts: Parts<'a>,
    pub(super) table: &'a Table,
    pub(super) stack: Vec<Slot>,
    pub(super) locals: HashMap<String, Value>,
    pub(super) globals: &'a mut Globals,
    pub(super) keyword_names: Vec<String>,
    pub(super) trace: Trace,
    /// Stacks for jump targets, and whether they are known.
    kept: HashMap<usize, (Vec<Slot>, bool)>,
    kept_slots: usize,
    /// The stack is not known: an exception handler, which nothing jumps to.
    unknown_stack: bool,
    used_names: HashSet<u32>,
    used_consts: HashSet<u32>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(parts: Parts<'a>, table: &'a Table, globals: &'a mut Globals) -> Self {
        Self {
            parts,
            table,
            stack: Vec::new(),
            locals: HashMap::new(),
            globals,
            keyword_names: Vec::new(),
            trace: Trace::default(),
            kept: HashMap::new(),
            kept_slots: 0,
            unknown_stack: false,
            used_names: HashSet::new(),
            used_consts: HashSet::new(),
        }
    }

    pub(super) fn run(mut self) -> Trace {
        let mut falls_through = true;
        for instruction in Instructions::new(self.parts.code, self.table) {
            self.trace.instructions = self.trace.instructions.saturating_add(1);
            let Some(instruction) = instruction else {
                self.problem();
                continue;
            };
            if instruction.dirty_cache {
                self.problem();
            }
            let kept = self.kept.remove(&instruction.offset);
            if !falls_through {
                (self.stack, self.unknown_stack) = kept.unwrap_or((Vec::new(), true));
            }
            falls_through = !matches!(
                instruction.opcode.name,
                "RETURN_VALUE"
                    | "RETURN_CONST"
                    | "RAISE_VARARGS"
                    | "RERAISE"
                    | "JUMP_FORWARD"
                    | "JUMP_ABSOLUTE"
                    | "JUMP_BACKWARD"
                    | "JUMP_BACKWARD_NO_INTERRUPT"
                    | "BREAK_LOOP"
                    | "CONTINUE_LOOP"
            );
            self.step(&instruction);
            self.keep_for_jump(&instruction);
        }
        let unused = |all: usize, used: &HashSet<u32>| all.saturating_sub(used.len());
        self.trace.oddities = unused(self.parts.names.len(), &self.used_names)
            .saturating_add(unused(self.parts.consts.len(), &self.used_consts))
            .saturating_add(usize::from(falls_through));
        self.trace
    }

    /// Counts something taken off an empty stack.
    pub(super) const fn underflow(&mut self) {
        if !self.unknown_stack {
            self.problem();
        }
    }

    pub(super) const fn problem(&mut self) {
        self.trace.problems = self.trace.problems.saturating_add(1);
    }

    /// At least this minor version of Python 3.
    pub(super) const fn since(&self, minor: u8) -> bool {
        self.table.version.major > 3
            || (self.table.version.major == 3 && self.table.version.minor >= minor)
    }

    fn keep_for_jump(&mut self, instruction: &Instruction<'_>) {
        let name = instruction.opcode.name;
        let jumps = name.contains("JUMP") || name == "FOR_ITER" || name == "SEND";
        if !jumps || name.contains("BACKWARD") || self.kept_slots >= KEPT {
            return;
        }
        let argument = usize::try_from(instruction.argument).unwrap_or(usize::MAX);
        let unit = if self.since(10) { 2 } else { 1 };
        let distance = argument.saturating_mul(unit);
        let relative = self.since(11) || matches!(name, "JUMP_FORWARD" | "FOR_ITER");
        let target = if relative {
            instruction.next.saturating_add(distance)
        } else {
            distance
        };
        if target <= instruction.offset || target >= self.parts.code.len() {
            return;
        }
        let light = |slot: &Slot| match slot {
            Some(value) if value.weight() >= LIGHT => Some(Value::Unknown),
            slot => slot.clone(),
        };
        let mut stack: Vec<Slot> = self.stack.iter().map(light).collect();
        match name {
            // The value tested is still there when these jump.
            n if n.starts_with("JUMP_IF") => stack.push(Some(Value::Unknown)),
            // The item is not there then, and before 3.12 neither is the iterator.
            "FOR_ITER" if !self.since(12) => stack.truncate(stack.len().saturating_sub(2)),
            _ => {}
        }
        self.kept_slots = self.kept_slots.saturating_add(stack.len());
        let known = self.kept.get(&target).is_some_and(|(_, unknown)| !unknown);
        if !known {
            self.kept.insert(target, (stack, self.unknown_stack));
        }
    }

    pub(super) fn push(&mut self, value: Value) {
        let weight = value.weight();
        self.globals.made = self.globals.made.saturating_add(weight);
        let affordable = weight < LIGHT || self.globals.made < MADE;
        self.push_slot(Some(if affordable { value } else { Value::Unknown }));
    }

    pub(super) fn push_slot(&mut self, slot: Slot) {
        if self.stack.len() >= STACK {
            self.stack.clear();
            self.problem();
        }
        self.stack.push(slot);
    }

    pub(super) fn pop_slot(&mut self) -> Slot {
        if self.stack.is_empty() {
            self.underflow();
        }
        self.stack.pop().unwrap_or(Some(Value::Unknown))
    }

    pub(super) fn pop(&mut self) -> Value {
        self.pop_slot().unwrap_or_default()
    }

    /// Takes `count` values off the stack, in the order they were pushed.
    pub(super) fn pop_many(&mut self, count: u32) -> Vec<Value> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count > self.stack.len() {
            self.underflow();
            self.stack.clear();
            return Vec::new();
        }
        let rest = self.stack.len().saturating_sub(count);
        self.stack
            .split_off(rest)
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect()
    }

    pub(super) fn name_at(&mut self, index: u32) -> String {
        let name = usize::try_from(index)
            .ok()
            .and_then(|index| self.parts.names.get(index))
            .cloned();
        name.unwrap_or_else(|| {
            self.problem();
            String::new()
        })
    }

    pub(super) fn local_at(&mut self, index: u32) -> String {
        // Code objects handed over in parts may come without the names of their locals.
        let name = usize::try_from(index)
            .ok()
            .and_then(|index| self.parts.locals.get(index))
            .cloned();
        name.unwrap_or_else(|| format!("#{index}"))
    }

    pub(super) fn cell_at(&mut self, index: u32) -> String {
        if self.since(11) {
            return self.local_at(index);
        }
        let name = usize::try_from(index)
            .ok()
            .and_then(|index| self.parts.cells.get(index))
            .cloned();
        name.unwrap_or_else(|| format!("#cell{index}"))
    }

    pub(super) fn const_at(&mut self, index: u32) -> Value {
        let value = usize::try_from(index)
            .ok()
            .and_then(|index| self.parts.consts.get(index))
            .cloned();
        value.unwrap_or_else(|| {
            self.problem();
            Value::Unknown
        })
    }

    pub(super) fn load_local(&self, name: &str) -> Value {
        self.locals.get(name).cloned().unwrap_or_default()
    }

    /// A name that is not local: assigned by the module, a builtin, or something the module around this code has.
    pub(super) fn load_global(&mut self, name: &str) -> Value {
        let value = match self.locals.get(name).or_else(|| self.globals.get(name)) {
            Some(value) => value.clone(),
            None if name == "__builtins__" => Value::Name("builtins".into()),
            None if is_builtin(name) => Value::Name(format!("builtins.{name}")),
            None => Value::Name(name.to_owned()),
        };
        self.refer(&value);
        value
    }

    pub(super) fn load_attribute(&mut self, of: &Value, name: &str) -> Value {
        let value = attribute(of, name);
        self.refer(&value);
        value
    }

    /// Notes the names a value stands for.
    pub(super) fn refer(&mut self, value: &Value) {
        for value in value.alternatives() {
            if let Value::Name(name) = value
                && !self.trace.references.contains(name)
                && self.trace.references.len() < 4096
            {
                self.trace.references.push(name.clone());
            }
        }
    }

    pub(super) fn import(&mut self, module: String) {
        if !self.trace.imports.contains(&module) {
            self.trace.imports.push(module);
        }
    }

    /// Notes a call and pushes its result.
    pub(super) fn call(
        &mut self,
        offset: usize,
        callee: &Value,
        args: Vec<Value>,
        keywords: Vec<(String, Value)>,
    ) {
        for callee in callee.alternatives() {
            if let Some((name, _)) = callee.callee() {
                let mut given = if let Value::Partial { args, .. } = callee {
                    args.clone()
                } else {
                    Vec::new()
                };
                given.extend(args.iter().map(Value::shortened));
                let keywords = keywords.iter();
                self.trace.calls.push(CodeCall {
                    callee: name,
                    args: given,
                    keywords: keywords
                        .map(|(name, value)| (name.clone(), value.shortened()))
                        .collect(),
                    offset,
                    function: String::new(),
                    bytes: 0..0,
                });
            }
        }
        let result = call(callee, &args, &keywords);
        self.refer(&result);
        self.push(result);
    }
}
