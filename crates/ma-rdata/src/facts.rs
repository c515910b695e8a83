//! What code a stream holds, who would run it and what it calls: one pass over the objects, each of
//! which stands behind the object that holds it.

use std::collections::{BTreeSet, HashMap};

use ma_core::{Budget, ScanError};

use crate::calls::{Function, Tier, Use, lookup, uses};
use crate::model::{Data, Model, Node, NodeId, Place, sexp};

/// The uses that are kept of one owner.
const MAX_USES: usize = 32;
/// The symbols that are kept of one owner.
const MAX_CALLS: usize = 64;
/// How far calls of functions of the file are followed.
const MAX_HOPS: u32 = 6;

/// What runs a piece of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerKind {
    /// R, when the value is first looked at.
    Promise,
    /// R, whenever the variable is looked at.
    ActiveBinding,
    /// R, because of its name.
    Hook,
    /// Whoever calls a function of base R by its name.
    Shadow,
    /// Whoever calls the function.
    Closure,
    /// `predict` and `update`, which evaluate the terms of a model.
    Formula,
    /// Whoever evaluates the call.
    Language,
}

/// A piece of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// What runs it.
    pub kind: OwnerKind,
    /// The promise, function or call.
    pub node: NodeId,
    /// Whether it lies in an environment, where R itself leaves promises.
    pub nested: bool,
    /// What it uses of the table.
    pub uses: Vec<Use>,
    /// Names that compiled code uses and the source that it shows does not.
    pub hidden: BTreeSet<&'static str>,
    /// The names of the source that compiled code shows.
    shown: BTreeSet<&'static str>,
    /// The symbols that it calls and the table does not know.
    calls: Vec<NodeId>,
}

impl Owner {
    /// The most unusual function that it uses.
    #[must_use]
    pub fn worst(&self) -> Option<&Use> {
        let mut worst: Option<&Use> = None;
        for one in &self.uses {
            if worst.is_none_or(|w| w.function.tier < one.function.tier) {
                worst = Some(one);
            }
        }
        worst
    }

    /// Its tier; evaluated text counts as the most unusual.
    #[must_use]
    pub fn tier(&self) -> Option<Tier> {
        let has = |names: &[&str]| self.uses.iter().any(|u| names.contains(&u.function.name));
        if has(&["eval", "evalq"]) && has(&["parse", "str2lang", "str2expression"]) {
            return Some(Tier::Strong);
        }
        self.worst().map(|w| w.function.tier)
    }
}

/// What the rules look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// All code.
    pub owners: Vec<Owner>,
    /// Vectors that a class computes: class, package, object.
    pub altrep: Vec<(String, String, NodeId)>,
    /// Namespaces, packages and persistent names.
    pub outside: Vec<NodeId>,
    /// External pointers.
    pub pointers: Vec<NodeId>,
}

/// What is known of the place of an object.
#[derive(Debug, Clone, Copy, Default)]
struct Context {
    owner: Option<u32>,
    nested: bool,
    /// In compiled code: whether it is the source that it shows.
    compiled: Option<bool>,
    /// In something that `predict` evaluates.
    terms: bool,
    /// A cell of the list that a workspace file is.
    binding: bool,
}

/// Functions that R calls by their name: when a workspace is loaded at start and at the end.
pub const SESSION_HOOKS: [&str; 4] = [".First", ".Last", ".First.sys", ".Last.sys"];
/// Functions that R calls when a package is loaded.
pub const PACKAGE_HOOKS: [&str; 6] = [
    ".onLoad",
    ".onAttach",
    ".onUnload",
    ".onDetach",
    ".First.lib",
    ".Last.lib",
];
/// Functions of base R that everybody calls without thinking.
const BASE: [&str; 48] = [
    "print",
    "summary",
    "c",
    "list",
    "data.frame",
    "library",
    "require",
    "predict",
    "plot",
    "head",
    "tail",
    "str",
    "ls",
    "rm",
    "names",
    "length",
    "dim",
    "nrow",
    "ncol",
    "mean",
    "sum",
    "max",
    "min",
    "paste",
    "paste0",
    "cat",
    "format",
    "lapply",
    "sapply",
    "apply",
    "source",
    "load",
    "readRDS",
    "saveRDS",
    "save",
    "read.csv",
    "write.csv",
    "matrix",
    "factor",
    "table",
    "lm",
    "glm",
    "q",
    "quit",
    "View",
    "get",
    "exists",
    "is.null",
];
/// Generic functions that are called on objects without thinking: their methods are found by name.
const GENERICS: [&str; 9] = [
    "print.",
    "format.",
    "summary.",
    "str.",
    "plot.",
    "predict.",
    "length.",
    "toString.",
    "show.",
];
/// Attributes that hold what `predict` evaluates.
const TERMS: [&str; 4] = ["terms", "predvars", "variables", "formula"];

/// One pass over a model.
///
/// # Errors
/// When a limit was hit.
pub fn collect(model: &Model, budget: &Budget) -> Result<Facts, ScanError> {
    let mut facts = Facts::default();
    let mut contexts: Vec<Context> = Vec::with_capacity(model.nodes.len());
    let mut spent = 0;
    for (index, node) in model.nodes.iter().enumerate() {
        budget.charge_steps(1)?;
        let id = NodeId::try_from(index).unwrap_or(NodeId::MAX);
        let mut context = inherited(model, node, &contexts);
        if context.owner.is_none()
            && let Some(kind) = kind_of(model, node, context, is_bound(node, &contexts))
        {
            context.owner = u32::try_from(facts.owners.len()).ok();
            facts.owners.push(Owner {
                kind,
                node: id,
                nested: context.nested,
                uses: Vec::new(),
                hidden: BTreeSet::new(),
                shown: BTreeSet::new(),
                calls: Vec::new(),
            });
        }
        match node.kind {
            sexp::ALTREP => facts.altrep.extend(class_of(model, node, id)),
            sexp::NAMESPACE | sexp::PACKAGE | sexp::PERSIST => facts.outside.push(id),
            sexp::EXTPTR => facts.pointers.push(id),
            _ => {}
        }
        let owner = context.owner.and_then(|o| usize::try_from(o).ok());
        if let Some(owner) = owner.and_then(|o| facts.owners.get_mut(o)) {
            budget.charge_steps(16)?;
            note_uses(model, node, id, context, owner, &mut spent);
        }
        contexts.push(context);
    }
    for owner in &mut facts.owners {
        let shown = std::mem::take(&mut owner.shown);
        owner.hidden.retain(|name| !shown.contains(name));
    }
    follow(model, &mut facts.owners);
    Ok(facts)
}

/// Code that calls a function of the file does what that function does.
fn follow(model: &Model, owners: &mut [Owner]) {
    for _ in 0..MAX_HOPS {
        let mut bound: HashMap<&str, Use> = HashMap::new();
        for owner in owners.iter().filter(|o| o.kind == OwnerKind::Closure) {
            let cell = model.node(owner.node).and_then(|n| model.at(n.parent));
            let name = cell.and_then(|c| model.at(c.tag)).and_then(Node::text);
            let worst = owner.worst().filter(|u| u.function.tier == Tier::Strong);
            if let (Some(name), Some(worst)) = (name, worst) {
                bound.entry(name).or_insert_with(|| worst.clone());
            }
        }
        if bound.is_empty() {
            return;
        }
        let mut changed = false;
        for owner in owners.iter_mut().filter(|o| o.tier() != Some(Tier::Strong)) {
            let called = owner.calls.iter().filter_map(|id| model.node(*id)?.text());
            let found = called.filter_map(|name| bound.get(name)).next().cloned();
            changed |= found.is_some();
            owner.uses.extend(found);
        }
        if !changed {
            return;
        }
    }
}

fn inherited(model: &Model, node: &Node, contexts: &[Context]) -> Context {
    let Some((parent, above)) = node.parent.and_then(|p| {
        let index = usize::try_from(p).ok()?;
        Some((model.node(p)?, contexts.get(index)?))
    }) else {
        let binding = node.kind == sexp::LIST && model.header.workspace.is_some();
        return Context {
            binding,
            ..Context::default()
        };
    };
    let mut context = *above;
    context.binding = above.binding && node.place == Place::Cdr && node.kind == sexp::LIST;
    context.nested |= parent.kind == sexp::ENV;
    let environment = matches!(parent.kind, sexp::CLO | sexp::PROM) && node.place == Place::Tag;
    if environment || node.place == Place::Attr || parent.kind == sexp::ENV {
        context.owner = None;
        context.compiled = None;
        context.terms = false;
    }
    if parent.kind == sexp::BCODE {
        let source = node.place == Place::Item(0) && above.compiled != Some(false);
        context.compiled = Some(source);
    }
    if parent.kind == sexp::LIST && node.place == Place::Car {
        let tag = model.at(parent.tag).and_then(Node::text);
        context.terms |= tag.is_some_and(|t| TERMS.contains(&t));
    }
    if let (Place::Item(i), Some(names)) = (node.place, names(model, parent)) {
        let name = usize::try_from(i).ok().and_then(|i| names.get(i));
        context.terms |= matches!(name, Some(Some(n)) if TERMS.contains(&n.as_ref()));
    }
    context
}

/// The names of a vector's elements.
pub(crate) fn names<'m>(model: &'m Model, node: &Node) -> Option<&'m [Option<Box<str>>]> {
    let mut cell = model.at(node.attr)?;
    for _ in 0..16 {
        if model.at(cell.tag).and_then(Node::text) == Some("names") {
            return match &model.at(cell.car)?.data {
                Data::Strings(_, names) => Some(names),
                _ => None,
            };
        }
        cell = model.at(cell.cdr)?;
    }
    None
}

/// What would run the code that begins with this object, when code begins here.
fn kind_of(model: &Model, node: &Node, context: Context, workspace: bool) -> Option<OwnerKind> {
    match node.kind {
        sexp::PROM if is_pending(model, node) => Some(OwnerKind::Promise),
        sexp::CLO => {
            let cell = model
                .at(node.parent)
                .filter(|c| c.kind == sexp::LIST && node.place == Place::Car);
            let Some(cell) = cell else {
                return Some(OwnerKind::Closure);
            };
            let tag = model.at(cell.tag).and_then(Node::text).unwrap_or("");
            Some(if cell.is_active_binding() {
                OwnerKind::ActiveBinding
            } else if workspace && SESSION_HOOKS.contains(&tag) || PACKAGE_HOOKS.contains(&tag) {
                OwnerKind::Hook
            } else if workspace && (BASE.contains(&tag) || is_method(tag)) {
                OwnerKind::Shadow
            } else {
                OwnerKind::Closure
            })
        }
        sexp::LANG => {
            let formula = model.at(node.car).and_then(Node::text) == Some("~");
            Some(if formula || context.terms {
                OwnerKind::Formula
            } else {
                OwnerKind::Language
            })
        }
        sexp::BCODE | sexp::EXPR if context.terms => Some(OwnerKind::Formula),
        sexp::BCODE | sexp::EXPR => Some(OwnerKind::Language),
        _ => None,
    }
}

/// Whether a name is that of a method which R finds by itself.
#[must_use]
pub fn is_method(name: &str) -> bool {
    !BASE.contains(&name) && GENERICS.iter().any(|generic| name.starts_with(generic))
}

/// Whether a promise was never evaluated.
#[must_use]
pub fn is_pending(model: &Model, promise: &Node) -> bool {
    model
        .at(promise.car)
        .is_none_or(|value| value.kind == sexp::UNBOUND)
}

/// Whether an object is a variable of a workspace file.
fn is_bound(node: &Node, contexts: &[Context]) -> bool {
    let parent = node.parent.and_then(|p| usize::try_from(p).ok());
    let parent = parent.and_then(|p| contexts.get(p));
    node.place == Place::Car && parent.is_some_and(|c| c.binding)
}

fn note_uses(
    model: &Model,
    node: &Node,
    id: NodeId,
    context: Context,
    owner: &mut Owner,
    spent: &mut u64,
) {
    let symbol = |id: Option<NodeId>| -> Option<Function> {
        let node = model.at(id).filter(|n| n.kind == sexp::SYM)?;
        lookup(node.text()?).filter(|f| f.tier == Tier::Strong)
    };
    if node.kind == sexp::LANG && owner.calls.len() < MAX_CALLS {
        let called = node.car.filter(|id| {
            let name = model.node(*id).filter(|n| n.kind == sexp::SYM);
            name.and_then(Node::text)
                .is_some_and(|n| lookup(n).is_none())
        });
        let new = called.filter(|id| !owner.calls.contains(id));
        owner.calls.extend(new);
    }
    let mut keep = |found: Use| {
        let name = found.function.name;
        let again = owner.uses.iter().any(|u| u.function.name == name);
        // The most unusual ones have room of their own.
        let room = if found.function.tier == Tier::Strong {
            MAX_USES * 2
        } else {
            MAX_USES
        };
        if !again && owner.uses.len() < room {
            owner.uses.push(found);
        }
    };
    if node.kind == sexp::LANG {
        for found in uses(model, id, spent) {
            if context.compiled == Some(true) {
                owner.shown.insert(found.function.name);
            }
            if context.compiled == Some(false) && found.function.tier == Tier::Strong {
                owner.hidden.insert(found.function.name);
            }
            keep(found);
        }
    }
    if context.compiled == Some(true) && matches!(node.kind, sexp::LANG | sexp::LIST | sexp::SYM) {
        let own = (node.kind == sexp::SYM).then_some(id);
        let shown = symbol(node.car).or_else(|| symbol(own));
        owner.shown.extend(shown.map(|f| f.name));
    }
    if let (sexp::BCODE, Data::Items(_, items)) = (node.kind, &node.data) {
        for item in items.iter().skip(1) {
            if let Some(function) = symbol(Some(*item)) {
                owner.hidden.insert(function.name);
                keep(Use {
                    node: *item,
                    function,
                });
            }
        }
        // A source that is a single symbol stands in no cell.
        owner
            .shown
            .extend(symbol(items.first().copied()).map(|f| f.name));
    }
}

/// Class and package of a vector that a class computes.
fn class_of(model: &Model, node: &Node, id: NodeId) -> Option<(String, String, NodeId)> {
    let info = model.at(node.car)?;
    let text = |id: Option<NodeId>| model.at(id).and_then(Node::text).unwrap_or("?").to_owned();
    let package = model.at(info.cdr).and_then(|n| n.car);
    Some((text(info.car), text(package), id))
}
