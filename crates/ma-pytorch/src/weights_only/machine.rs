//! The restricted unpickler, over types.

use std::collections::HashMap;

use ma_core::{Blob, Budget, Cursor, ScanError};

use super::names::{Made, listed};
use super::{MAX_SLOTS, Refusal, Verdict};

/// The longest name that is read.
const MAX_NAME: usize = 4096;

/// The type of a value, as far as the rules ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    /// The text `storage`.
    StorageText,
    /// A tuple that starts with it.
    StorageTuple,
    /// A plain list.
    List,
    /// A plain dict, an `OrderedDict` or a `Counter`; the flag says that BUILD is allowed.
    Mapping(bool),
    /// A listed name.
    Name(Made),
    /// An instance on which BUILD is allowed.
    Instance,
    /// Anything else.
    Other,
}

/// Why the run ends.
enum End {
    Verdict(Verdict),
    Error(ScanError),
}

impl From<ScanError> for End {
    fn from(e: ScanError) -> Self {
        Self::Error(e)
    }
}

pub(super) struct Machine<'b> {
    cursor: Cursor<'b>,
    budget: &'b Budget,
    stack: Vec<Type>,
    /// Lengths of the stack at each open MARK: nothing below can be reached.
    marks: Vec<usize>,
    memo: HashMap<u32, Type>,
    /// The opcode that is run.
    at: u64,
}

type Step<T> = Result<T, End>;

impl<'b> Machine<'b> {
    pub(super) fn new(blob: &Blob, start: u64, budget: &'b Budget) -> Self {
        let mut cursor = blob.cursor(budget);
        cursor.seek(start);
        Self {
            cursor,
            budget,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            at: start,
        }
    }

    pub(super) fn run(mut self) -> Result<Verdict, ScanError> {
        let mut steps = 0u64;
        loop {
            steps = steps.saturating_add(1);
            if steps.is_multiple_of(4096) {
                self.budget.charge_steps(4096)?;
            }
            match self.step() {
                Ok(()) => {}
                Err(End::Verdict(verdict)) => return Ok(verdict),
                Err(End::Error(error)) => return Err(error),
            }
        }
    }

    fn broken<T>(&self) -> Step<T> {
        Err(End::Verdict(Verdict::Broken { at: self.at }))
    }

    fn refuse<T>(&self, why: Refusal) -> Step<T> {
        Err(End::Verdict(Verdict::Refused { at: self.at, why }))
    }

    fn byte(&mut self) -> Step<u8> {
        match self.cursor.byte()? {
            Some(byte) => Ok(byte),
            None => self.broken(),
        }
    }

    fn array<const N: usize>(&mut self) -> Step<[u8; N]> {
        match self.cursor.array()? {
            Some(bytes) => Ok(bytes),
            None => self.broken(),
        }
    }

    fn base(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn push(&mut self, value: Type) -> Step<()> {
        if self.stack.len().saturating_add(self.memo.len()) >= MAX_SLOTS {
            return Err(End::Verdict(Verdict::TooLarge { at: self.at }));
        }
        self.stack.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Step<Type> {
        if self.stack.len() <= self.base() {
            return self.broken();
        }
        match self.stack.pop() {
            Some(value) => Ok(value),
            None => self.broken(),
        }
    }

    fn top(&self) -> Step<Type> {
        match self.stack.last() {
            Some(value) if self.stack.len() > self.base() => Ok(*value),
            _ => self.broken(),
        }
    }

    /// Takes everything above the last MARK; returns its first value and how many there were.
    fn pop_mark(&mut self) -> Step<(Option<Type>, usize)> {
        let Some(base) = self.marks.pop() else {
            return self.broken();
        };
        let first = self.stack.get(base).copied();
        let count = self.stack.len().saturating_sub(base);
        self.stack.truncate(base);
        Ok((first, count))
    }

    fn tuple(&mut self, n: usize) -> Step<()> {
        let mut first = Type::Other;
        for _ in 0..n {
            first = self.pop()?;
        }
        self.push(tuple_of(Some(first)))
    }

    fn step(&mut self) -> Step<()> {
        self.at = self.cursor.position();
        let Some(op) = self.cursor.byte()? else {
            return self.broken();
        };
        match op {
            b'c' => self.global(),
            0x81 | b'R' => self.call(),
            b'b' => {
                self.pop()?;
                match self.top()? {
                    Type::Instance | Type::Mapping(true) => Ok(()),
                    _ => self.refuse(Refusal::BuildTarget),
                }
            }
            b'a' => {
                self.pop()?;
                self.appended()
            }
            b'e' => {
                self.pop_mark()?;
                self.appended()
            }
            b's' => {
                self.pop()?;
                self.pop()?;
                self.item_set()
            }
            b'u' => {
                let (_, count) = self.pop_mark()?;
                self.item_set()?;
                // An odd item makes torch raise IndexError.
                if count.is_multiple_of(2) {
                    Ok(())
                } else {
                    self.broken()
                }
            }
            b'(' => {
                if self.marks.len() >= MAX_SLOTS {
                    return Err(End::Verdict(Verdict::TooLarge { at: self.at }));
                }
                self.marks.push(self.stack.len());
                Ok(())
            }
            b't' => {
                let (first, _) = self.pop_mark()?;
                self.push(tuple_of(first))
            }
            0x85 => self.tuple(1),
            0x86 => self.tuple(2),
            0x87 => self.tuple(3),
            b'Q' => match self.pop()? {
                Type::StorageTuple => self.push(Type::Instance),
                _ => self.refuse(Refusal::PersistentId),
            },
            b'.' => {
                self.pop()?;
                let end = self.cursor.position();
                Err(End::Verdict(Verdict::Loads { end }))
            }
            0x80 => self.byte().map(drop),
            _ => self.constant(op),
        }
    }

    /// Opcodes that push a value, and those of the memo.
    fn constant(&mut self, op: u8) -> Step<()> {
        match op {
            b'N' | 0x88 | 0x89 | b')' => self.push(Type::Other),
            0x8f => self.push(Type::Instance),
            b']' => self.push(Type::List),
            b'}' => self.push(Type::Mapping(false)),
            b'J' => self.array::<4>().and_then(|_| self.push(Type::Other)),
            b'K' => self.byte().and_then(|_| self.push(Type::Other)),
            b'M' => self.array::<2>().and_then(|_| self.push(Type::Other)),
            b'G' => self.array::<8>().and_then(|_| self.push(Type::Other)),
            b'X' => {
                let len = u32::from_le_bytes(self.array()?);
                self.text(u64::from(len))
            }
            b'U' => {
                let len = self.byte()?;
                self.text(u64::from(len))
            }
            0x8a => {
                let len = self.byte()?;
                if !self.cursor.skip(u64::from(len)) {
                    return self.broken();
                }
                self.push(Type::Other)
            }
            b'h' => {
                let index = self.byte()?;
                self.get(u32::from(index))
            }
            b'j' => {
                let index = u32::from_le_bytes(self.array()?);
                self.get(index)
            }
            b'q' => {
                let index = self.byte()?;
                self.put(u32::from(index))
            }
            b'r' => {
                let index = u32::from_le_bytes(self.array()?);
                self.put(index)
            }
            other => self.refuse(Refusal::Opcode(other)),
        }
    }

    fn get(&mut self, index: u32) -> Step<()> {
        match self.memo.get(&index) {
            Some(value) => self.push(*value),
            None => self.broken(),
        }
    }

    fn put(&mut self, index: u32) -> Step<()> {
        let value = self.top()?;
        if self.stack.len().saturating_add(self.memo.len()) >= MAX_SLOTS {
            return Err(End::Verdict(Verdict::TooLarge { at: self.at }));
        }
        self.memo.insert(index, value);
        Ok(())
    }

    fn text(&mut self, len: u64) -> Step<()> {
        let value = if len == 7 && &self.array::<7>()? == b"storage" {
            Type::StorageText
        } else {
            // The seven bytes are read already.
            let rest = if len == 7 { 0 } else { len };
            if !self.cursor.skip(rest) {
                return self.broken();
            }
            Type::Other
        };
        self.push(value)
    }

    fn line(&mut self) -> Step<String> {
        let mut line = Vec::new();
        loop {
            // The last line may end with the file: `readline()[:-1]` then drops a character.
            let byte = self.byte()?;
            if byte == b'\n' {
                break;
            }
            if line.len() < MAX_NAME {
                line.push(byte);
            }
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    fn global(&mut self) -> Step<()> {
        let module = self.line()?;
        let name = self.line()?;
        // Of the Python 2 names that torch maps, only these lead to listed ones.
        let mapped = if module == "__builtin__" {
            "builtins"
        } else {
            &module
        };
        let full = format!("{mapped}.{name}");
        if matches!(mapped, "sys" | "os" | "posix" | "nt") {
            return self.refuse(Refusal::BlockedModule(full));
        }
        match listed(&full) {
            Some(made) => self.push(Type::Name(made)),
            None => self.refuse(Refusal::Name(full)),
        }
    }

    fn call(&mut self) -> Step<()> {
        self.pop()?;
        let value = match self.pop()? {
            Type::Name(Made::Mapping) => Type::Mapping(true),
            Type::Name(Made::Instance) => Type::Instance,
            Type::Name(Made::Value) => Type::Other,
            _ => return self.refuse(Refusal::Callee),
        };
        self.push(value)
    }

    fn appended(&self) -> Step<()> {
        match self.top()? {
            Type::List => Ok(()),
            _ => self.refuse(Refusal::AppendTarget),
        }
    }

    fn item_set(&self) -> Step<()> {
        match self.top()? {
            Type::Mapping(_) => Ok(()),
            _ => self.refuse(Refusal::SetItemTarget),
        }
    }
}

fn tuple_of(first: Option<Type>) -> Type {
    if first == Some(Type::StorageText) {
        Type::StorageTuple
    } else {
        Type::Other
    }
}
