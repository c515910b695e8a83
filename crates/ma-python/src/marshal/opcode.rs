//! Opcodes by version, from `opcodes.tsv`.

use std::sync::OnceLock;

use super::{CodeLayout, PyVersion};

/// What is known of an opcode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opcode {
    pub(super) name: &'static str,
    /// What it adds to the stack: a constant, and a factor of its argument; nothing where that is not linear.
    pub(super) effect: Option<(i64, i64)>,
    /// Instruction-sized gaps that follow it.
    pub(super) caches: usize,
}

/// The opcodes of one version.
pub(super) struct Table {
    pub(super) version: PyVersion,
    opcodes: Vec<Option<Opcode>>,
}

impl Table {
    pub(super) fn get(&self, opcode: u8) -> Option<&Opcode> {
        self.opcodes
            .get(usize::from(opcode))
            .and_then(Option::as_ref)
    }
}

static TSV: &str = include_str!("opcodes.tsv");

/// All tables, newest version first.
fn tables() -> &'static [Table] {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables: Vec<Table> = Vec::new();
        for line in TSV.lines().filter(|line| !line.starts_with('#')) {
            let Some((version, number, opcode)) = row(line) else {
                continue;
            };
            if tables.last().is_none_or(|table| table.version != version) {
                tables.push(Table {
                    version,
                    opcodes: vec![None; 256],
                });
            }
            if let Some(slot) = tables
                .last_mut()
                .and_then(|table| table.opcodes.get_mut(number))
            {
                *slot = Some(opcode);
            }
        }
        tables.reverse();
        tables
    })
}

fn row(line: &'static str) -> Option<(PyVersion, usize, Opcode)> {
    let mut cells = line.split('\t');
    let (major, minor) = cells.next()?.split_once('.')?;
    let version = PyVersion::new(major.parse().ok()?, minor.parse().ok()?);
    let number = cells.next()?.parse().ok()?;
    let name = cells.next()?;
    let effect = cells.next()?.parse().ok().zip(cells.next()?.parse().ok());
    let caches = cells.next()?.parse().ok()?;
    Some((
        version,
        number,
        Opcode {
            name,
            effect,
            caches,
        },
    ))
}

/// The table of this version, if there is one.
pub(super) fn table(version: PyVersion) -> Option<&'static Table> {
    tables().iter().find(|table| table.version == version)
}

/// The tables that go with a layout, or all of them.
pub(super) fn candidates(layout: Option<CodeLayout>) -> impl Iterator<Item = &'static Table> {
    tables()
        .iter()
        .filter(move |table| layout.is_none_or(|layout| table.version.layout() == layout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        let rows = TSV.lines().filter(|line| !line.starts_with('#')).count();
        let read: usize = tables()
            .iter()
            .map(|table| table.opcodes.iter().flatten().count())
            .sum();
        assert_eq!(rows, read);
        assert_eq!(tables().len(), 10);
    }

    #[test]
    fn lookups() {
        let table = table(PyVersion::new(3, 11)).unwrap();
        let global = table.get(116).unwrap();
        assert_eq!(
            (global.name, global.caches, global.effect),
            ("LOAD_GLOBAL", 5, None)
        );
        assert_eq!(candidates(Some(CodeLayout::Python311)).count(), 4);
    }
}
