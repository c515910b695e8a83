//! What a call calls: the table of functions that do something to a machine, and the ways in which R
//! code writes a name (`system`, `base::system`, `get("system")`, `base$system`, pasted text).

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::{Data, Model, Node, NodeId, sexp};

/// What a function can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it does, as the end of "this call …".
    pub capability: &'static str,
    /// How unusual it is in a model.
    pub tier: Tier,
}

/// How unusual a call of a function is in a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Ordinary code calls it all the time, and so does an attack.
    Common,
    /// Ordinary code calls it, data that is only waiting to be looked at does not.
    Weak,
    /// Ordinary models do not call it at all.
    Strong,
}

static FUNCTIONS: LazyLock<HashMap<&'static str, Function>> = LazyLock::new(|| {
    include_str!("../data/functions.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let name = columns.next()?;
            let capability = columns.next()?;
            let tier = match columns.next()? {
                "strong" => Tier::Strong,
                "weak" => Tier::Weak,
                _ => Tier::Common,
            };
            Some((
                name,
                Function {
                    name,
                    capability,
                    tier,
                },
            ))
        })
        .collect()
});

/// Functions that call what their arguments name.
const INDIRECT: [&str; 25] = [
    "do.call",
    "match.fun",
    "get",
    "get0",
    "mget",
    "getFunction",
    "getExportedValue",
    "getFromNamespace",
    "lapply",
    "sapply",
    "vapply",
    "mapply",
    "rapply",
    "eapply",
    "tapply",
    "apply",
    "Map",
    "Reduce",
    "Filter",
    "outer",
    "as.name",
    "as.symbol",
    "call",
    "Vectorize",
    "exec",
];

/// A call whose arguments are too many and too nested to be followed.
const HIDDEN: Function = Function {
    name: "something by a name made of many pieces",
    capability: "can't be told",
    tier: Tier::Weak,
};

/// What the table says of a name.
#[must_use]
pub fn lookup(name: &str) -> Option<Function> {
    FUNCTIONS.get(name).copied()
}

/// How deep a name is followed through calls that make it, and how many objects are looked at.
const MAX_FOLD: u32 = 8;
const MAX_FUEL: u32 = 160;
/// The same for all arguments of a call.
const MAX_FUEL_OF_ALL: u32 = 640;
/// The effort for a file, and what a call is worth beyond it.
const MAX_SPENT: u64 = 2_000_000;
const FUEL_WHEN_SPENT: u32 = 8;
/// The longest text that is put together.
const MAX_FOLDED: usize = 16 * 1024;
/// The arguments of a call that are looked at.
const MAX_ARGUMENTS: usize = 64;

/// What is left of the effort for one name: shared calls could make it endless.
#[derive(Debug, Clone, Copy)]
pub struct Left<'f> {
    depth: u32,
    fuel: &'f Cell<u32>,
}

impl<'f> Left<'f> {
    /// The effort that `fuel` allows.
    #[must_use]
    pub fn new(fuel: &'f Cell<u32>) -> Self {
        Self {
            depth: MAX_FOLD,
            fuel,
        }
    }

    fn down(self) -> Option<Self> {
        let fuel = self.fuel.get().checked_sub(1)?;
        self.fuel.set(fuel);
        Some(Self {
            depth: self.depth.checked_sub(1)?,
            fuel: self.fuel,
        })
    }
}

/// The arguments of a call: tag and value.
pub fn arguments<'m>(
    model: &'m Model,
    call: &'m Node,
) -> impl Iterator<Item = (Option<&'m str>, &'m Node)> {
    let mut next = call.cdr;
    std::iter::from_fn(move || {
        let cell = model.at(next)?;
        if !matches!(cell.kind, sexp::LIST | sexp::LANG | sexp::DOT) {
            return None;
        }
        next = cell.cdr;
        let tag = model.at(cell.tag).and_then(Node::text);
        Some((tag, model.at(cell.car)?))
    })
    .take(MAX_ARGUMENTS)
}

/// The name of what a call calls, when it can be told.
#[must_use]
pub fn callee(model: &Model, call: &Node) -> Option<String> {
    let fuel = Cell::new(MAX_FUEL);
    name_of(model, model.at(call.car)?, Left::new(&fuel))
}

fn name_of(model: &Model, node: &Node, left: Left<'_>) -> Option<String> {
    let left = left.down()?;
    match node.kind {
        sexp::SYM | sexp::SPECIAL | sexp::BUILTIN | sexp::CHAR => node.text().map(str::to_owned),
        sexp::STR => text(model, node, left),
        sexp::LANG => {
            let function = name_of(model, model.at(node.car)?, left)?;
            let nth = match function.as_str() {
                "::" | ":::" | "$" | "@" | "[[" | "getExportedValue" => 1,
                "(" | "{" | "get" | "get0" | "match.fun" | "getFunction" | "as.name"
                | "as.symbol" | "getFromNamespace" | ".Primitive" | "Vectorize" | "identity" => 0,
                _ => return None,
            };
            let (_, argument) = arguments(model, node).nth(nth)?;
            match argument.kind {
                sexp::SYM => argument.text().map(str::to_owned),
                sexp::LANG => {
                    text(model, argument, left).or_else(|| name_of(model, argument, left))
                }
                _ => text(model, argument, left),
            }
        }
        _ => None,
    }
}

/// The text that an expression gives, when it is a string or made of strings.
#[must_use]
pub fn text(model: &Model, node: &Node, left: Left<'_>) -> Option<String> {
    let left = left.down()?;
    match (&node.data, node.kind) {
        (Data::Strings(1, strings), _) => strings.first()?.as_deref().map(str::to_owned),
        (Data::Text(text), sexp::CHAR) => Some(text.to_string()),
        (Data::Numbers(_, bytes), sexp::RAW) => characters(bytes),
        (_, sexp::LANG) => {
            let function = name_of(model, model.at(node.car)?, left)?;
            match function.as_str() {
                "paste0" | "paste" => {
                    let mut between = if function == "paste" { " " } else { "" }.to_owned();
                    let mut parts = Vec::new();
                    for (tag, argument) in arguments(model, node) {
                        match tag {
                            Some("sep") => between = text(model, argument, left)?,
                            Some("collapse") => {}
                            _ => parts.extend(texts(model, argument, left)?),
                        }
                    }
                    let joined = parts.join(&between);
                    (joined.len() <= MAX_FOLDED).then_some(joined)
                }
                "c" | "(" | "as.character" | "identity" | "as.name" | "as.symbol" => {
                    let (_, argument) = arguments(model, node).next()?;
                    text(model, argument, left)
                }
                "rawToChar" | "intToUtf8" | "as.raw" => {
                    let (_, argument) = arguments(model, node).next()?;
                    match &argument.data {
                        Data::Numbers(_, numbers) => characters(numbers),
                        _ if argument.kind == sexp::LANG => text(model, argument, left)
                            .or_else(|| numbers(model, argument).and_then(|n| characters(&n))),
                        _ => None,
                    }
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn texts(model: &Model, node: &Node, left: Left<'_>) -> Option<Vec<String>> {
    let left = left.down()?;
    match (&node.data, node.kind) {
        (Data::Strings(len, strings), _) if *len == strings.len() as u64 => Some(
            strings
                .iter()
                .map(|s| s.as_deref().unwrap_or("NA").to_owned())
                .collect(),
        ),
        (_, sexp::LANG) if plain_callee(model, node) == Some("c") => {
            let mut all = Vec::new();
            for (_, argument) in arguments(model, node) {
                all.push(text(model, argument, left)?);
            }
            Some(all)
        }
        _ => Some(vec![text(model, node, left)?]),
    }
}

/// The name of what a call calls, where it stands as it is.
fn plain_callee<'m>(model: &'m Model, call: &Node) -> Option<&'m str> {
    model.at(call.car)?.text()
}

/// The numbers of `c(115, 121, …)`.
fn numbers(model: &Model, node: &Node) -> Option<Vec<f64>> {
    if plain_callee(model, node) != Some("c") {
        return None;
    }
    arguments(model, node)
        .map(|(_, n)| match &n.data {
            Data::Numbers(1, one) => one.first().copied(),
            _ => None,
        })
        .collect()
}

fn characters(numbers: &[f64]) -> Option<String> {
    numbers
        .iter()
        .map(|n| {
            let whole = n.is_finite() && *n >= 1.0 && *n < 1_114_112.0;
            // In range, so nothing is cut but a fraction.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            whole.then_some(*n as u32).and_then(char::from_u32)
        })
        .collect()
}

/// One use of a function that is in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The call, or the constant that names the function.
    pub node: NodeId,
    /// What the table says.
    pub function: Function,
}

/// What a call uses: what it calls, what it hands to a function that calls its arguments, and what
/// is in a text that it turns into code. `spent` counts the effort over a whole file: calls that share
/// their arguments could make it large, so that less is spent on each once it is.
#[must_use]
pub fn uses(model: &Model, id: NodeId, spent: &mut u64) -> Vec<Use> {
    let mut found = Vec::new();
    let Some(call) = model.node(id) else {
        return found;
    };
    let mut add = |function: Option<Function>| {
        found.extend(function.map(|function| Use { node: id, function }));
    };
    let name = callee(model, call);
    let allowed = if *spent > MAX_SPENT {
        FUEL_WHEN_SPENT
    } else {
        MAX_FUEL_OF_ALL
    };
    let fuel = Cell::new(allowed);
    add(name.as_deref().and_then(lookup));
    if name.as_deref().is_none_or(|n| INDIRECT.contains(&n)) {
        for (_, argument) in arguments(model, call).take_while(|_| fuel.get() > 0) {
            let named = argument_name(model, argument, Left::new(&fuel));
            let function = named.as_deref().and_then(lookup);
            add(function.filter(|f| f.tier == Tier::Strong));
        }
    }
    if matches!(
        name.as_deref(),
        Some("parse" | "str2lang" | "str2expression")
    ) {
        for (_, argument) in arguments(model, call).take_while(|_| fuel.get() > 0) {
            for text in texts(model, argument, Left::new(&fuel)).unwrap_or_default() {
                named_in(&text).into_iter().for_each(|f| add(Some(f)));
            }
        }
    }
    if fuel.get() == 0 {
        add(Some(HIDDEN));
    }
    *spent = spent.saturating_add(u64::from(allowed.saturating_sub(fuel.get())));
    found
}

fn argument_name(model: &Model, argument: &Node, left: Left<'_>) -> Option<String> {
    match argument.kind {
        sexp::LANG => text(model, argument, left).or_else(|| name_of(model, argument, left)),
        sexp::SYM | sexp::STR | sexp::BUILTIN | sexp::SPECIAL => name_of(model, argument, left),
        _ => None,
    }
}

/// The strong functions that are called in source code.
fn named_in(source: &str) -> Vec<Function> {
    let word = |c: char| c.is_alphanumeric() || c == '.' || c == '_';
    let mut found: Vec<Function> = Vec::new();
    for (at, _) in source.match_indices('(').take(256) {
        let before = source.get(..at).unwrap_or("").trim_end();
        let start = before
            .char_indices()
            .rev()
            .take_while(|(_, c)| word(*c))
            .last()
            .map_or(before.len(), |(i, _)| i);
        let function = before.get(start..).and_then(lookup);
        if let Some(function) = function.filter(|f| f.tier == Tier::Strong)
            && !found.contains(&function)
        {
            found.push(function);
        }
    }
    found
}
