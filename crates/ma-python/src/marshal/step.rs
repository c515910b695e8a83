//! What each instruction does to the stack of [`Machine`].

use super::instruction::Instruction;
use super::machine::{Machine, Slot};
use crate::value::{MAX_ITEMS, Operator, Value, binary, slice, subscript, to_text};

impl Machine<'_> {
    pub(super) fn step(&mut self, instruction: &Instruction<'_>) {
        let (name, argument) = (instruction.opcode.name, instruction.argument);
        let done = self.step_names(name, argument)
            || self.step_locals(name, argument)
            || self.step_stack(name, argument)
            || self.step_calls(instruction)
            || self.step_values(name, argument)
            || self.step_mappings(name, argument);
        if !done {
            self.step_other(instruction);
        }
    }

    /// Imports, globals and attributes.
    fn step_names(&mut self, name: &str, argument: u32) -> bool {
        match name {
            "IMPORT_NAME" => {
                let module = self.name_at(argument);
                let from_list = self.pop();
                let level = self.pop().as_int().unwrap_or(0).clamp(0, 16);
                let dots = ".".repeat(usize::try_from(level).unwrap_or(0));
                self.import(format!("{dots}{module}"));
                let bound = if from_list == Value::None {
                    module.split('.').next().unwrap_or_default()
                } else {
                    &module
                };
                self.push(Value::Name(format!("{dots}{bound}")));
            }
            "IMPORT_FROM" => {
                let name = self.name_at(argument);
                let module = self.stack.last().cloned().flatten().unwrap_or_default();
                let value = self.load_attribute(&module, &name);
                self.push(value);
            }
            "LOAD_NAME" => {
                let name = self.name_at(argument);
                let value = self.load_global(&name);
                self.push(value);
            }
            "LOAD_GLOBAL" => {
                let with_null = self.since(11) && argument & 1 == 1;
                let name = self.name_at(if self.since(11) {
                    argument >> 1
                } else {
                    argument
                });
                let value = self.load_global(&name);
                self.push_callable(value, with_null);
            }
            "LOAD_FROM_DICT_OR_GLOBALS" => {
                self.pop();
                let name = self.name_at(argument);
                let value = self.load_global(&name);
                self.push(value);
            }
            "LOAD_ATTR" => {
                let with_null = self.since(12) && argument & 1 == 1;
                let name = self.name_at(if self.since(12) {
                    argument >> 1
                } else {
                    argument
                });
                let of = self.pop();
                let value = self.load_attribute(&of, &name);
                self.push_callable(value, with_null);
            }
            "LOAD_METHOD" => {
                let name = self.name_at(argument);
                let of = self.pop();
                let value = self.load_attribute(&of, &name);
                self.push_callable(value, true);
            }
            "LOAD_SUPER_ATTR" => {
                self.pop_many(3);
                self.push_callable(Value::Unknown, argument & 1 == 1);
            }
            "STORE_NAME" | "STORE_GLOBAL" => {
                let name = self.name_at(argument);
                let value = self.pop();
                self.globals.set(&name, value);
            }
            "STORE_ATTR" => {
                self.pop_many(2);
            }
            _ => return false,
        }
        true
    }

    /// Something to be called: with a NULL beside it where the version wants one.
    fn push_callable(&mut self, value: Value, with_null: bool) {
        let null_first = !self.since(13);
        if with_null && null_first {
            self.push_slot(None);
        }
        self.push(value);
        if with_null && !null_first {
            self.push_slot(None);
        }
    }

    /// Local variables and cells.
    fn step_locals(&mut self, name: &str, argument: u32) -> bool {
        match name {
            "LOAD_FAST" | "LOAD_FAST_CHECK" | "LOAD_FAST_BORROW" | "LOAD_FAST_AND_CLEAR" => {
                let name = self.local_at(argument);
                let value = self.load_local(&name);
                self.push(value);
            }
            "LOAD_FAST_LOAD_FAST" | "LOAD_FAST_BORROW_LOAD_FAST_BORROW" => {
                self.step_locals("LOAD_FAST", argument >> 4);
                self.step_locals("LOAD_FAST", argument & 15);
            }
            "STORE_FAST" => {
                let name = self.local_at(argument);
                let value = self.pop();
                self.locals.insert(name, value);
            }
            "STORE_FAST_STORE_FAST" => {
                self.step_locals("STORE_FAST", argument >> 4);
                self.step_locals("STORE_FAST", argument & 15);
            }
            "STORE_FAST_LOAD_FAST" => {
                self.step_locals("STORE_FAST", argument >> 4);
                self.step_locals("LOAD_FAST", argument & 15);
            }
            "LOAD_DEREF" | "LOAD_CLASSDEREF" => {
                let name = self.cell_at(argument);
                let value = self
                    .locals
                    .get(&name)
                    .or_else(|| self.globals.get(&name))
                    .cloned()
                    .unwrap_or_default();
                self.push(value);
            }
            "STORE_DEREF" => {
                let name = self.cell_at(argument);
                let value = self.pop();
                self.globals.set(&name, value);
            }
            _ => return false,
        }
        true
    }

    fn step_stack(&mut self, name: &str, argument: u32) -> bool {
        let depth = self.stack.len();
        let at = |from_top: u32| {
            usize::try_from(from_top)
                .ok()
                .and_then(|from_top| depth.checked_sub(from_top))
        };
        match name {
            "POP_TOP" | "POP_ITER" => {
                self.pop_slot();
            }
            // A generator's first instruction takes what was sent to start it.
            "RETURN_GENERATOR" => self.push(Value::Unknown),
            "GEN_START" => {}
            "PUSH_NULL" => self.push_slot(None),
            "DUP_TOP" => self.copy(1),
            "COPY" => self.copy(argument),
            "SWAP" => {
                if let (Some(top), Some(other)) = (at(1), at(argument.max(1))) {
                    self.stack.swap(top, other);
                }
            }
            "ROT_TWO" => self.rotate(2),
            "ROT_THREE" => self.rotate(3),
            "ROT_FOUR" => self.rotate(4),
            "ROT_N" => self.rotate(argument),
            _ => return false,
        }
        true
    }

    fn copy(&mut self, from_top: u32) {
        let slot = usize::try_from(from_top)
            .ok()
            .and_then(|from_top| self.stack.len().checked_sub(from_top))
            .and_then(|index| self.stack.get(index))
            .cloned();
        self.push_slot(slot.unwrap_or(Some(Value::Unknown)));
    }

    /// The top goes below the `count - 1` next ones.
    fn rotate(&mut self, count: u32) {
        let at = usize::try_from(count)
            .ok()
            .and_then(|count| self.stack.len().checked_sub(count));
        if let (Some(at), Some(top)) = (at, self.stack.pop()) {
            self.stack.insert(at.min(self.stack.len()), top);
        }
    }

    fn step_calls(&mut self, instruction: &Instruction<'_>) -> bool {
        let (offset, argument) = (instruction.offset, instruction.argument);
        match instruction.opcode.name {
            "PRECALL" => {}
            "KW_NAMES" => self.keyword_names = names_of(&self.const_at(argument)),
            "CALL" | "CALL_METHOD" => {
                let names = std::mem::take(&mut self.keyword_names);
                self.call_with(offset, argument, names, true);
            }
            "CALL_KW" => {
                let names = names_of(&self.pop());
                self.call_with(offset, argument, names, true);
            }
            "CALL_FUNCTION_KW" if self.since(6) => {
                let names = names_of(&self.pop());
                self.call_with(offset, argument, names, false);
            }
            "CALL_FUNCTION" if self.since(6) => self.call_with(offset, argument, Vec::new(), false),
            "CALL_FUNCTION_EX" => self.call_expanded(offset, argument),
            "CALL_FUNCTION" | "CALL_FUNCTION_VAR" | "CALL_FUNCTION_KW" | "CALL_FUNCTION_VAR_KW" => {
                self.call_python2(offset, instruction.opcode.name, argument);
            }
            "MAKE_FUNCTION" | "MAKE_CLOSURE" => self.make_function(argument),
            "LOAD_BUILD_CLASS" => self.push(Value::Name("builtins.__build_class__".into())),
            _ => return false,
        }
        true
    }

    fn call_with(&mut self, offset: usize, count: u32, names: Vec<String>, two_slots: bool) {
        let mut args = self.pop_many(count);
        let keywords = args.split_off(args.len().saturating_sub(names.len()));
        let keywords = names.into_iter().zip(keywords).collect();
        let callee = self.pop_callee(two_slots);
        self.call(offset, &callee, args, keywords);
    }

    /// What is called; of two slots, the one that is not NULL, or the lower one.
    fn pop_callee(&mut self, two_slots: bool) -> Value {
        let upper: Slot = self.pop_slot();
        if !two_slots {
            return upper.unwrap_or_default();
        }
        let lower = self.pop_slot();
        lower.or(upper).unwrap_or_default()
    }

    fn call_expanded(&mut self, offset: usize, argument: u32) {
        let mut keywords = Vec::new();
        if (self.since(14) || argument & 1 == 1)
            && let Value::Dict(items) = self.pop()
        {
            keywords = items
                .into_iter()
                .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value)))
                .collect();
        }
        let args = match self.pop() {
            Value::List(items) => items,
            other => vec![other],
        };
        let callee = self.pop_callee(self.since(11));
        self.call(offset, &callee, args, keywords);
    }

    fn call_python2(&mut self, offset: usize, name: &str, argument: u32) {
        let mut more_keywords: Vec<(Value, Value)> = Vec::new();
        if name.ends_with("KW")
            && let Value::Dict(items) = self.pop()
        {
            more_keywords = items;
        }
        let more = if name.contains("VAR") {
            self.pop()
        } else {
            Value::List(Vec::new())
        };
        let pairs = self.pop_many((argument >> 8).saturating_mul(2));
        let (pairs, _) = pairs.as_chunks::<2>();
        let keywords = pairs
            .iter()
            .map(|[key, value]| (key.clone(), value.clone()))
            .chain(more_keywords);
        let keywords = keywords
            .filter_map(|(key, value)| Some((key.as_text()?.to_owned(), value)))
            .collect();
        let mut args = self.pop_many(argument & 0xff);
        if let Value::List(more) = more {
            args.extend(more);
        }
        let callee = self.pop();
        self.call(offset, &callee, args, keywords);
    }

    fn make_function(&mut self, argument: u32) {
        let has_name = self.since(3) && !self.since(11);
        if has_name {
            self.pop();
        }
        let code = self.pop();
        let more = if self.since(13) {
            0
        } else if self.since(6) {
            (argument & 15).count_ones()
        } else {
            argument
        };
        self.pop_many(more);
        self.push(code);
    }

    /// Constants, operators and literals.
    fn step_values(&mut self, name: &str, argument: u32) -> bool {
        match name {
            "LOAD_CONST" => {
                let value = self.const_at(argument);
                self.push(value);
            }
            "RETURN_CONST" => {
                self.const_at(argument);
            }
            "LOAD_SMALL_INT" => self.push(Value::Int(i64::from(argument))),
            "BUILD_TUPLE" | "BUILD_LIST" | "BUILD_SET" => {
                let items = self.pop_many(argument);
                self.push(Value::list(items));
            }
            "BUILD_STRING" => {
                let parts: Option<String> = self
                    .pop_many(argument)
                    .iter()
                    .map(|part| part.as_str().map(str::to_owned))
                    .collect();
                self.push(parts.map_or(Value::Unknown, Value::str));
            }
            "FORMAT_SIMPLE" | "FORMAT_VALUE" | "FORMAT_WITH_SPEC" => {
                if name == "FORMAT_WITH_SPEC" || (name == "FORMAT_VALUE" && argument & 4 == 4) {
                    self.pop();
                }
                let text = to_text(&self.pop());
                self.push(text.map_or(Value::Unknown, Value::str));
            }
            "BUILD_SLICE" => {
                let mut parts = self.pop_many(argument);
                parts.resize(3, Value::None);
                self.push(Value::list(parts));
            }
            "BINARY_SLICE" => {
                let bounds = self.pop_many(2);
                let of = self.pop();
                let bound = |index: usize| bounds.get(index).cloned().unwrap_or(Value::None);
                self.push(slice(&of, &bound(0), &bound(1), &Value::None));
            }
            "BINARY_SUBSCR" => self.index(),
            "BINARY_OP" if argument == 26 => self.index(),
            "BINARY_OP" => self.operate(
                OPERATORS
                    .get(usize::try_from(argument).unwrap_or(99))
                    .copied()
                    .unwrap_or(Operator::Other),
            ),
            _ => match operator(name) {
                Some(operator) => self.operate(operator),
                None => return false,
            },
        }
        true
    }

    /// Mappings, and what is added to lists and mappings.
    fn step_mappings(&mut self, name: &str, argument: u32) -> bool {
        match name {
            "LIST_EXTEND" | "DICT_MERGE" | "DICT_UPDATE" => self.extend(argument),
            // In 2.7 the argument is a hint of the size, and STORE_MAP adds the items.
            "BUILD_MAP" => {
                let pairs = if self.since(5) {
                    self.pop_many(argument.saturating_mul(2))
                } else {
                    Vec::new()
                };
                let (pairs, _) = pairs.as_chunks::<2>();
                self.push(Value::dict(
                    pairs
                        .iter()
                        .map(|[key, value]| (key.clone(), value.clone()))
                        .take(MAX_ITEMS)
                        .collect(),
                ));
            }
            "BUILD_CONST_KEY_MAP" => {
                let keys = if let Value::List(keys) = self.pop() {
                    keys
                } else {
                    Vec::new()
                };
                let values = self.pop_many(argument);
                self.push(Value::dict(keys.into_iter().zip(values).collect()));
            }
            "STORE_MAP" => {
                let key = self.pop();
                let value = self.pop();
                self.push(Value::dict(vec![(key, value)]));
                self.extend(1);
            }
            _ => return false,
        }
        true
    }

    fn operate(&mut self, operator: Operator) {
        let right = self.pop();
        let left = self.pop();
        self.push(binary(operator, &left, &right));
    }

    fn index(&mut self) {
        let index = self.pop();
        let of = self.pop();
        let value = match (&of, &index) {
            // A slice built from three values looks like a list of three here.
            (Value::Str(_) | Value::Bytes(_), Value::List(parts)) => match parts.as_slice() {
                [start, stop, step] => slice(&of, start, stop, step),
                _ => Value::Unknown,
            },
            _ => subscript(&of, &index),
        };
        self.refer(&value);
        self.push(value);
    }

    /// Adds a list or mapping to the one so far below it.
    fn extend(&mut self, argument: u32) {
        let more = self.pop();
        let at = usize::try_from(argument)
            .ok()
            .and_then(|argument| self.stack.len().checked_sub(argument));
        match (at.and_then(|at| self.stack.get_mut(at)), more) {
            (Some(Some(Value::Dict(items))), Value::Dict(more))
                if items.len().saturating_add(more.len()) <= MAX_ITEMS =>
            {
                items.extend(more);
            }
            (Some(Some(list)), more) => *list = binary(Operator::Add, list, &more),
            _ => {}
        }
    }

    /// Every other instruction: keep the stack in step, and do not leave an operand where the result is.
    fn step_other(&mut self, instruction: &Instruction<'_>) {
        let name = instruction.opcode.name;
        if name == "CACHE" {
            self.problem();
        }
        let (base, factor) = instruction.opcode.effect.unwrap_or((0, 0));
        let effect = base.saturating_add(factor.saturating_mul(i64::from(instruction.argument)));
        let count = usize::try_from(effect.unsigned_abs()).unwrap_or(usize::MAX);
        if effect < 0 {
            if count > self.stack.len() {
                self.underflow();
            }
            self.stack.truncate(self.stack.len().saturating_sub(count));
        } else {
            for _ in 0..count.min(256) {
                self.push(Value::Unknown);
            }
        }
        const RESULTS: &[&str] = &[
            "BINARY_",
            "INPLACE_",
            "COMPARE_",
            "CONTAINS_",
            "IS_OP",
            "UNARY_",
            "BUILD_",
            "YIELD_",
        ];
        if RESULTS.iter().any(|prefix| name.starts_with(prefix))
            && let Some(top) = self.stack.last_mut()
        {
            *top = Some(Value::Unknown);
        }
    }
}

/// Operators of `BINARY_OP`; from 13 on the in-place ones in the same order.
const OPERATORS: [Operator; 26] = {
    use Operator::{Add, BitAnd, BitOr, BitXor, FloorDiv, LShift, Mod, Mul, Other, RShift, Sub};
    [
        Add, BitAnd, FloorDiv, LShift, Other, Mul, Mod, BitOr, Other, RShift, Sub, Other, BitXor,
        Add, BitAnd, FloorDiv, LShift, Other, Mul, Mod, BitOr, Other, RShift, Sub, Other, BitXor,
    ]
};

/// The operators before 3.11.
fn operator(name: &str) -> Option<Operator> {
    let operation = name
        .strip_prefix("BINARY_")
        .or_else(|| name.strip_prefix("INPLACE_"))?;
    Some(match operation {
        "ADD" => Operator::Add,
        "SUBTRACT" => Operator::Sub,
        "MULTIPLY" => Operator::Mul,
        "MODULO" => Operator::Mod,
        "FLOOR_DIVIDE" => Operator::FloorDiv,
        "XOR" => Operator::BitXor,
        "AND" => Operator::BitAnd,
        "OR" => Operator::BitOr,
        "LSHIFT" => Operator::LShift,
        "RSHIFT" => Operator::RShift,
        _ => return None,
    })
}

fn names_of(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) => items
            .iter()
            .map(|item| item.as_text().unwrap_or_default().to_owned())
            .collect(),
        _ => Vec::new(),
    }
}
