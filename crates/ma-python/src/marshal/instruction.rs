//! Bytecode as a sequence of instructions.
//!
//! ```text
//! 2.7    opcode u8, and from 90 on u16 argument; EXTENDED_ARG (145) gives the next one's upper 16 bits
//! 3.6–   opcode u8, argument u8; EXTENDED_ARG shifts in 8 bits at a time; from 3.11 cache entries (zeroes) follow some
//! ```
//!
//! Specification: `Lib/dis.py` of each version.

use super::opcode::{Opcode, Table};

/// One instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instruction<'t> {
    pub(super) offset: usize,
    /// Where the next one begins, caches skipped.
    pub(super) next: usize,
    pub(super) opcode: &'t Opcode,
    pub(super) argument: u32,
    /// Its cache entries are not zero, as the compiler leaves them: these are no cache entries.
    pub(super) dirty_cache: bool,
}

/// Walks the instructions in order of their offsets; `None` in the middle stands for an undefined opcode.
pub(super) struct Instructions<'a, 't> {
    code: &'a [u8],
    at: usize,
    table: &'t Table,
    extended: u32,
}

impl<'a, 't> Instructions<'a, 't> {
    pub(super) const fn new(code: &'a [u8], table: &'t Table) -> Self {
        Self {
            code,
            at: 0,
            table,
            extended: 0,
        }
    }

    /// Argument and length in bytes.
    fn operand(&self, number: u8) -> Option<(u32, usize)> {
        let byte = |offset: usize| {
            self.code
                .get(self.at.checked_add(offset)?)
                .copied()
                .map(u32::from)
        };
        if self.table.version.major >= 3 {
            Some(((self.extended << 8) | byte(1)?, 2))
        } else if number >= 90 {
            Some(((self.extended << 16) | (byte(2)? << 8) | byte(1)?, 3))
        } else {
            Some((0, 1))
        }
    }
}

impl<'t> Iterator for Instructions<'_, 't> {
    type Item = Option<Instruction<'t>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let number = *self.code.get(self.at)?;
            let Some((argument, len)) = self.operand(number) else {
                self.at = self.code.len();
                return Some(None);
            };
            let offset = self.at;
            self.at = self.at.saturating_add(len);
            let Some(opcode) = self.table.get(number) else {
                self.extended = 0;
                return Some(None);
            };
            if opcode.name == "EXTENDED_ARG" {
                self.extended = argument;
                continue;
            }
            self.extended = 0;
            let end = self.at.saturating_add(opcode.caches.saturating_mul(2));
            let cache = self.code.get(self.at..end);
            let dirty_cache = cache.is_none_or(|cache| cache.iter().any(|byte| *byte != 0));
            self.at = end;
            return Some(Some(Instruction {
                offset,
                next: self.at,
                opcode,
                argument,
                dirty_cache,
            }));
        }
    }
}
