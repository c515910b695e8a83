//! What Python globals do: `(module, name)` → grade, capability, kind of object, and why.
//!
//! The facts are in `data/globals.tsv`, one row a name, each with its source; the code here only
//! looks them up and handles what a list cannot: the many spellings of one name, dotted walks,
//! whole modules, and families of classes that are known to be data. The judgement of *use* (what is
//! called with which arguments, what is overwritten) is the caller's: grades speak of names.
//!
//! ```
//! use ma_python::catalogue::{Grade, classify};
//!
//! let verdict = classify("builtins", "eval");
//! assert_eq!(verdict.grade, Grade::Dangerous);
//! println!("{} {}: {}", verdict.path(), verdict.capability.title(), verdict.note);
//! ```

mod classify;
mod names;
mod table;
#[cfg(test)]
mod tests;
mod verdict;
mod walk;

pub use classify::classify;
pub use names::{is_ml_package, is_stdlib, python2_names};
pub use verdict::{CAPABILITIES, Capability, Grade, Matched, Role, Verdict};

/// One row of the table, for listing and for tests of callers.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The module, or `.` for attribute names that are judged on any owner.
    pub module: &'static str,
    /// The name; `*` for a whole module, `<Class>` for its classes.
    pub name: &'static str,
    /// How bad it is.
    pub grade: Grade,
    /// What it can do.
    pub capability: Capability,
    /// What kind of object it is.
    pub role: Role,
    /// What calling it does, for a class that is data only while it is rebuilt from its fields.
    pub constructor: Option<Capability>,
    /// Where the judgement comes from.
    pub source: &'static str,
}

/// Every row of the table, in its order.
pub fn entries() -> impl Iterator<Item = Entry> {
    table::all().filter_map(|(module, name, row)| {
        let row = row?;
        Some(Entry {
            module,
            name,
            grade: row.grade,
            capability: row.capability,
            role: row.role,
            constructor: row.constructor,
            source: row.source,
        })
    })
}
