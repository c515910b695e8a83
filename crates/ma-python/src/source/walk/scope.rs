//! Names and what they are bound to, and the functions and classes of the text.

use std::collections::HashMap;

use crate::value::Value;

/// Index of a scope in [`Scopes`].
pub(super) type ScopeId = usize;

/// What a scope belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Module,
    Class,
    Function,
}

/// Names bound in one scope; several values where it depends on what ran.
#[derive(Debug)]
struct Scope {
    kind: ScopeKind,
    parent: Option<ScopeId>,
    names: HashMap<String, Vec<Value>>,
}

/// All scopes.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    scopes: Vec<Scope>,
}

/// Most values one name is known to have.
const VALUES: usize = 4;

impl Scopes {
    pub(super) fn add(&mut self, kind: ScopeKind, parent: Option<ScopeId>) -> ScopeId {
        self.scopes.push(Scope {
            kind,
            parent,
            names: HashMap::new(),
        });
        self.scopes.len().saturating_sub(1)
    }

    pub(super) fn kind(&self, id: ScopeId) -> Option<ScopeKind> {
        self.scopes.get(id).map(|scope| scope.kind)
    }

    /// Binds a name; `also` keeps what it was bound to before, because this may not run.
    pub(super) fn bind(&mut self, id: ScopeId, name: &str, value: Value, also: bool) {
        let Some(scope) = self.scopes.get_mut(id) else {
            return;
        };
        let values = scope.names.entry(name.to_owned()).or_default();
        if !also {
            values.clear();
        }
        if !values.contains(&value) {
            if values.len() >= VALUES {
                // What is known to be harmful must not be pushed out by what is not.
                match values
                    .iter()
                    .position(|old| !matches!(old, Value::Name(_) | Value::Local(_)))
                {
                    Some(at) => {
                        values.remove(at);
                    }
                    None => return,
                }
            }
            values.push(value);
        }
    }

    /// What the name is bound to in this very scope.
    pub(super) fn get(&self, id: ScopeId, name: &str) -> Option<Value> {
        let values = self.scopes.get(id)?.names.get(name)?;
        Some(Value::one_of(values.clone()))
    }

    /// What the name is bound to, seen from a scope: classes around functions are skipped, as in Python.
    pub(super) fn lookup(&self, from: ScopeId, name: &str) -> Option<Value> {
        let mut at = Some(from);
        while let Some(id) = at {
            let scope = self.scopes.get(id)?;
            if (id == from || scope.kind != ScopeKind::Class)
                && let Some(values) = scope.names.get(name)
            {
                return Some(Value::one_of(values.clone()));
            }
            at = scope.parent;
        }
        None
    }
}

/// A function, lambda or class of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Definition {
    /// The dotted name within the text.
    pub(super) name: String,
    /// The class a method belongs to.
    pub(super) class: Option<u32>,
    /// For a class: the scope of its body, where its methods are.
    pub(super) body: Option<ScopeId>,
    /// For a class: its bases.
    pub(super) bases: Vec<Value>,
}
