//! The table of names: `data/globals.tsv`, embedded, and looked up where it lies.
//!
//! Layout: UTF-8, one row a line, seven tab-separated columns
//! `module  name  grade  capability  role  source  note`, a first line that starts with `#`.
//! Rows are sorted by the bytes of the line. As a tab sorts before every character of a name, that
//! is the order of (module, name), so two binary searches find a row, and nothing is parsed but the
//! row that was found. A unit test holds order, uniqueness and the spelling of every column.
//!
//! `name` is an identifier or dotted path, or one of two rows for a whole module and what is below it:
//! [`WHOLE_MODULE`] and [`ANY_CLASS`]. The module [`ANY_OWNER`] holds attribute names that are
//! judged wherever a dotted walk ends on them.
//!
//! Cost: the index (one offset a row, one a module) is built once, by one pass over the bytes; a
//! lookup is about a dozen comparisons and allocates nothing.

use std::cmp::Ordering;
use std::sync::OnceLock;

use super::verdict::{Capability, Grade, Role};

/// The embedded table.
pub(super) const TEXT: &str = include_str!("../../data/globals.tsv");

/// Row name: every name in this module, and in the modules below it.
pub(super) const WHOLE_MODULE: &str = "*";
/// Row name: every name shaped like a class (`CapWord`) in this module, and in the modules below it.
pub(super) const ANY_CLASS: &str = "<Class>";
/// Row module: the name is an attribute of something that is not known.
pub(super) const ANY_OWNER: &str = ".";

/// Role of a class that is data when it is rebuilt from its fields, and acts when it is called: the
/// capability of such a row is the constructor's.
const STATE_CLASS: &str = "state-class";

/// One row of the table, parsed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) grade: Grade,
    pub(super) capability: Capability,
    pub(super) role: Role,
    /// What a class does that is data only while it is rebuilt from its fields.
    pub(super) constructor: Option<Capability>,
    pub(super) source: &'static str,
    pub(super) note: &'static str,
}

/// Where rows and modules start.
struct Index {
    /// Byte offset of every row.
    rows: Vec<u32>,
    /// Index into `rows` of the first row of every module, and of the end.
    modules: Vec<u32>,
}

static INDEX: OnceLock<Index> = OnceLock::new();

/// The rows of one module.
#[derive(Clone, Copy)]
pub(super) struct Module {
    first: usize,
    end: usize,
    /// Bytes of the module's name and of the tab behind it.
    skip: usize,
}

/// Finds a module that has rows of its own.
pub(super) fn module(name: &str) -> Option<Module> {
    let index = index();
    let (_, starts) = index.modules.split_last()?;
    let at = starts
        .binary_search_by(|&row| compare(row_text(index, row as usize), name))
        .ok()?;
    let first = *index.modules.get(at)? as usize;
    let end = *index.modules.get(at.saturating_add(1))? as usize;
    Some(Module {
        first,
        end,
        skip: name.len().saturating_add(1),
    })
}

impl Module {
    /// Finds a row of this module.
    pub(super) fn row(self, name: &str) -> Option<Row> {
        let index = index();
        let rows = index.rows.get(self.first..self.end)?;
        let found = rows
            .binary_search_by(|&start| {
                let text = TEXT.as_bytes().get(start as usize..).unwrap_or_default();
                compare(text.get(self.skip..).unwrap_or_default(), name)
            })
            .ok()?;
        let start = *rows.get(found)? as usize;
        parse(TEXT.get(start..)?.lines().next()?)
    }
}

/// Finds the row of exactly this module and name.
pub(super) fn row(module_name: &str, name: &str) -> Option<Row> {
    module(module_name)?.row(name)
}

/// Parses the columns behind module and name.
pub(super) fn parse(line: &'static str) -> Option<Row> {
    let mut columns = line.split('\t').skip(2);
    let grade = Grade::from_code(columns.next()?)?;
    let capability = Capability::from_code(columns.next()?)?;
    let role = columns.next()?;
    let state_only = role == STATE_CLASS;
    Some(Row {
        grade,
        capability: if state_only {
            Capability::Data
        } else {
            capability
        },
        role: if state_only {
            Role::Class
        } else {
            Role::from_code(role)?
        },
        constructor: state_only.then_some(capability),
        source: columns.next()?,
        note: columns.next()?,
    })
}

/// Builds the index on first use.
fn index() -> &'static Index {
    INDEX.get_or_init(build)
}

fn build() -> Index {
    let bytes = TEXT.as_bytes();
    let mut rows = Vec::with_capacity(bytes.len() / 80);
    let mut modules = Vec::with_capacity(bytes.len() / 400);
    let mut start = 0usize;
    let mut current: &[u8] = b"";
    for end in memchr::memchr_iter(b'\n', bytes) {
        let line = bytes.get(start..end).unwrap_or_default();
        let same = line
            .strip_prefix(current)
            .is_some_and(|rest| rest.starts_with(b"\t"));
        if !same {
            current = line
                .get(..memchr::memchr(b'\t', line).unwrap_or(line.len()))
                .unwrap_or_default();
            modules.push(narrow(rows.len()));
        }
        rows.push(narrow(start));
        start = end.saturating_add(1);
    }
    modules.push(narrow(rows.len()));
    Index { rows, modules }
}

/// The table is far below 4 GiB, which a unit test holds.
fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn row_text(index: &Index, row: usize) -> &'static [u8] {
    index
        .rows
        .get(row)
        .and_then(|&start| TEXT.as_bytes().get(start as usize..))
        .unwrap_or_default()
}

/// Orders the first column of `text` against `key`.
fn compare(text: &[u8], key: &str) -> Ordering {
    let key = key.as_bytes();
    match text.get(..key.len()) {
        Some(head) => head.cmp(key).then_with(|| {
            if text.get(key.len()) == Some(&b'\t') {
                Ordering::Equal
            } else {
                Ordering::Greater
            }
        }),
        // Only at the end of the table: what is left is shorter than the key.
        None => text.cmp(key),
    }
}

/// Every row with its module and name, for tests and for listing.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str, Option<Row>)> {
    TEXT.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut columns = line.split('\t');
            (
                columns.next().unwrap_or_default(),
                columns.next().unwrap_or_default(),
                parse(line),
            )
        })
}
