//! Expressions: folding, and the look at every name that is reached for.

use std::rc::Rc;

use super::super::ast::{Expr, ExprId, WILD};
use super::super::facts::{Rewrite, Subject};
use super::super::names::{self, Leads, Sure};
use super::super::text;
use super::super::value::{MAX_ITEMS, MAX_TEXT, Origin, Val, Value, plain};
use super::Interp;
use super::strings;

/// Names of what somebody said, in a message or in a part of one.
const CONTENT: &[&str] = &["content", "text", "value", "parts", "utterance"];

impl Interp<'_> {
    /// What an expression can be.
    pub(super) fn eval(&mut self, id: ExprId) -> Value {
        if !self.step() {
            return Value::unknown();
        }
        let value = self.deeper(Value::unknown(), |this| this.eval_inner(id));
        self.steps = self.steps.saturating_add(value.weight());
        value
    }

    fn eval_inner(&mut self, id: ExprId) -> Value {
        let ast = self.ast;
        match ast.expr(id) {
            Expr::Broken => Value::unknown(),
            Expr::Name(name) => self.name(id, name),
            Expr::Str(text) => Value::text(text.as_str()),
            Expr::Int(n) => Value::new(Val::Int(*n)),
            Expr::Float(x) => Value::new(Val::Float(*x)),
            Expr::Bool(b) => Value::new(Val::Bool(*b)),
            Expr::None => Value::new(Val::None),
            Expr::List(items) => {
                let items = items.iter().map(|i| self.eval(*i)).collect();
                Value::list(items)
            }
            Expr::Dict(pairs) => {
                let pairs = pairs.iter();
                let pairs = pairs.map(|(k, v)| (self.eval(*k), self.eval(*v))).collect();
                Value::dict(pairs)
            }
            Expr::Unary(op, arg) => self.unary(op, *arg),
            Expr::Binary(op, args) => self.binary(id, op, args),
            Expr::Compare(first, rest) => self.compare(id, *first, rest),
            Expr::Cond(test, yes, no) => {
                let test = self.eval(*test);
                let yes = self.eval(*yes).with_trigger(test.trigger);
                let no = match no {
                    Some(no) => self.eval(*no),
                    None => Value::text(""),
                };
                match test.truth() {
                    Some(true) => yes,
                    Some(false) => no,
                    None => yes.or(no),
                }
            }
            Expr::Attr(base, name) => {
                let base = self.eval(*base);
                self.attribute(id, &base, name, false)
            }
            Expr::Item(base, index) => self.item(id, *base, *index),
            Expr::Slice(parts) => {
                parts
                    .iter()
                    .copied()
                    .flatten()
                    .for_each(|p| drop(self.eval(p)));
                Value::unknown()
            }
            Expr::Call(callee, args) => self.call(id, *callee, args),
            Expr::Filter(base, name, args) => {
                let value = match base {
                    Some(base) => self.eval(*base),
                    None => Value::unknown(),
                };
                self.filter(id, value, name, args)
            }
            Expr::Test(base, name, args, _) => self.test(id, *base, name, args),
        }
    }

    fn name(&mut self, id: ExprId, name: &str) -> Value {
        if let Some(value) = self.lookup(name) {
            return value.clone();
        }
        if names::is(name, Leads::Module) || names::escape(name) == Sure::Yes {
            self.host(id, name);
        }
        if self.facts.unbound.len() < 1000 {
            self.facts.unbound.entry(name.to_owned()).or_insert(id);
        }
        Self::free(name)
    }

    /// What a variable is taken for that the template does not set.
    pub(super) fn free(name: &str) -> Value {
        match name {
            "messages" | "conversation" | "conversations" | "history" => {
                Value::from(Origin::Messages)
            }
            "prompt" | "question" | "instruction" | "query" | "input" | "content" => {
                Value::from(Origin::Content)
            }
            "message" => Value::from(Origin::Message),
            "date_string" | "date" | "datetime" | "current_date" | "today" => {
                Value::from(Origin::Date)
            }
            "namespace" | "dict" | "range" | "cycler" | "joiner" | "lipsum" | "strftime_now" => {
                Value::new(Val::Global(name.into()))
            }
            _ => Value::unknown(),
        }
    }

    fn unary(&mut self, op: &str, arg: ExprId) -> Value {
        let value = self.eval(arg);
        let trigger = value.trigger;
        let out = match (op, value.single()) {
            ("not", _) => match value.truth() {
                Some(truth) => Value::new(Val::Bool(!truth)),
                None => Value::unknown(),
            },
            ("-", Some(Val::Int(n))) => Value::new(Val::Int(n.saturating_neg())),
            ("-", Some(Val::Float(x))) => Value::new(Val::Float(-x)),
            ("+", Some(_)) => value,
            _ => Value::unknown(),
        };
        out.with_trigger(trigger)
    }

    fn binary(&mut self, id: ExprId, op: &'static str, args: &[ExprId]) -> Value {
        let mut values = args
            .iter()
            .map(|a| self.eval(*a))
            .collect::<Vec<_>>()
            .into_iter();
        let Some(mut out) = values.next() else {
            return Value::unknown();
        };
        for right in values {
            out = match op {
                "~" => out.combine(&right, concat),
                "+" => out.combine(&right, add),
                "%" => {
                    let right_value = right.clone();
                    out.map(|a| match a {
                        Val::Str(format) => Value::text(strings::percent(format, &right_value)),
                        Val::Int(n) => arithmetic("%", *n, right_value.int()),
                        _ => Value::unknown(),
                    })
                    .with_origin(right.origin)
                    .with_trigger(right.trigger)
                }
                "*" => self.multiply(id, &out, &right),
                "and" | "or" => out.or(right),
                _ => {
                    if op == "**" {
                        self.power(id, &out, &right);
                    }
                    match (out.int(), right.int()) {
                        (Some(a), b) => arithmetic(op, a, b),
                        _ => Value::unknown(),
                    }
                }
            };
        }
        self.built(id, &out);
        out
    }

    /// Notes a dangerous name that was put together here.
    pub(super) fn built(&mut self, id: ExprId, value: &Value) {
        for text in value.texts() {
            if names::spells(text) && self.first_time("spelled", id, text) {
                self.facts.spelled.push(Self::access_of(id, text, true));
            }
        }
    }

    fn multiply(&mut self, id: ExprId, a: &Value, b: &Value) -> Value {
        let (text, count) = match (a.int(), b.int()) {
            (Some(x), Some(y)) => return Value::new(Val::Int(x.saturating_mul(y))),
            (Some(n), None) => (b, n),
            (None, Some(n)) => (a, n),
            _ => return Value::unknown().with_origin(a.origin.max(b.origin)),
        };
        let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
        let size = text.texts().map(|t| t.len()).max().unwrap_or(0);
        let items = text
            .alts
            .iter()
            .any(|v| matches!(v, Val::List(_) | Val::Unknown));
        let total = size.max(usize::from(items)).saturating_mul(count);
        if total > 10_000_000 {
            self.heavy(
                self.ast.range(id),
                format!("a text or list of {total} parts is made"),
            );
        }
        text.map(|alt| match alt {
            Val::Str(t) if t.len().saturating_mul(count) <= MAX_TEXT => {
                Value::text(t.repeat(count))
            }
            Val::List(items) if items.len().saturating_mul(count) <= MAX_ITEMS => {
                let all = items.iter().cloned().cycle();
                Value::list(all.take(items.len().saturating_mul(count)).collect())
            }
            Val::Str(_) => Value::text(WILD.to_string()),
            _ => Value::unknown(),
        })
    }

    fn power(&mut self, id: ExprId, a: &Value, b: &Value) {
        if let (Some(a), Some(b)) = (a.int(), b.int()) {
            let digits = (a.unsigned_abs().max(1).ilog2() as u64).saturating_mul(b.unsigned_abs());
            if b > 0 && digits > 10_000_000 {
                self.heavy(
                    self.ast.range(id),
                    format!("a number of {digits} bits is computed"),
                );
            }
        }
    }

    fn compare(&mut self, id: ExprId, first: ExprId, rest: &[(&'static str, ExprId)]) -> Value {
        let mut left = self.eval(first);
        let mut out: Option<Value> = None;
        for (op, right) in rest {
            let right = self.eval(*right);
            let trigger = self.triggered(id, &left, &right);
            let known = match (left.single(), right.single()) {
                (Some(a), Some(b)) => strings::compared(op, a, b),
                _ => None,
            };
            let next = known.map_or_else(Value::unknown, |b| Value::new(Val::Bool(b)));
            let next = next
                .with_trigger(left.trigger)
                .with_trigger(right.trigger)
                .with_trigger(trigger);
            out = Some(match out {
                Some(so_far) => so_far.or(next),
                None => next,
            });
            left = right;
        }
        out.unwrap_or_else(Value::unknown)
    }

    /// The trigger that a comparison is, when one side is what somebody says, or the date, and the
    /// other is a word.
    pub(super) fn triggered(&mut self, id: ExprId, a: &Value, b: &Value) -> Option<u32> {
        let (subject, constant) = match (subject(a), subject(b)) {
            (Some(subject), None) => (subject, b),
            (None, Some(subject)) => (subject, a),
            _ => return None,
        };
        let telling = super::constants(constant)
            .into_iter()
            .find(|text| match subject {
                Subject::Words => text::telling(text),
                Subject::Date => text.chars().any(|c| c.is_ascii_digit()),
            });
        let number = matches!(subject, Subject::Date)
            .then(|| constant.int())
            .flatten();
        let telling = telling.or_else(|| number.map(|n| n.to_string()))?;
        Some(self.add_trigger(id, subject, &telling))
    }

    /// `base.name` and everything that means the same.
    pub(super) fn attribute(&mut self, id: ExprId, base: &Value, name: &str, built: bool) -> Value {
        self.reach(id, name, built, false);
        self.look_at_host(id, name);
        let value = base.map(|alt| match alt {
            Val::Space(number) => {
                let space = self.spaces.get(*number);
                space
                    .and_then(|s| s.get(name))
                    .cloned()
                    .unwrap_or_else(Value::unknown)
            }
            Val::Dict(pairs) => match in_dict(pairs, name) {
                Some(value) => value,
                None => method(base, name),
            },
            Val::Unknown if base.origin < Origin::Message && base.origin != Origin::Date => {
                Value::unknown()
            }
            _ => method(base, name),
        });
        let origin = match base.origin {
            Origin::Message if CONTENT.contains(&name) => Origin::Content,
            Origin::Content if CONTENT.contains(&name) => Origin::Content,
            Origin::Date => Origin::Date,
            _ => Origin::Other,
        };
        let mut value = value;
        value.origin = origin;
        if origin == Origin::Content {
            // A part of a message and a method of a text look the same until it is called.
            value.alts = vec![Val::Unknown];
        }
        value
    }

    /// Judges a name that is reached for.
    pub(super) fn reach(&mut self, id: ExprId, name: &str, built: bool, by_filter: bool) {
        let sure = names::escape(name);
        let kind = match sure {
            Sure::Yes | Sure::Unusual => "escape",
            Sure::Likely if by_filter => "escape",
            Sure::Likely | Sure::Possible => "dynamic",
            Sure::No => return,
        };
        if !self.first_time(kind, id, name) {
            return;
        }
        let access = Self::access_of(id, name.trim(), built);
        if kind == "escape" {
            self.facts.escapes.push(access);
        } else {
            self.facts.dynamic.push(access);
        }
    }

    fn look_at_host(&mut self, id: ExprId, name: &str) {
        let Expr::Attr(base, _) = self.ast.expr(id) else {
            return;
        };
        if let Expr::Name(root) = self.ast.expr(*base) {
            let free = self.lookup(root).is_none();
            let engine = matches!(root.as_str(), "self" | "environment");
            let framework = matches!(
                root.as_str(),
                "request" | "config" | "current_app" | "settings"
            );
            let telling = match root.as_str() {
                "request" => matches!(
                    name,
                    "application"
                        | "args"
                        | "cookies"
                        | "headers"
                        | "values"
                        | "form"
                        | "environ"
                        | "files"
                        | "data"
                        | "user"
                        | "META"
                ),
                "config" | "settings" => matches!(
                    name,
                    "items"
                        | "from_pyfile"
                        | "from_object"
                        | "from_envvar"
                        | "SECRET_KEY"
                        | "root_path"
                ),
                "current_app" => true,
                _ => false,
            };
            if free && ((engine && name.starts_with('_')) || (framework && telling)) {
                self.host(id, &format!("{root}.{name}"));
            }
        }
    }

    pub(super) fn host(&mut self, id: ExprId, name: &str) {
        if self.first_time("host", id, name) {
            self.facts.hosts.push(Self::access_of(id, name, false));
        }
    }

    fn item(&mut self, id: ExprId, base: ExprId, index: ExprId) -> Value {
        let value = self.eval(base);
        if let Expr::Slice(parts) = self.ast.expr(index) {
            let parts = parts.map(|p| p.map(|p| self.eval(p)));
            return strings::slice(&value, &parts);
        }
        let literal = matches!(self.ast.expr(index), Expr::Str(_));
        let key = self.eval(index);
        self.facts.keys.insert(id, key.texts().cloned().collect());
        self.item_by(id, &value, &key, !literal)
    }

    /// `base[key]`, however it is written.
    pub(super) fn item_by(&mut self, id: ExprId, base: &Value, key: &Value, built: bool) -> Value {
        let mut out: Option<Value> = None;
        for alt in &key.alts {
            let next = match alt {
                Val::Str(name) => {
                    self.reach(id, name, built, false);
                    let mut found = self.attribute_value(base, name);
                    found.origin = found.origin.max(self.content_of(base, name));
                    found
                }
                Val::Int(n) => strings::index(base, *n),
                _ => Self::element(base),
            };
            out = Some(match out {
                Some(so_far) => so_far.or(next),
                None => next,
            });
        }
        out.unwrap_or_else(Value::unknown)
            .with_trigger(base.trigger)
    }

    fn content_of(&self, base: &Value, name: &str) -> Origin {
        let holds = matches!(base.origin, Origin::Message | Origin::Content);
        if holds && CONTENT.contains(&name) {
            Origin::Content
        } else {
            Origin::Other
        }
    }

    fn attribute_value(&self, base: &Value, name: &str) -> Value {
        base.map(|alt| match alt {
            Val::Dict(pairs) => in_dict(pairs, name).unwrap_or_else(Value::unknown),
            Val::Space(number) => {
                let space = self.spaces.get(*number);
                space
                    .and_then(|s| s.get(name))
                    .cloned()
                    .unwrap_or_else(Value::unknown)
            }
            _ => Value::unknown(),
        })
        .without_origin()
    }

    /// Notes that somebody's words are replaced by others.
    pub(super) fn rewrite(&mut self, id: ExprId, base: &Value, from: &Value, to: &Value) {
        if base.origin != Origin::Content {
            return;
        }
        let (Some(Val::Str(from)), Some(Val::Str(to))) = (from.single(), to.single()) else {
            return;
        };
        if text::telling(from) && text::telling(to) && self.first_time("rewrite", id, from) {
            let (from, to) = (from.to_string(), to.to_string());
            self.facts.rewrites.push(Rewrite { expr: id, from, to });
        }
    }

    /// What walking over a value gives.
    pub(super) fn element(value: &Value) -> Value {
        let origin = match value.origin {
            Origin::Messages => Origin::Message,
            Origin::Content => Origin::Content,
            _ => Origin::Other,
        };
        let mut out = value.map(|alt| match alt {
            Val::List(items) => union(items.iter()),
            Val::Dict(pairs) => union(pairs.iter().map(|(k, _)| k)),
            Val::Str(_) => Value::text(WILD.to_string()),
            _ => Value::unknown(),
        });
        out.origin = origin;
        out
    }

    /// The elements of a value that is known to be a list, a dictionary or a text.
    pub(super) fn elements(&self, value: &Value) -> Option<Vec<Value>> {
        match value.single()? {
            Val::List(items) => Some(items.to_vec()),
            Val::Dict(pairs) => Some(pairs.iter().map(|(k, _)| k.clone()).collect()),
            Val::Str(text) if text.len() <= 256 => {
                Some(text.chars().map(|c| Value::text(c.to_string())).collect())
            }
            Val::Method(base, name) if &**name == "range" => {
                let count = usize::try_from(base.int()?).ok().filter(|n| *n <= 64)?;
                (0..count)
                    .map(|i| Some(Value::new(Val::Int(i64::try_from(i).ok()?))))
                    .collect()
            }
            _ => None,
        }
    }
}

impl Value {
    fn without_origin(mut self) -> Self {
        self.origin = Origin::Other;
        self
    }
}

fn subject(value: &Value) -> Option<Subject> {
    match value.origin {
        Origin::Content => Some(Subject::Words),
        Origin::Date => Some(Subject::Date),
        _ => None,
    }
}

fn in_dict(pairs: &Rc<Vec<(Value, Value)>>, name: &str) -> Option<Value> {
    let is = |key: &Value| matches!(key.single(), Some(Val::Str(text)) if &**text == name);
    pairs
        .iter()
        .rev()
        .find(|(key, _)| is(key))
        .map(|(_, value)| value.clone())
}

fn method(base: &Value, name: &str) -> Value {
    Value::new(Val::Method(Rc::new(base.clone()), name.into()))
}

pub(super) fn union<'v>(items: impl Iterator<Item = &'v Value>) -> Value {
    let mut out: Option<Value> = None;
    for item in items.take(MAX_ITEMS) {
        out = Some(match out {
            Some(so_far) => so_far.or(item.clone()),
            None => item.clone(),
        });
    }
    out.unwrap_or_else(Value::unknown)
}

pub(super) fn concat(a: &Val, b: &Val) -> Value {
    let mut out = String::new();
    for part in [a, b] {
        match plain(part) {
            Some(text) => out.push_str(&text),
            None => out.push(WILD),
        }
    }
    if out.len() > MAX_TEXT {
        return Value::text(WILD.to_string());
    }
    Value::text(out)
}

fn add(a: &Val, b: &Val) -> Value {
    match (a, b) {
        (Val::Int(a), Val::Int(b)) => Value::new(Val::Int(a.saturating_add(*b))),
        (Val::List(a), Val::List(b)) => Value::list(a.iter().chain(b.iter()).cloned().collect()),
        (Val::List(items), _) | (_, Val::List(items)) => union(items.iter()).or(Value::unknown()),
        (Val::Str(_), _) | (_, Val::Str(_)) => concat(a, b),
        _ => Value::unknown(),
    }
}

fn arithmetic(op: &str, a: i64, b: Option<i64>) -> Value {
    let Some(b) = b else { return Value::unknown() };
    let out = match op {
        "-" => a.checked_sub(b),
        "//" => a.checked_div_euclid(b),
        "%" => a.checked_rem_euclid(b),
        "**" => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        _ => None,
    };
    out.map_or_else(Value::unknown, |n| Value::new(Val::Int(n)))
}
