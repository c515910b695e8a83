//! Calls: of macros, of what the engine provides, of methods; and the look at what is called.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::ast::{Args, Expr, ExprId, Stmt, StmtId};
use super::super::facts::Access;
use super::super::names::{self, Leads};
use super::super::value::{Origin, Val, Value};
use super::Interp;
use super::ways::Place;

/// Arguments, evaluated.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub(super) positional: Vec<Value>,
    pub(super) named: Vec<(String, Value)>,
}

impl Given {
    /// An argument by position or name.
    pub(super) fn get(&self, position: usize, name: &str) -> Option<&Value> {
        let named = self.named.iter().find(|(n, _)| n == name).map(|(_, v)| v);
        self.positional.get(position).or(named)
    }

    pub(super) fn named(&self, name: &str) -> Option<&Value> {
        self.named.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }
}

impl Interp<'_> {
    pub(super) fn given(&mut self, args: &Args) -> Given {
        let mut given = Given::default();
        for arg in &args.positional {
            given.positional.push(self.eval(*arg));
        }
        for (name, arg) in &args.named {
            given.named.push((name.clone(), self.eval(*arg)));
        }
        for arg in &args.star {
            let value = self.eval(*arg);
            match value.single() {
                Some(Val::List(items)) => given.positional.extend(items.iter().cloned()),
                Some(Val::Dict(pairs)) => {
                    for (key, value) in pairs.iter() {
                        if let Some(Val::Str(name)) = key.single() {
                            given.named.push((name.to_string(), value.clone()));
                        }
                    }
                }
                _ => given.positional.push(Self::element(&value)),
            }
        }
        given
    }

    pub(super) fn call(&mut self, id: ExprId, callee: ExprId, args: &Args) -> Value {
        let function = self.eval(callee);
        let given = self.given(args);
        self.look_at_call(id, callee);
        if let Expr::Attr(base, name) = self.ast.expr(callee) {
            self.change(*base, name, &given);
        }
        let mut out: Option<Value> = None;
        for alt in function.alts.clone() {
            let next = match alt {
                Val::Global(name) => self.call_global(id, &name, &given),
                Val::Macro(id) => self.call_macro(id, &given),
                Val::Method(base, name) => self.call_method(id, &base, &name, &given),
                _ => Value::unknown(),
            };
            out = Some(match out {
                Some(so_far) => so_far.or(next),
                None => next,
            });
        }
        let out = out
            .unwrap_or_else(Value::unknown)
            .with_trigger(function.trigger);
        self.built(id, &out);
        out
    }

    /// Notes a call of something that runs or opens things.
    fn look_at_call(&mut self, id: ExprId, callee: ExprId) {
        let mut found: Vec<(Rc<str>, bool)> = Vec::new();
        match self.ast.expr(callee) {
            Expr::Name(name) if self.lookup(name).is_none() => {
                found.push((name.as_str().into(), false))
            }
            Expr::Attr(_, name) => found.push((name.as_str().into(), false)),
            Expr::Item(_, index) => {
                let built = !matches!(self.ast.expr(*index), Expr::Str(_));
                let keys = self.facts.keys.get(&callee).into_iter().flatten();
                found.extend(keys.map(|k| (Rc::clone(k), built)));
            }
            Expr::Filter(..) => {
                let keys = self.facts.keys.get(&callee).into_iter().flatten();
                found.extend(keys.map(|k| (Rc::clone(k), true)));
            }
            _ => {}
        }
        for (name, built) in found {
            let name = name.trim();
            if names::is(name, Leads::Call) && self.first_time("call", id, name) {
                let built = built && !self.is_literal(callee, name);
                self.facts.calls.push(Access {
                    expr: id,
                    name: name.to_owned(),
                    built,
                });
            }
        }
    }

    /// Whether a name stands there as it is.
    pub(super) fn is_literal(&self, id: ExprId, name: &str) -> bool {
        let args = match self.ast.expr(id) {
            Expr::Filter(_, _, args) => args.all().collect(),
            Expr::Item(_, index) => vec![*index],
            _ => return true,
        };
        let range = self.ast.range(id);
        let source = self.source.get(range.start as usize..range.end as usize);
        let is = |id: &ExprId| matches!(self.ast.expr(*id), Expr::Str(text) if text == name);
        args.iter().any(is) && source.unwrap_or_default().contains(name)
    }

    fn call_global(&mut self, id: ExprId, name: &str, given: &Given) -> Value {
        match name {
            "namespace" => {
                let mut space = HashMap::new();
                if let Some(Val::Dict(pairs)) = given.positional.first().and_then(Value::single) {
                    for (key, value) in pairs.iter() {
                        if let Some(Val::Str(key)) = key.single() {
                            space.insert(key.to_string(), value.clone());
                        }
                    }
                }
                space.extend(given.named.iter().cloned());
                if self.spaces.len() >= 10_000 {
                    return Value::unknown();
                }
                self.spaces.push(space);
                Value::new(Val::Space(self.spaces.len().saturating_sub(1)))
            }
            "dict" => {
                let mut pairs = match given.positional.first().and_then(Value::single) {
                    Some(Val::Dict(pairs)) => pairs.to_vec(),
                    _ => Vec::new(),
                };
                let named = given.named.iter();
                pairs.extend(named.map(|(k, v)| (Value::text(k.as_str()), v.clone())));
                Value::dict(pairs)
            }
            "range" => self.range(id, given),
            "cycler" => Value::list(given.positional.clone()),
            "joiner" => Value::unknown(),
            "lipsum" => {
                let n = given.get(0, "n").and_then(Value::int).unwrap_or(0);
                if n > 1_000_000 {
                    self.heavy(self.ast.range(id), format!("{n} paragraphs are made"));
                }
                Value::unknown()
            }
            "strftime_now" => Value::from(Origin::Date),
            _ => Value::unknown(),
        }
    }

    fn range(&mut self, id: ExprId, given: &Given) -> Value {
        let numbers: Vec<Option<i64>> = given.positional.iter().map(Value::int).collect();
        let (start, stop, step) = match numbers.as_slice() {
            [Some(stop)] => (0, *stop, 1),
            [Some(start), Some(stop)] => (*start, *stop, 1),
            [Some(start), Some(stop), Some(step)] if *step != 0 => (*start, *stop, *step),
            _ => return Value::unknown(),
        };
        let distance = stop
            .saturating_sub(start)
            .saturating_mul(step.signum())
            .max(0);
        let step_size = i64::try_from(step.unsigned_abs()).unwrap_or(i64::MAX);
        let count = distance
            .saturating_add(step_size.saturating_sub(1))
            .checked_div(step_size);
        let count = count.unwrap_or(0);
        if count > 1_000_000 {
            self.heavy(
                self.ast.range(id),
                format!("a loop of {count} rounds is set up"),
            );
        }
        if count <= 64 {
            let numbers = (0..count).map(|i| start.saturating_add(i.saturating_mul(step)));
            return Value::list(numbers.map(|n| Value::new(Val::Int(n))).collect());
        }
        let count = Value::new(Val::Int(count));
        Value::new(Val::Method(Rc::new(count), "range".into()))
    }

    /// How many elements a `range()` has that is too long to be written out.
    pub(super) fn range_length(&self, value: &Value) -> Option<u64> {
        match value.single()? {
            Val::Method(count, name) if &**name == "range" => {
                count.int().and_then(|n| u64::try_from(n).ok())
            }
            _ => None,
        }
    }

    fn call_macro(&mut self, id: StmtId, given: &Given) -> Value {
        if !self.may_unroll() {
            return Value::unknown();
        }
        let ast = self.ast;
        let Some(Stmt::Macro { params, .. }) = ast.stmts.get(id.0 as usize).map(|n| &n.kind) else {
            return Value::unknown();
        };
        let mut values = Vec::new();
        for (i, (name, default)) in params.iter().enumerate() {
            let value = match (given.get(i, name), default) {
                (Some(value), _) => value.clone(),
                (None, Some(default)) => self.eval(*default),
                (None, None) => Self::parameter(name),
            };
            values.push(value);
        }
        self.deeper(Value::unknown(), |this| this.enter(id, values))
    }

    /// `list.append(x)` and its like, on a variable or an attribute of a namespace.
    fn change(&mut self, base: ExprId, name: &str, given: &Given) {
        if !matches!(
            name,
            "append" | "extend" | "insert" | "update" | "add" | "setdefault"
        ) {
            return;
        }
        let value = self.eval(base);
        if matches!(value.origin, Origin::Messages | Origin::Message) {
            let range = self.ast.range(base);
            for arg in given
                .positional
                .iter()
                .chain(given.named.iter().map(|(_, v)| v))
            {
                for text in super::constants(arg) {
                    self.note(range.clone(), &text, arg.trigger);
                }
            }
            return;
        }
        let last = given.positional.last();
        let changed = value.map(|alt| match (alt, last) {
            (Val::List(items), Some(new)) => {
                let mut items = items.to_vec();
                match (name, new.single()) {
                    ("extend", Some(Val::List(more))) => items.extend(more.iter().cloned()),
                    ("insert", _) if given.positional.first().and_then(Value::int) == Some(0) => {
                        items.insert(0, new.clone());
                    }
                    _ => items.push(new.clone()),
                }
                Value::list(items)
            }
            (Val::Dict(pairs), Some(new)) => {
                let mut pairs = pairs.to_vec();
                if let Some(Val::Dict(more)) = new.single() {
                    pairs.extend(more.iter().cloned());
                }
                Value::dict(pairs)
            }
            (other, _) => Value::new(other.clone()),
        });
        match self.ast.expr(base) {
            Expr::Name(variable) => {
                let variable = variable.clone();
                self.rebind(&variable, changed);
            }
            Expr::Attr(space, attr) => {
                if let Expr::Name(space) = self.ast.expr(*space) {
                    self.set_in_space(space, attr, changed);
                }
            }
            _ => {}
        }
    }

    /// A new value for a variable where it was set, not only in the scope at hand.
    fn rebind(&mut self, name: &str, value: Value) {
        let scope = self.scopes.iter().rposition(|s| s.contains_key(name));
        if let Some(scope) = scope {
            self.put(Place::Scope(scope, name.to_owned()), value);
        }
    }
}
