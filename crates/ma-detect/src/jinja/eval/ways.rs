//! The ways through a template: branches are gone one by one, each from the same state, and a variable
//! is afterwards what it is at one of their ends. Only what is set on a way is remembered and taken
//! back, so a branch costs what it sets.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ast::{Body, Expr, ExprId};
use super::super::value::Value;
use super::Interp;

/// Where a value is kept: a variable of a scope, or an attribute of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Scope(usize, String),
    Space(usize, String),
}

/// What was set on one way through the template.
pub(super) type End = BTreeMap<Place, Value>;

impl<'a> Interp<'a> {
    /// Something that may or may not run.
    pub(super) fn maybe(&mut self, trigger: Option<u32>, f: impl FnOnce(&mut Self)) {
        let end = self.apart(trigger, f);
        self.meet(vec![end, End::new()]);
    }

    /// Runs something, takes back what it set, and gives that.
    pub(super) fn apart(&mut self, trigger: Option<u32>, f: impl FnOnce(&mut Self)) -> End {
        self.undo.push(Vec::new());
        let outer = self.trigger;
        self.trigger = trigger.or(outer);
        f(self);
        self.trigger = outer;
        let log = self.undo.pop().unwrap_or_default();
        let mut end = End::new();
        for (place, _) in &log {
            if !end.contains_key(place)
                && let Some(value) = self.get(place)
            {
                end.insert(place.clone(), value.clone());
            }
        }
        for (place, before) in log.into_iter().rev() {
            self.restore(&place, before);
        }
        end
    }

    /// After one of several ways: each variable is what it is at one of their ends.
    pub(super) fn meet(&mut self, ends: Vec<End>) {
        let places: BTreeSet<&Place> = ends.iter().flat_map(End::keys).collect();
        let mut joined = Vec::new();
        for place in places {
            let before = || match (self.get(place), place) {
                (Some(value), _) => value.clone(),
                (None, Place::Scope(_, name)) => self.visible(name),
                (None, Place::Space(..)) => Value::unknown(),
            };
            let values = ends
                .iter()
                .map(|end| end.get(place).cloned().unwrap_or_else(before));
            if let Some(value) = values.reduce(Value::or) {
                joined.push((place.clone(), value));
            }
        }
        for (place, value) in joined {
            self.put(place, value);
        }
    }

    fn visible(&self, name: &str) -> Value {
        let known = self.lookup(name).cloned();
        known.unwrap_or_else(|| Self::free(name))
    }

    fn get(&self, place: &Place) -> Option<&Value> {
        match place {
            Place::Scope(number, name) => self.scopes.get(*number)?.get(name),
            Place::Space(number, name) => self.spaces.get(*number)?.get(name),
        }
    }

    /// Sets a variable and remembers what it was.
    pub(super) fn put(&mut self, place: Place, value: Value) {
        let (scope, name) = match &place {
            Place::Scope(number, name) => (self.scopes.get_mut(*number), name),
            Place::Space(number, name) => (self.spaces.get_mut(*number), name),
        };
        let Some(scope) = scope else { return };
        let before = scope.insert(name.clone(), value);
        if let Some(log) = self.undo.last_mut() {
            log.push((place, before));
        }
    }

    fn restore(&mut self, place: &Place, before: Option<Value>) {
        let (scope, name) = match place {
            Place::Scope(number, name) => (self.scopes.get_mut(*number), name),
            Place::Space(number, name) => (self.spaces.get_mut(*number), name),
        };
        if let Some(scope) = scope {
            match before {
                Some(value) => drop(scope.insert(name.clone(), value)),
                None => drop(scope.remove(name)),
            }
        }
    }

    pub(super) fn branches(&mut self, branches: &'a [(ExprId, Body)], otherwise: &'a Body) {
        let mut triggered = None;
        let mut decided = false;
        let mut ends = Vec::new();
        for (test, body) in branches {
            let value = self.eval(*test);
            triggered = triggered.or(value.trigger);
            match (decided, value.truth()) {
                (false, Some(true)) if value.trigger.is_none() => {
                    ends.push(self.apart(None, |this| this.body(body)));
                    decided = true;
                }
                (true, _) | (_, Some(false)) => self.dead(body),
                _ => ends.push(self.apart(value.trigger, |this| this.body(body))),
            }
        }
        if decided {
            self.dead(otherwise);
        } else {
            // What runs when nobody says the word is hidden by it only where the test says so.
            let first = branches.first().filter(|b| self.negates(b.0));
            let negated = first.and(triggered);
            ends.push(self.apart(negated, |this| this.body(otherwise)));
        }
        self.meet(ends);
    }

    /// Whether a condition is about somebody *not* saying something.
    fn negates(&self, test: ExprId) -> bool {
        match self.ast.expr(test) {
            Expr::Unary("not", _) | Expr::Test(_, _, _, true) => true,
            Expr::Compare(_, rest) => rest.iter().any(|(op, _)| matches!(*op, "!=" | "not in")),
            _ => false,
        }
    }

    /// A branch that does not run as far as is known: looked at, but what it sets does not count.
    pub(super) fn dead(&mut self, body: &'a Body) {
        drop(self.apart(None, |this| drop(this.capture(|this| this.body(body)))));
    }
}
