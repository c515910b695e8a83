//! Imported names, each kept once.
//!
//! A pickle may import the same name a million times. Names that differ in the naming rules that
//! apply to them (protocol below 3: Python 2 names are mapped; 4 and above: dots are walked) count as
//! different.

use std::collections::HashMap;

use crate::opcode::Op;
use crate::value::{Global, GlobalId, Text, Value};

/// Bytes of a module or a name that are kept. Longer ones are marked as cut.
pub(crate) const MAX_NAME: usize = 64 * 1024;
/// Names with computed parts that are kept apart; further ones share the last number.
const MAX_COMPUTED: usize = 65_536;
/// Different names.
const MAX_GLOBALS: usize = 1 << 20;

pub(crate) struct Globals {
    all: Vec<Global>,
    by_name: HashMap<Box<[u8]>, u32>,
    /// The last few pairs of operands of STACK_GLOBAL: value bits and naming rules.
    by_values: HashMap<(Value, Value, u8), u32>,
    key: Vec<u8>,
    computed: usize,
    last_computed: Option<u32>,
    bytes: u64,
    nobody: Global,
}

/// Which naming rules apply.
pub(crate) const fn rules(proto: u8) -> u8 {
    match proto {
        0..=2 => 0,
        3 => 1,
        _ => 2,
    }
}

/// An import as an opcode asks for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'n> {
    pub(crate) module: &'n [u8],
    pub(crate) name: &'n [u8],
    pub(crate) offset: u64,
    pub(crate) op: Op,
    pub(crate) proto: u8,
}

impl Globals {
    pub(crate) fn new() -> Self {
        Self {
            all: Vec::new(),
            by_name: HashMap::new(),
            by_values: HashMap::new(),
            key: Vec::new(),
            computed: 0,
            last_computed: None,
            bytes: 0,
            nobody: Global {
                module: Text::default(),
                name: Text::default(),
                offset: 0,
                op: Op::Global,
                proto: 0,
                computed: false,
                module_value: None,
                name_value: None,
            },
        }
    }

    pub(crate) fn get(&self, id: GlobalId) -> &Global {
        self.all.get(id.0 as usize).unwrap_or(&self.nobody)
    }

    pub(crate) fn all(&self) -> &[Global] {
        &self.all
    }

    /// Bytes held, roughly.
    pub(crate) fn memory(&self) -> u64 {
        self.bytes
    }

    /// The number of a name. `None` when there are too many.
    pub(crate) fn intern(&mut self, wanted: Wanted<'_>) -> Option<GlobalId> {
        let Wanted { module, name, .. } = wanted;
        self.key.clear();
        self.key.push(rules(wanted.proto));
        self.key.extend((module.len() as u64).to_le_bytes());
        self.key.extend_from_slice(module);
        self.key.extend_from_slice(name);
        if let Some(id) = self.by_name.get(self.key.as_slice()) {
            return Some(GlobalId(*id));
        }
        let id = u32::try_from(self.all.len()).ok()?;
        if self.all.len() >= MAX_GLOBALS {
            return None;
        }
        self.bytes = self
            .bytes
            .saturating_add((self.key.len() as u64).saturating_mul(2))
            .saturating_add(200);
        self.by_name.insert(self.key.as_slice().into(), id);
        self.all.push(Global {
            module: text(module),
            name: text(name),
            offset: wanted.offset,
            op: wanted.op,
            proto: wanted.proto,
            computed: false,
            module_value: None,
            name_value: None,
        });
        Some(GlobalId(id))
    }

    /// The number of a name whose operands were met before.
    pub(crate) fn by_values(&self, module: Value, name: Value, proto: u8) -> Option<GlobalId> {
        let key = (module, name, rules(proto));
        self.by_values.get(&key).copied().map(GlobalId)
    }

    pub(crate) fn note_values(&mut self, module: Value, name: Value, proto: u8, id: GlobalId) {
        if self.by_values.len() >= 4096 {
            self.by_values.clear();
        }
        self.by_values.insert((module, name, rules(proto)), id.0);
    }

    /// A number for a name that is decided when the pickle runs. `None` when there are too many names.
    pub(crate) fn compute(
        &mut self,
        wanted: Wanted<'_>,
        module: Value,
        name: Value,
    ) -> Option<GlobalId> {
        if self.computed >= MAX_COMPUTED || self.all.len() >= MAX_GLOBALS {
            return self.last_computed.map(GlobalId);
        }
        let id = u32::try_from(self.all.len()).ok()?;
        self.computed = self.computed.saturating_add(1);
        self.last_computed = Some(id);
        self.bytes = self.bytes.saturating_add(200);
        self.all.push(Global {
            module: text(wanted.module),
            name: text(wanted.name),
            offset: wanted.offset,
            op: wanted.op,
            proto: wanted.proto,
            computed: true,
            module_value: Some(module),
            name_value: Some(name),
        });
        Some(GlobalId(id))
    }

    /// Renews the operands of a computed name.
    pub(crate) fn set_values(&mut self, id: GlobalId, module: Value, name: Value) {
        if let Some(global) = self.all.get_mut(id.0 as usize) {
            global.module_value = Some(module);
            global.name_value = Some(name);
        }
    }
}

fn text(bytes: &[u8]) -> Text {
    match bytes.get(..MAX_NAME) {
        Some(start) if bytes.len() > MAX_NAME => Text::cut(start),
        _ => Text::new(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_once_per_naming_rules() {
        let mut globals = Globals::new();
        let wanted = |proto| Wanted {
            module: b"os",
            name: b"system",
            offset: 0,
            op: Op::Global,
            proto,
        };
        let a = globals.intern(wanted(2)).unwrap();
        assert_eq!(globals.intern(wanted(0)), Some(a));
        assert_ne!(globals.intern(wanted(3)), Some(a));
        assert_ne!(globals.intern(wanted(4)), globals.intern(wanted(3)));
        let mut other = wanted(2);
        (other.module, other.name) = (b"oss", b"ystem");
        assert_ne!(globals.intern(other), Some(a));
        assert_eq!(globals.get(a).full_name(), "os.system");
        assert_eq!(globals.get(GlobalId(99)).full_name(), ".");
    }
}
