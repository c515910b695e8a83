//! Filters. What they make of constants is computed; an unknown filter over a constant gives text that
//! is not known.

use super::super::ast::{Args, Expr, ExprId, WILD};
use super::super::value::{Origin, Val, Value, plain};
use super::Interp;
use super::calls::Given;
use super::expr::{concat, union};
use super::strings;

impl Interp<'_> {
    pub(super) fn filter(&mut self, id: ExprId, value: Value, name: &str, args: &Args) -> Value {
        let given = self.given(args);
        let value = if let (true, Some(generator)) = (name == "string", self.generator(id)) {
            Value::new(Val::Global(generator.into()))
        } else {
            value
        };
        let out = self.apply(id, &value, name, &given, 0);
        self.built(id, &out);
        out
    }

    /// A filter without a base, of a filter block.
    pub(super) fn filter_block(&mut self, id: ExprId, value: Value) -> Value {
        let ast = self.ast;
        match ast.expr(id) {
            Expr::Filter(base, name, args) => {
                let value = match base {
                    Some(inner) => {
                        self.deeper(Value::unknown(), |this| this.filter_block(*inner, value))
                    }
                    None => value,
                };
                self.filter(id, value, name, args)
            }
            _ => value,
        }
    }

    /// What is filtered, when it is the generator of another filter: its text has underscores.
    fn generator(&self, id: ExprId) -> Option<&'static str> {
        let Expr::Filter(Some(base), _, _) = self.ast.expr(id) else {
            return None;
        };
        match self.ast.expr(*base) {
            Expr::Filter(_, name, _) => match name.as_str() {
                "select" | "reject" | "selectattr" | "rejectattr" => Some("select"),
                "map" => Some("map"),
                _ => None,
            },
            _ => None,
        }
    }

    fn apply(&mut self, id: ExprId, value: &Value, name: &str, given: &Given, level: u8) -> Value {
        let first = given.positional.first();
        match name {
            "attr" => return self.attr(id, value, first),
            "map" => return self.map(id, value, given, level),
            "select" | "reject" | "selectattr" | "rejectattr" => {
                return self.select(id, value, name, given);
            }
            "sort" | "unique" | "groupby" | "min" | "max" | "sum" => {
                let path = given.named("attribute");
                let path = path.or(if name == "groupby" || name == "sum" {
                    first
                } else {
                    None
                });
                if let Some(path) = path {
                    self.path(id, &Self::element(value), path);
                }
                return match name {
                    "sort" | "unique" => value.clone(),
                    "groupby" => Value::unknown(),
                    _ => Self::element(value),
                };
            }
            "join" => return self.join(id, value, given),
            "default" | "d" => {
                let known = value.single().is_some();
                let other = first.cloned().unwrap_or_else(|| Value::text(""));
                return if known {
                    value.clone()
                } else {
                    value.clone().or(other)
                };
            }
            "replace" => {
                if let (Some(from), Some(to)) = (given.get(0, "old"), given.get(1, "new")) {
                    self.rewrite(id, value, from, to);
                    return value.map_text(|t| strings::replace(t, from, to));
                }
                return value.clone();
            }
            "center" | "indent" | "ljust" | "rjust" | "wordwrap" => {
                let width = given.get(0, "width").and_then(Value::int).unwrap_or(0);
                if width > 10_000_000 {
                    self.heavy(self.ast.range(id), format!("a text is padded to {width}"));
                }
                return value.map_text(|t| Value::text(t.trim()));
            }
            "format" => return value.map_text(|t| self.percent_format(id, t, given)),
            _ => {}
        }
        simple(value, name, first)
    }

    fn percent_format(&mut self, id: ExprId, text: &str, given: &Given) -> Value {
        let named: Vec<_> = given
            .named
            .iter()
            .map(|(k, v)| (Value::text(k.as_str()), v.clone()))
            .collect();
        let args = if named.is_empty() {
            Value::list(given.positional.clone())
        } else {
            Value::dict(named)
        };
        self.wide(id, text);
        Value::text(strings::percent(text, &args))
    }

    /// Notes a format that asks for a very wide field.
    pub(super) fn wide(&mut self, id: ExprId, format: &str) {
        let width = format
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|d| d.parse::<u64>().ok())
            .max();
        if let Some(width) = width.filter(|w| *w > 10_000_000)
            && format.contains(['%', '{'])
        {
            self.heavy(self.ast.range(id), format!("a text is padded to {width}"));
        }
    }

    fn attr(&mut self, id: ExprId, value: &Value, name: Option<&Value>) -> Value {
        let Some(name) = name else {
            return Value::unknown();
        };
        self.facts.keys.insert(id, name.texts().cloned().collect());
        let mut out: Option<Value> = None;
        for alt in &name.alts {
            let next = match alt {
                Val::Str(text) => {
                    let built = !self.is_literal(id, text);
                    self.reach(id, text, built, true);
                    if text.contains(WILD) {
                        self.dynamic(id, text);
                    }
                    self.attribute(id, value, text, built)
                }
                _ => {
                    self.dynamic(id, &WILD.to_string());
                    Value::unknown()
                }
            };
            out = Some(match out {
                Some(so_far) => so_far.or(next),
                None => next,
            });
        }
        out.unwrap_or_else(Value::unknown)
    }

    /// `|attr(…)` with a name that is not known: there is no honest need for it in a template.
    fn dynamic(&mut self, id: ExprId, name: &str) {
        let known = self
            .facts
            .escapes
            .iter()
            .chain(&self.facts.dynamic)
            .any(|a| a.expr == id);
        if !known && self.first_time("dynamic", id, name) {
            self.facts.dynamic.push(Self::access_of(id, name, true));
        }
    }

    /// `attribute='a.b'`: each name is reached for.
    pub(super) fn path(&mut self, id: ExprId, value: &Value, path: &Value) -> Value {
        let mut out: Option<Value> = None;
        for text in path.texts().cloned().collect::<Vec<_>>() {
            let built = !self.is_literal(id, &text);
            let mut value = value.clone();
            for name in text.split('.').take(64) {
                value = self.attribute(id, &value, name, built);
            }
            out = Some(match out {
                Some(so_far) => so_far.or(value),
                None => value,
            });
        }
        out.unwrap_or_else(Value::unknown)
    }

    fn map(&mut self, id: ExprId, value: &Value, given: &Given, level: u8) -> Value {
        if level > 8 {
            return Value::unknown();
        }
        if let Some(path) = given.named("attribute") {
            let path = path.clone();
            return match self.elements(value) {
                Some(items) => Value::list(
                    items
                        .iter()
                        .map(|item| self.path(id, item, &path))
                        .collect(),
                ),
                None => self.path(id, &Self::element(value), &path),
            };
        }
        let mut rest = given.clone();
        if rest.positional.is_empty() {
            return Value::unknown();
        }
        let name = rest.positional.remove(0);
        let names: Vec<_> = name.texts().cloned().collect();
        let mut out: Option<Value> = None;
        for name in names {
            let next = match self.elements(value) {
                Some(items) => {
                    let items = items.iter();
                    Value::list(
                        items
                            .map(|item| self.apply(id, item, &name, &rest, level.saturating_add(1)))
                            .collect(),
                    )
                }
                None => self.apply(
                    id,
                    &Self::element(value),
                    &name,
                    &rest,
                    level.saturating_add(1),
                ),
            };
            out = Some(match out {
                Some(so_far) => so_far.or(next),
                None => next,
            });
        }
        out.unwrap_or_else(Value::unknown)
    }

    fn select(&mut self, id: ExprId, value: &Value, name: &str, given: &Given) -> Value {
        let by_attribute = name.ends_with("attr");
        let mut item = Self::element(value);
        let mut args = given.positional.clone().into_iter();
        if by_attribute && let Some(path) = args.next() {
            item = self.path(id, &item, &path);
        }
        let mut trigger = None;
        if let Some(Val::Str(test)) = args.next().as_ref().and_then(Value::single) {
            let given = Given {
                positional: args.collect(),
                named: Vec::new(),
            };
            trigger = self.tested(id, &item, test, &given).trigger;
        }
        let mut out = match self.elements(value) {
            Some(items) => Value::list(items).or(Value::unknown()),
            None => Value::unknown(),
        };
        out.origin = value.origin;
        out.with_trigger(trigger).with_trigger(value.trigger)
    }

    fn join(&mut self, id: ExprId, value: &Value, given: &Given) -> Value {
        let separator = given
            .get(0, "d")
            .cloned()
            .unwrap_or_else(|| Value::text(""));
        let Some(mut items) = self.elements(value) else {
            let mut out = Value::unknown();
            out.origin = if value.origin == Origin::Content {
                Origin::Content
            } else {
                Origin::Other
            };
            return out;
        };
        if let Some(path) = given.get(1, "attribute") {
            items = items.iter().map(|item| self.path(id, item, path)).collect();
        }
        join_all(&items, &separator)
    }
}

/// Texts one after the other.
pub(super) fn join_all(items: &[Value], separator: &Value) -> Value {
    let mut out = Value::text("");
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out = out.combine(separator, concat);
        }
        out = out.combine(item, concat);
    }
    out
}

/// Filters of one value.
fn simple(value: &Value, name: &str, first: Option<&Value>) -> Value {
    let out = match name {
        "lower" => value.map_text(|t| Value::text(t.to_lowercase())),
        "upper" => value.map_text(|t| Value::text(t.to_uppercase())),
        "capitalize" => value.map_text(|t| Value::text(strings::capitalize(t))),
        "title" => value.map_text(|t| Value::text(strings::title(t))),
        "trim" => {
            let chars = first.and_then(|v| v.texts().next().cloned());
            value.map_text(|t| Value::text(strings::strip(t, chars.as_deref(), true, true)))
        }
        "string" | "safe" | "e" | "escape" | "forceescape" | "striptags" | "urlencode"
        | "tojson" => value.map(|alt| match plain(alt) {
            Some(text) => Value::text(text),
            None => Value::unknown(),
        }),
        "reverse" => value.map(|alt| match alt {
            Val::Str(text) => Value::text(text.chars().rev().collect::<String>()),
            Val::List(items) => Value::list(items.iter().rev().cloned().collect()),
            _ => Value::unknown(),
        }),
        "list" => value.map(|alt| match alt {
            Val::Str(text) if text.len() <= 1024 => {
                Value::list(text.chars().map(|c| Value::text(c.to_string())).collect())
            }
            Val::Dict(pairs) => Value::list(pairs.iter().map(|(k, _)| k.clone()).collect()),
            Val::List(_) => Value::new(alt.clone()),
            Val::Global(_) => match plain(alt) {
                Some(text) => Value::text(text),
                None => Value::unknown(),
            },
            _ => Value::unknown(),
        }),
        "first" => strings::index(value, 0),
        "last" => strings::index(value, -1),
        "random" => Interp::element(value),
        "items" | "dictsort" => value.map(|alt| match alt {
            Val::Dict(pairs) => {
                let pairs = pairs
                    .iter()
                    .map(|(k, v)| Value::list(vec![k.clone(), v.clone()]));
                Value::list(pairs.collect())
            }
            _ => Value::unknown(),
        }),
        "batch" | "slice" => value.map(|alt| match alt {
            Val::List(items) => union(items.iter()),
            Val::Str(_) => Value::text(WILD.to_string()),
            _ => Value::unknown(),
        }),
        "int" => value.map(|alt| match alt {
            Val::Int(_) => Value::new(alt.clone()),
            Val::Str(text) => text
                .trim()
                .parse()
                .map_or_else(|_| Value::unknown(), |n| Value::new(Val::Int(n))),
            _ => Value::unknown(),
        }),
        "length" | "count" => value.map(|alt| {
            let count = match alt {
                Val::Str(text) if !text.contains(WILD) => text.chars().count(),
                Val::List(items) => items.len(),
                Val::Dict(pairs) => pairs.len(),
                _ => return Value::unknown(),
            };
            Value::new(Val::Int(i64::try_from(count).unwrap_or(i64::MAX)))
        }),
        // Something that is not known, made of something that is.
        _ => value.map(|alt| match alt {
            Val::Str(_) => Value::text(WILD.to_string()),
            _ => Value::unknown(),
        }),
    };
    let mut out = out;
    out.origin = match (value.origin, name) {
        (_, "length" | "count" | "wordcount") => Origin::Other,
        (Origin::Messages, "first" | "last" | "random") => Origin::Message,
        (Origin::Messages | Origin::Message, "tojson" | "string") => Origin::Content,
        (origin, _) => origin,
    };
    out
}
