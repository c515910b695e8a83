//! What TensorFlow operators can do: the table of all operators of TensorFlow 2.21, of its internal ones
//! and of some that other versions had, and the packages that bring operators of their own.
//!
//! The tables are data files with a column for their source: `operators.tsv` was made from the operator
//! registry of TensorFlow 2.21 (names, inputs, attributes) and judged by hand; `third-party-operators.tsv` names
//! what well-known packages register.
//!
//! ```
//! use ma_tensorflow::ops::{Class, Lookup, Place, Role, lookup};
//!
//! let Lookup::Operator(op) = lookup("WriteFile") else { panic!() };
//! assert_eq!(op.class, Class::Write);
//! assert_eq!(op.arguments[0].place, Place::Input(0));
//! assert_eq!(op.arguments[0].role, Role::Path);
//! assert!(matches!(lookup("Addons>GeluOp"), Lookup::ThirdParty(_)));
//! assert!(matches!(lookup("ShellExecute"), Lookup::Unknown { telling: true }));
//! ```

mod paths;

use std::collections::HashMap;
use std::sync::OnceLock;

pub use paths::{Reach, judge_path};

const OPERATORS: &str = include_str!("../../data/operators.tsv");
const THIRD_PARTY: &str = include_str!("../../data/third-party-operators.tsv");

/// What an operator can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Runs code: Python functions, native symbols, graphs and programs that are data.
    Exec,
    /// Creates or writes files.
    Write,
    /// Writes checkpoints: every saved model has such nodes, so only the path decides.
    Save,
    /// Reads or lists files.
    Read,
    /// Makes a reader; [`Class::Read`] nodes behind it say of which files.
    Reader,
    /// Reads checkpoints: every saved model has such nodes, so only the path decides.
    Restore,
    /// Speaks to another machine.
    Network,
    /// Moves tensors between the devices of one program.
    Transfer,
    /// Ends the process.
    Dos,
    /// Repeats a function.
    Loop,
    /// Computes.
    Plain,
}

/// Where an operator comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// One of the 1,522 operators that TensorFlow 2.21 offers in Python.
    Public,
    /// Registered in TensorFlow 2.21 for its own use.
    Internal,
    /// Of older versions or other builds.
    Legacy,
}

/// Where an argument is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The input of that number.
    Input(usize),
    /// The attribute of that name.
    Attr(&'static str),
}

/// What an argument is to the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A path, pattern of paths or prefix of paths.
    Path,
    /// A path; empty means none.
    OptionalPath,
    /// A path; empty means that nothing is written.
    Cache,
    /// A further path; empty means none.
    Prefix,
    /// `stderr`, `log(info)` and so on, or `file://` and a path.
    Stream,
    /// Addresses beginning with `file://`, `grpc://` or `memcbk://`.
    Urls,
    /// A file of descriptors, `local://`, `bytes://` and descriptors, or nothing.
    Descriptor,
    /// An address on the network.
    Address,
    /// A device, which may be on another machine.
    Device,
    /// A serialised graph.
    Graph,
    /// A serialised MLIR or StableHLO module.
    Module,
    /// A native symbol.
    Target,
    /// The name of a registered Python function.
    Token,
    /// A function of the library.
    Function,
    /// What is written, sent or run.
    Payload,
    /// A queue of file names.
    Queue,
    /// The shape of the result.
    Shape,
    /// Anything else worth showing.
    Value,
}

/// An argument that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Where it is.
    pub place: Place,
    /// Its name in the definition of the operator.
    pub name: &'static str,
    /// What it is.
    pub role: Role,
}

/// An operator of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Its name.
    pub name: &'static str,
    /// What it can do.
    pub class: Class,
    /// Where it comes from.
    pub origin: Origin,
    /// The arguments that matter, the decisive one first.
    pub arguments: Vec<Argument>,
    /// What it does, in a few words (`writes any file`); empty for [`Class::Plain`].
    pub note: &'static str,
}

impl Operator {
    /// The argument with that role.
    #[must_use]
    pub fn argument(&self, role: Role) -> Option<&Argument> {
        self.arguments.iter().find(|a| a.role == role)
    }
}

/// A package that registers operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: &'static str,
    /// What the operators do.
    pub note: &'static str,
}

/// What is known of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// An operator of TensorFlow.
    Operator(&'static Operator),
    /// An operator of a well-known package.
    ThirdParty(&'static Package),
    /// None of these: whoever loads the file needs a library that brings it.
    Unknown {
        /// Whether the name says that it runs commands, loads libraries or the like.
        telling: bool,
    },
}

/// Looks a name up. Names of functions in the graph's own library are no operators: ask that first.
#[must_use]
pub fn lookup(name: &str) -> Lookup {
    if let Some(operator) = table().get(name) {
        return Lookup::Operator(operator);
    }
    if let Some((_, package)) = packages()
        .iter()
        .find(|(pattern, _)| matches(pattern, name))
    {
        return Lookup::ThirdParty(package);
    }
    Lookup::Unknown {
        telling: telling(name),
    }
}

/// The operator of that name; one without abilities for names that are not in the table.
#[must_use]
pub fn classify(name: &str) -> Class {
    match lookup(name) {
        Lookup::Operator(operator) => operator.class,
        _ => Class::Plain,
    }
}

/// All operators of the table, by name.
#[must_use]
pub fn all() -> Vec<&'static Operator> {
    let mut all: Vec<&Operator> = table().values().collect();
    all.sort_by_key(|o| o.name);
    all
}

/// Words that an honest name has no use for.
fn telling(name: &str) -> bool {
    const WORDS: [&str; 14] = [
        "shell",
        "exec",
        "system",
        "command",
        "subproc",
        "popen",
        "spawn",
        "eval",
        "payload",
        "loadlibrary",
        "dlopen",
        "pycall",
        "reverse_tcp",
        "backdoor",
    ];
    let lower = name.to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}

fn table() -> &'static HashMap<&'static str, Operator> {
    static TABLE: OnceLock<HashMap<&'static str, Operator>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let rows = OPERATORS.lines().skip(1).filter_map(row);
        rows.map(|operator| (operator.name, operator)).collect()
    })
}

fn packages() -> &'static [(&'static str, Package)] {
    static PACKAGES: OnceLock<Vec<(&'static str, Package)>> = OnceLock::new();
    PACKAGES.get_or_init(|| {
        let rows = THIRD_PARTY.lines().skip(1);
        let package = |row: &'static str| {
            let mut fields = row.split('\t');
            let pattern = fields.next()?;
            let name = fields.next()?;
            let note = fields.next().unwrap_or_default();
            Some((pattern, Package { name, note }))
        };
        rows.filter_map(package).collect()
    })
}

fn row(row: &'static str) -> Option<Operator> {
    let mut fields = row.split('\t');
    let name = fields.next()?;
    let class = class(fields.next()?)?;
    let origin = match fields.next()? {
        "public" => Origin::Public,
        "internal" => Origin::Internal,
        _ => Origin::Legacy,
    };
    let arguments = fields.next()?.split(',').filter_map(argument).collect();
    let note = fields.next()?;
    Some(Operator {
        name,
        class,
        origin,
        arguments,
        note,
    })
}

fn class(word: &str) -> Option<Class> {
    Some(match word {
        "exec" => Class::Exec,
        "write" => Class::Write,
        "save" => Class::Save,
        "read" => Class::Read,
        "reader" => Class::Reader,
        "restore" => Class::Restore,
        "network" => Class::Network,
        "transfer" => Class::Transfer,
        "dos" => Class::Dos,
        "loop" => Class::Loop,
        "plain" => Class::Plain,
        _ => return None,
    })
}

/// `1:filename:path` is input 1, `@token:token` an attribute.
fn argument(text: &'static str) -> Option<Argument> {
    let mut parts = text.split(':');
    let first = parts.next().filter(|p| !p.is_empty())?;
    let (place, name, word) = match first.strip_prefix('@') {
        Some(attr) => (Place::Attr(attr), attr, parts.next()?),
        None => (
            Place::Input(first.parse().ok()?),
            parts.next()?,
            parts.next()?,
        ),
    };
    Some(Argument {
        place,
        name,
        role: role(word)?,
    })
}

fn role(word: &str) -> Option<Role> {
    Some(match word {
        "path" => Role::Path,
        "path?" => Role::OptionalPath,
        "cache" => Role::Cache,
        "prefix" => Role::Prefix,
        "stream" => Role::Stream,
        "urls" => Role::Urls,
        "descriptor" => Role::Descriptor,
        "address" => Role::Address,
        "device" => Role::Device,
        "graph" => Role::Graph,
        "module" => Role::Module,
        "target" => Role::Target,
        "token" => Role::Token,
        "function" => Role::Function,
        "payload" => Role::Payload,
        "queue" => Role::Queue,
        "shape" => Role::Shape,
        "value" => Role::Value,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_understood() {
        for line in OPERATORS.lines().skip(1) {
            let operator = row(line).unwrap_or_else(|| panic!("{line}"));
            let arguments = line.split('\t').nth(3).unwrap_or_default();
            let written = arguments.split(',').filter(|a| !a.is_empty()).count();
            assert_eq!(operator.arguments.len(), written, "{line}");
            if operator.class != Class::Plain {
                assert!(!operator.note.is_empty(), "{line}");
            }
        }
        assert_eq!(
            THIRD_PARTY.lines().skip(1).count(),
            packages().len(),
            "third-party-operators.tsv"
        );
        let public = all().into_iter().filter(|o| o.origin == Origin::Public);
        assert_eq!(public.count(), 1522);
    }

    #[test]
    fn names_are_told_apart() {
        assert_eq!(classify("SaveV2"), Class::Save);
        assert_eq!(classify("MatMul"), Class::Plain);
        assert_eq!(lookup("LoadLibraryV2"), Lookup::Unknown { telling: true });
        assert_eq!(lookup("MyOp"), Lookup::Unknown { telling: false });
        assert!(
            matches!(lookup("SimpleMLInferenceOpWithHandle"), Lookup::ThirdParty(p) if p.name == "TensorFlow Decision Forests")
        );
    }
}
