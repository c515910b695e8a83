//! What marshalled code does, in a few lists: imports, names, calls with their constant arguments.

use std::ops::Range;

use super::machine::{Globals, Machine, Parts, Trace};
use super::model::{CodeObject, Node, NodeId, Object, Parsed};
use super::opcode::{self, Table};
use super::{CodeLayout, Const, PyVersion};
use crate::value::{Value, call_text};

/// Most code objects that are disassembled.
const FUNCTIONS: usize = 20_000;
/// Code objects that are tried to find out the version.
const TRIED: usize = 16;
/// Most names and strings that are kept.
const LISTED: usize = 65_536;

/// One call in bytecode.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeCall {
    /// The dotted name that is called (`os.system`, `builtins.eval`, `requests.get.json` for a method of a result).
    pub callee: String,
    /// Positional arguments as far as they are known.
    pub args: Vec<Value>,
    /// Keyword arguments.
    pub keywords: Vec<(String, Value)>,
    /// Offset of the call in the function's bytecode.
    pub offset: usize,
    /// Name of the function it is in.
    pub function: String,
    /// The bytes of that function in the stream; empty where the code came in parts.
    pub bytes: Range<usize>,
}

/// Writes the call as Python would spell it: `os.system('echo pwned')`.
impl std::fmt::Display for CodeCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&call_text(&self.callee, &self.args, &self.keywords))
    }
}

/// What was found in a code object and those nested in it.
#[derive(Clone, Debug, Default)]
pub struct CodeSummary {
    /// The version whose opcodes fit best; none if none fitted.
    pub version: Option<PyVersion>,
    /// Whether the instructions could be followed without a problem; if not, calls may be missing and the names are
    /// what there is to judge by.
    pub followed: bool,
    /// Modules imported.
    pub imports: Vec<String>,
    /// Dotted names that are loaded, called or not.
    pub references: Vec<String>,
    /// Calls, in the order they stand in the code.
    pub calls: Vec<CodeCall>,
    /// All names of globals, attributes and modules (`co_names`).
    pub names: Vec<String>,
    /// All text constants.
    pub strings: Vec<String>,
    /// Names of the functions and classes.
    pub functions: Vec<String>,
}

impl CodeSummary {
    /// Summarises a code object whose fields are known one by one, as in a pickle that calls `types.CodeType(…)`.
    ///
    /// Without a version, every known one is tried. Local names are not needed to name calls.
    #[must_use]
    pub fn from_parts(
        code: &[u8],
        names: &[String],
        consts: &[Const],
        version: Option<(u8, u8)>,
    ) -> Self {
        let parts = Parts {
            code,
            names,
            consts,
            locals: &[],
            cells: &[],
        };
        let table = version
            .and_then(|(major, minor)| opcode::table(PyVersion::new(major, minor)))
            .or_else(|| best_table(&[parts], None));
        let mut summary = Self {
            names: names.to_vec(),
            ..Self::default()
        };
        summary.strings = consts
            .iter()
            .filter_map(|value| value.as_text().map(str::to_owned))
            .collect();
        let mut globals = Globals::default();
        let function = Function {
            name: "",
            bytes: 0..0,
            parts,
        };
        summary.follow(&[function], table, &mut globals);
        summary
    }

    fn follow(&mut self, functions: &[Function<'_>], table: Option<&Table>, globals: &mut Globals) {
        self.version = table.map(|table| table.version);
        self.followed = table.is_some() && functions.len() <= FUNCTIONS;
        let Some(table) = table else { return };
        for function in functions.iter().take(FUNCTIONS) {
            let trace = Machine::new(function.parts, table, globals).run();
            self.followed &= trace.problems == 0;
            self.add(trace, function);
        }
    }

    fn add(&mut self, trace: Trace, function: &Function<'_>) {
        for (from, into) in [
            (trace.imports, &mut self.imports),
            (trace.references, &mut self.references),
        ] {
            let mut seen: std::collections::HashSet<String> = into.iter().cloned().collect();
            into.extend(from.into_iter().filter(|name| seen.insert(name.clone())));
            into.truncate(LISTED);
        }
        self.calls
            .extend(trace.calls.into_iter().map(|call| CodeCall {
                function: function.name.to_owned(),
                bytes: function.bytes.clone(),
                ..call
            }));
        self.calls.truncate(LISTED);
    }
}

/// Summarises all code objects of a marshalled stream. The version comes from a `.pyc` header; without one, the version
/// whose opcodes fit best is taken.
///
/// ```
/// # use ma_python::marshal::{MarshalLimits, parse, summarise};
/// // marshal.dumps(compile("import os; os.system('echo pwned')", "", "exec")) of CPython 3.11
/// let bytes = include_bytes!("../../testdata/marshal/small-3.11.bin");
/// let summary = summarise(&parse(bytes, &MarshalLimits::default()), None);
/// assert_eq!(summary.calls[0].to_string(), "os.system('echo pwned')");
/// ```
#[must_use]
pub fn summarise(parsed: &Parsed, version: Option<PyVersion>) -> CodeSummary {
    let owned: Vec<OwnedParts> = parsed
        .code_objects()
        .map(|(node, code)| OwnedParts::new(parsed, node, code))
        .collect();
    let functions: Vec<Function<'_>> = owned.iter().map(OwnedParts::borrow).collect();
    let mut summary = CodeSummary::default();
    for parts in &owned {
        push_new(&mut summary.names, &parts.names);
        push_new(&mut summary.functions, std::slice::from_ref(&parts.name));
    }
    let python2 = parsed.layout == Some(CodeLayout::Python2);
    for node in &parsed.nodes {
        let text = match &node.object {
            Object::Str(text) => Some(text.as_str()),
            Object::Bytes(bytes) if python2 => std::str::from_utf8(bytes).ok(),
            _ => None,
        };
        if let Some(text) = text.filter(|_| summary.strings.len() < LISTED) {
            summary.strings.push(text.to_owned());
        }
    }
    let tried: Vec<Parts<'_>> = functions
        .iter()
        .take(TRIED)
        .map(|function| function.parts)
        .collect();
    let table = version
        .and_then(opcode::table)
        .filter(|table| parsed.layout == Some(table.version.layout()));
    let table = table.or_else(|| best_table(&tried, parsed.layout));
    let mut globals = Globals::default();
    summary.follow(
        &functions,
        table.filter(|_| !functions.is_empty()),
        &mut globals,
    );
    summary
}

fn push_new(into: &mut Vec<String>, names: &[String]) {
    for name in names {
        if into.len() < 4096 && !into.contains(name) {
            into.push(name.clone());
        }
    }
}

/// The version whose opcodes give the fewest problems, the newer one where two are equal.
fn best_table(functions: &[Parts<'_>], layout: Option<CodeLayout>) -> Option<&'static Table> {
    let score = |table: &&'static Table| {
        let (mut problems, mut oddities, mut instructions) = (0usize, 0usize, 0usize);
        for parts in functions {
            let trace = Machine::new(*parts, table, &mut Globals::default()).run();
            problems = problems.saturating_add(trace.problems);
            oddities = oddities.saturating_add(trace.oddities);
            instructions = instructions.saturating_add(trace.instructions);
        }
        // A code of which half is nonsense is not of this version.
        (problems.saturating_mul(2) <= instructions.max(1))
            .then(|| problems.saturating_mul(4).saturating_add(oddities))
    };
    let mut best: Option<(usize, &'static Table)> = None;
    for table in opcode::candidates(layout) {
        if let Some(score) = score(&table)
            && best.is_none_or(|(lowest, _)| score < lowest)
        {
            best = Some((score, table));
        }
    }
    best.map(|(_, table)| table)
}

/// A code object with its name and place.
struct Function<'a> {
    name: &'a str,
    bytes: Range<usize>,
    parts: Parts<'a>,
}

/// The parts of a code object, out of the arena.
struct OwnedParts {
    name: String,
    bytes: Range<usize>,
    code: Vec<u8>,
    names: Vec<String>,
    consts: Vec<Value>,
    locals: Vec<String>,
    cells: Vec<String>,
}

impl OwnedParts {
    fn new(parsed: &Parsed, node: &Node, code: &CodeObject) -> Self {
        let bytes = match code.code.map(|id| parsed.get(id)) {
            Some(Object::Bytes(bytes)) => bytes.clone(),
            _ => Vec::new(),
        };
        let mut cells = parsed.strings(code.cell_names);
        cells.extend(parsed.strings(code.free_names));
        Self {
            name: parsed
                .text(code.qualified_name.or(code.name))
                .unwrap_or_default()
                .into_owned(),
            bytes: node.range.clone(),
            code: bytes,
            names: parsed.strings(code.names),
            consts: parsed
                .items(code.consts)
                .iter()
                .map(|&id| value(parsed, id, 0))
                .collect(),
            locals: parsed.strings(code.local_names),
            cells,
        }
    }

    fn borrow(&self) -> Function<'_> {
        let parts = Parts {
            code: &self.code,
            names: &self.names,
            consts: &self.consts,
            locals: &self.locals,
            cells: &self.cells,
        };
        Function {
            name: &self.name,
            bytes: self.bytes.clone(),
            parts,
        }
    }
}

/// A constant as a value; what nests deeper than values may is unknown.
fn value(parsed: &Parsed, id: NodeId, depth: usize) -> Value {
    if depth >= crate::value::MAX_DEPTH {
        return Value::Unknown;
    }
    match parsed.get(id) {
        Object::None => Value::None,
        Object::Bool(bool) => Value::Bool(*bool),
        Object::Int(int) => Value::Int(*int),
        Object::Float(float) => Value::Float(*float),
        Object::Str(text) => Value::str(text.as_str()),
        // Python 2 has byte strings where Python 3 has text.
        Object::Bytes(bytes) if parsed.layout == Some(CodeLayout::Python2) => {
            match std::str::from_utf8(bytes) {
                Ok(text) => Value::str(text),
                Err(_) => Value::bytes(bytes.clone()),
            }
        }
        Object::Bytes(bytes) => Value::bytes(bytes.clone()),
        Object::Tuple(items)
        | Object::FrozenSet(items)
        | Object::List(items)
        | Object::Set(items) => {
            // Not more than a list may hold: references could make a small stream expand without end.
            Value::list(
                items
                    .iter()
                    .take(256)
                    .map(|&item| value(parsed, item, depth.saturating_add(1)))
                    .collect(),
            )
        }
        Object::Code(_) => Value::Local(id.0),
        _ => Value::Unknown,
    }
}
