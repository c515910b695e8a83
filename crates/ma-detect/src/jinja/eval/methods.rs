//! Methods of texts, lists and dictionaries.

use super::super::ast::{ExprId, WILD};
use super::super::names::{self, Sure};
use super::super::value::{Origin, Val, Value, plain};
use super::Interp;
use super::calls::Given;
use super::filters::join_all;
use super::strings;

impl Interp<'_> {
    pub(super) fn call_method(
        &mut self,
        id: ExprId,
        base: &Value,
        name: &str,
        given: &Given,
    ) -> Value {
        let first = given.positional.first();
        let asks = matches!(
            name,
            "startswith" | "endswith" | "find" | "index" | "rfind" | "rindex" | "count" | "isdigit"
        );
        if asks {
            let trigger = first.and_then(|other| self.triggered(id, base, other));
            let known = first.and_then(|other| strings::asked(name, base, other));
            return known.unwrap_or_else(Value::unknown).with_trigger(trigger);
        }
        match name {
            // A caller's text, and the elements of a cycler.
            "()" => return base.clone(),
            "next" => return Self::element(base),
            "join" => {
                let Some(list) = first else {
                    return Value::unknown();
                };
                return match self.elements(list) {
                    Some(items) => join_all(&items, base),
                    None => base.map(|_| Value::unknown()).with_origin(list.origin),
                };
            }
            "replace" => {
                if let (Some(from), Some(to)) = (given.get(0, "old"), given.get(1, "new")) {
                    self.rewrite(id, base, from, to);
                    return base.map_text(|t| strings::replace(t, from, to));
                }
            }
            "format" | "format_map" => {
                let mut out = base.map_text(|t| {
                    self.wide(id, t);
                    self.look_at_fields(id, t);
                    Value::text(strings::braces(t, &given.positional, &given.named))
                });
                out.origin = base.origin;
                return out;
            }
            "get" | "pop" | "__getitem__" => {
                if let Some(key) = first {
                    let default = given.positional.get(1).cloned();
                    let found = self.item_by(id, base, key, false);
                    return match default {
                        Some(default) => found.or(default),
                        None => found,
                    };
                }
                return Self::element(base);
            }
            _ => {}
        }
        plain_method(base, name, given)
    }

    /// `'{0.__class__}'.format(x)` reaches for names too.
    fn look_at_fields(&mut self, id: ExprId, format: &str) {
        if !format.contains("__") && !format.contains("_") {
            return;
        }
        for field in format.split('{').skip(1) {
            let field = field.split('}').next().unwrap_or_default();
            for name in field.split(['.', '[', ']', ':', '!']).skip(1) {
                if names::escape(name) != Sure::No {
                    self.reach(id, name, false, false);
                }
            }
        }
    }
}

fn plain_method(base: &Value, name: &str, given: &Given) -> Value {
    let first = given.positional.first();
    let chars = first.and_then(|v| v.texts().next().cloned());
    let chars = chars.as_deref();
    let int = |i: usize| given.positional.get(i).and_then(Value::int);
    let mut out = match name {
        "lower" | "casefold" => base.map_text(|t| Value::text(t.to_lowercase())),
        "upper" => base.map_text(|t| Value::text(t.to_uppercase())),
        "capitalize" => base.map_text(|t| Value::text(strings::capitalize(t))),
        "title" => base.map_text(|t| Value::text(strings::title(t))),
        "swapcase" => base.map_text(|t| Value::text(strings::swapcase(t))),
        "strip" => base.map_text(|t| Value::text(strings::strip(t, chars, true, true))),
        "lstrip" => base.map_text(|t| Value::text(strings::strip(t, chars, true, false))),
        "rstrip" => base.map_text(|t| Value::text(strings::strip(t, chars, false, true))),
        "removeprefix" => {
            base.map_text(|t| Value::text(chars.and_then(|c| t.strip_prefix(c)).unwrap_or(t)))
        }
        "removesuffix" => {
            base.map_text(|t| Value::text(chars.and_then(|c| t.strip_suffix(c)).unwrap_or(t)))
        }
        "expandtabs" | "encode" | "decode" | "zfill" | "ljust" | "rjust" | "center"
        | "translate" => base.map_text(|t| Value::text(t.trim())),
        "split" | "rsplit" | "splitlines" | "partition" | "rpartition" => base.map_text(|t| {
            let keep = name.ends_with("partition");
            Value::list(
                strings::split(t, chars, keep)
                    .into_iter()
                    .map(Value::text)
                    .collect(),
            )
        }),
        "copy" => base.clone(),
        "keys" => base.map(|alt| match alt {
            Val::Dict(pairs) => Value::list(pairs.iter().map(|(k, _)| k.clone()).collect()),
            _ => Value::unknown(),
        }),
        "values" => base.map(|alt| match alt {
            Val::Dict(pairs) => Value::list(pairs.iter().map(|(_, v)| v.clone()).collect()),
            _ => Value::unknown(),
        }),
        "items" => base.map(|alt| match alt {
            Val::Dict(pairs) => {
                let pairs = pairs
                    .iter()
                    .map(|(k, v)| Value::list(vec![k.clone(), v.clone()]));
                Value::list(pairs.collect())
            }
            _ => Value::unknown(),
        }),
        "__add__" => match first {
            Some(other) => base.combine(other, |a, b| {
                let text = |v: &Val| plain(v).unwrap_or_else(|| WILD.to_string().into());
                Value::text(format!("{}{}", text(a), text(b)))
            }),
            None => Value::unknown(),
        },
        "__mod__" => match first {
            Some(other) => base.map_text(|t| Value::text(strings::percent(t, other))),
            None => Value::unknown(),
        },
        "__mul__" => base.map_text(|t| {
            let n = int(0).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
            if t.len().saturating_mul(n) > super::MAX_TEXT {
                return Value::text(WILD.to_string());
            }
            Value::text(t.repeat(n))
        }),
        _ => base.map(|alt| match alt {
            Val::Str(_) => Value::text(WILD.to_string()),
            _ => Value::unknown(),
        }),
    };
    out.origin = match base.origin {
        Origin::Content | Origin::Date => base.origin,
        _ => Origin::Other,
    };
    out
}
