//! What Python makes of texts: formats, slices, cuts.

use super::super::ast::WILD;
use super::super::value::{MAX_TEXT, Val, Value, plain};

/// `format % args`.
pub(super) fn percent(format: &str, args: &Value) -> String {
    let list = match args.single() {
        Some(Val::List(items)) => items.to_vec(),
        _ => vec![args.clone()],
    };
    let mut list = list.into_iter();
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (key, after) = match after.strip_prefix('(').and_then(|a| a.split_once(')')) {
            Some((key, after)) => (Some(key), after),
            None => (None, after),
        };
        let spec = after
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let kind = after.get(spec..).and_then(|r| r.chars().next());
        let value = match key {
            Some(key) => args.single().and_then(|d| by_key(d, key)),
            None => list.next(),
        };
        push_formatted(&mut out, kind, value.as_ref());
        rest = kind
            .and_then(|c| after.get(spec.saturating_add(c.len_utf8())..))
            .unwrap_or_default();
        if out.len() > MAX_TEXT {
            return WILD.to_string();
        }
    }
    out.push_str(rest);
    out
}

fn by_key(dict: &Val, key: &str) -> Option<Value> {
    let Val::Dict(pairs) = dict else { return None };
    let is = |k: &Value| matches!(k.single(), Some(Val::Str(text)) if &**text == key);
    pairs
        .iter()
        .rev()
        .find(|(k, _)| is(k))
        .map(|(_, v)| v.clone())
}

fn push_formatted(out: &mut String, kind: Option<char>, value: Option<&Value>) {
    let Some(value) = value else {
        out.push(WILD);
        return;
    };
    match (kind, value.single()) {
        (Some('c'), Some(Val::Int(n))) => {
            out.push(
                u32::try_from(*n)
                    .ok()
                    .and_then(char::from_u32)
                    .unwrap_or(WILD),
            );
        }
        (Some('x'), Some(Val::Int(n))) => out.push_str(&format!("{n:x}")),
        (Some('o'), Some(Val::Int(n))) => out.push_str(&format!("{n:o}")),
        _ => out.push_str(&value.printed()),
    }
}

/// `format.format(…)`.
pub(super) fn braces(format: &str, args: &[Value], named: &[(String, Value)]) -> String {
    let mut out = String::new();
    let mut rest = format;
    let mut next = 0usize;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(rest.get(..at).unwrap_or_default());
        let tail = rest.get(at..).unwrap_or_default();
        if tail.starts_with("{{") || tail.starts_with("}}") {
            out.push_str(tail.get(..1).unwrap_or_default());
            rest = tail.get(2..).unwrap_or_default();
            continue;
        }
        let Some((field, after)) = tail.strip_prefix('{').and_then(|t| t.split_once('}')) else {
            out.push_str(tail);
            return out;
        };
        let (name, spec) = field.split_once([':', '!']).unwrap_or((field, ""));
        let value = if name.is_empty() {
            let value = args.get(next);
            next = next.saturating_add(1);
            value
        } else if let Ok(i) = name.parse::<usize>() {
            args.get(i)
        } else {
            named.iter().find(|(n, _)| n == name).map(|(_, v)| v)
        };
        push_formatted(
            &mut out,
            spec.chars().last().filter(|c| matches!(c, 'c' | 'x' | 'o')),
            value,
        );
        rest = after;
        if out.len() > MAX_TEXT {
            return WILD.to_string();
        }
    }
    out.push_str(rest);
    out
}

/// `value[start:stop:step]`.
pub(super) fn slice(value: &Value, parts: &[Option<Value>; 3]) -> Value {
    let mut bounds = [None, None, None];
    for (bound, part) in bounds.iter_mut().zip(parts) {
        match part {
            None => {}
            Some(part) => match (part.single(), part.int()) {
                (Some(Val::None), _) => {}
                (_, Some(n)) => *bound = Some(n),
                _ => {
                    return value.map(|alt| match alt {
                        Val::Str(_) => Value::text(WILD.to_string()),
                        _ => Value::unknown(),
                    });
                }
            },
        }
    }
    let [start, stop, step] = bounds;
    let step = step.unwrap_or(1);
    value.map(|alt| match alt {
        Val::Str(text) => {
            let chars: Vec<char> = text.chars().collect();
            Value::text(
                pick(&chars, start, stop, step)
                    .into_iter()
                    .collect::<String>(),
            )
        }
        Val::List(items) => Value::list(pick(items, start, stop, step)),
        _ => Value::unknown(),
    })
}

fn pick<T: Clone>(items: &[T], start: Option<i64>, stop: Option<i64>, step: i64) -> Vec<T> {
    let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let clamp = |n: i64, low: i64, high: i64| {
        let n = if n < 0 { n.saturating_add(len) } else { n };
        n.clamp(low, high)
    };
    let mut out = Vec::new();
    if step == 0 {
        return out;
    }
    let (mut at, end) = if step > 0 {
        (
            start.map_or(0, |n| clamp(n, 0, len)),
            stop.map_or(len, |n| clamp(n, 0, len)),
        )
    } else {
        let top = len.saturating_sub(1);
        (
            start.map_or(top, |n| clamp(n, -1, top)),
            stop.map_or(-1, |n| clamp(n, -1, top)),
        )
    };
    while (step > 0 && at < end) || (step < 0 && at > end) {
        if let Some(item) = usize::try_from(at).ok().and_then(|i| items.get(i)) {
            out.push(item.clone());
        }
        at = at.saturating_add(step);
    }
    out
}

/// `value[n]`.
pub(super) fn index(value: &Value, n: i64) -> Value {
    let place = |len: usize| {
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        let n = if n < 0 { n.saturating_add(len) } else { n };
        usize::try_from(n).ok()
    };
    let mut out = value.map(|alt| match alt {
        Val::Str(text) => {
            // Beyond a part that is not known nothing can be counted.
            let known = text.find(WILD).unwrap_or(text.len());
            let head = text.get(..known).unwrap_or_default();
            let count = if known == text.len() {
                text.chars().count()
            } else {
                usize::MAX
            };
            let found = if n < 0 && known < text.len() {
                None
            } else {
                place(count).and_then(|i| head.chars().nth(i))
            };
            Value::text(found.unwrap_or(WILD).to_string())
        }
        Val::List(items) => place(items.len())
            .and_then(|i| items.get(i))
            .cloned()
            .unwrap_or_else(Value::unknown),
        Val::Dict(pairs) => {
            let is = |k: &Value| k.int() == Some(n);
            pairs
                .iter()
                .find(|(k, _)| is(k))
                .map_or_else(Value::unknown, |(_, v)| v.clone())
        }
        Val::Global(_) => match plain(alt) {
            Some(text) => index(&Value::text(text), n),
            None => Value::unknown(),
        },
        _ => Value::unknown(),
    });
    use super::super::value::Origin;
    out.origin = match value.origin {
        Origin::Messages => Origin::Message,
        Origin::Message => Origin::Other,
        origin => origin,
    };
    out
}

/// `text.replace(from, to)`.
pub(super) fn replace(text: &str, from: &Value, to: &Value) -> Value {
    match (from.single(), to.single()) {
        (Some(Val::Str(from)), Some(Val::Str(to))) if !from.is_empty() => {
            let grows = text.matches(&**from).count().saturating_mul(to.len());
            if grows > MAX_TEXT {
                return Value::text(WILD.to_string());
            }
            Value::text(text.replace(&**from, to))
        }
        _ => Value::text(WILD.to_string()),
    }
}

/// `text.split(by)`; `keep` for `partition`.
pub(super) fn split(text: &str, by: Option<&str>, keep: bool) -> Vec<String> {
    match by {
        Some(by) if keep => match text.split_once(by) {
            Some((a, b)) => vec![a.to_owned(), by.to_owned(), b.to_owned()],
            None => vec![text.to_owned(), String::new(), String::new()],
        },
        Some(by) if !by.is_empty() => text.split(by).map(str::to_owned).collect(),
        _ => text.split_whitespace().map(str::to_owned).collect(),
    }
}

pub(super) fn strip(text: &str, chars: Option<&str>, left: bool, right: bool) -> String {
    let drop = |c: char| chars.map_or(c.is_whitespace(), |set| set.contains(c));
    let text = if left {
        text.trim_start_matches(drop)
    } else {
        text
    };
    let text = if right {
        text.trim_end_matches(drop)
    } else {
        text
    };
    text.to_owned()
}

pub(super) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars
        .next()
        .map(|c| c.to_uppercase().collect::<String>())
        .unwrap_or_default();
    first + &chars.as_str().to_lowercase()
}

pub(super) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic();
    }
    out
}

pub(super) fn swapcase(text: &str) -> String {
    let swap = |c: char| -> String {
        if c.is_uppercase() {
            c.to_lowercase().collect()
        } else {
            c.to_uppercase().collect()
        }
    };
    text.chars().map(swap).collect()
}

/// What a question about a known text gives.
pub(super) fn asked(name: &str, base: &Value, other: &Value) -> Option<Value> {
    let (Val::Str(text), Val::Str(part)) = (base.single()?, other.single()?) else {
        return None;
    };
    if text.contains(WILD) || part.contains(WILD) {
        return None;
    }
    let at = |found: Option<usize>| {
        let chars = found
            .and_then(|at| text.get(..at))
            .map(|head| head.chars().count());
        let n = chars.map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX));
        Value::new(Val::Int(n))
    };
    Some(match name {
        "startswith" => Value::new(Val::Bool(text.starts_with(&**part))),
        "endswith" => Value::new(Val::Bool(text.ends_with(&**part))),
        "find" | "index" => at(text.find(&**part)),
        "rfind" | "rindex" => at(text.rfind(&**part)),
        _ => return None,
    })
}

/// A comparison of two things that are known.
pub(super) fn compared(op: &str, a: &Val, b: &Val) -> Option<bool> {
    use std::cmp::Ordering;
    let wild = |v: &Val| matches!(v, Val::Str(t) if t.contains(WILD));
    if wild(a) || wild(b) {
        return None;
    }
    let order = match (a, b) {
        (Val::Int(a), Val::Int(b)) => Some(a.cmp(b)),
        (Val::Str(a), Val::Str(b)) => Some(a.cmp(b)),
        (Val::Bool(a), Val::Bool(b)) => Some(a.cmp(b)),
        (Val::None, Val::None) => Some(Ordering::Equal),
        _ => None,
    };
    match (op, a, b) {
        ("in", Val::Str(a), Val::Str(b)) => Some(b.contains(&**a)),
        ("not in", Val::Str(a), Val::Str(b)) => Some(!b.contains(&**a)),
        ("==", ..) => order.map(Ordering::is_eq),
        ("!=", ..) => order.map(Ordering::is_ne),
        ("<", ..) => order.map(Ordering::is_lt),
        ("<=", ..) => order.map(Ordering::is_le),
        (">", ..) => order.map(Ordering::is_gt),
        (">=", ..) => order.map(Ordering::is_ge),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
        let ints = |n: &[i64]| Value::list(n.iter().map(|n| Value::new(Val::Int(*n))).collect());
        assert_eq!(percent("%c%c%%", &ints(&[95, 95])), "__%");
        assert_eq!(percent("a%sb%d", &ints(&[1])), format!("a1b{WILD}"));
        let named = Value::dict(vec![(Value::text("a"), Value::text("x"))]);
        assert_eq!(percent("%(a)s-%(b)s", &named), format!("x-{WILD}"));
        let list = [Value::new(Val::Int(95)), Value::text("class")];
        assert_eq!(braces("{0:c}{0:c}{1}{{}}", &list, &[]), "__class{}");
        assert_eq!(
            braces("{}{x}{", &list, &[("x".to_owned(), Value::text("y"))]),
            "95y{"
        );
    }

    #[test]
    fn slices_and_indices() {
        let text = Value::text("__ssalc__");
        let minus = Some(Value::new(Val::Int(-1)));
        assert_eq!(slice(&text, &[None, None, minus]), Value::text("__class__"));
        let (one, three) = (Value::new(Val::Int(1)), Value::new(Val::Int(-3)));
        assert_eq!(
            slice(&text, &[Some(one), Some(three), None]),
            Value::text("_ssal")
        );
        assert_eq!(index(&text, -1), Value::text("_"));
        assert_eq!(
            index(&Value::text(format!("ab{WILD}c")), 1),
            Value::text("b")
        );
        assert_eq!(
            index(&Value::text(format!("ab{WILD}c")), -1),
            Value::text(WILD.to_string())
        );
    }
}
