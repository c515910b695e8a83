//! Operators on known values: `+`, `*`, `%`, `^` and friends, indexing and slicing.

use super::{MAX_ITEMS, MAX_TEXT, Value, format, is_builtin};

/// The binary operators that are worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `%`
    Mod,
    /// `//`
    FloorDiv,
    /// `^`
    BitXor,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `<<`
    LShift,
    /// `>>`
    RShift,
    /// Any other.
    Other,
}

/// `left <operator> right`.
#[must_use]
pub fn binary(operator: Operator, left: &Value, right: &Value) -> Value {
    let known = match (operator, left, right) {
        (Operator::Add, Value::Str(a), Value::Str(b))
            if a.len().saturating_add(b.len()) <= MAX_TEXT =>
        {
            Some(Value::Str(format!("{a}{b}")))
        }
        (Operator::Add, Value::Bytes(a), Value::Bytes(b))
            if a.len().saturating_add(b.len()) <= MAX_TEXT =>
        {
            Some(Value::Bytes([a.as_slice(), b.as_slice()].concat()))
        }
        (Operator::Add, Value::List(a), Value::List(b))
            if a.len().saturating_add(b.len()) <= MAX_ITEMS =>
        {
            Some(Value::list([a.as_slice(), b.as_slice()].concat()))
        }
        (Operator::Mod, Value::Str(template), right) => {
            format::percent(template, right).map(Value::str)
        }
        (Operator::Mul, Value::Str(text), Value::Int(times))
        | (Operator::Mul, Value::Int(times), Value::Str(text)) => {
            let times = usize::try_from(*times).unwrap_or(0);
            (text.len().saturating_mul(times) <= MAX_TEXT).then(|| Value::Str(text.repeat(times)))
        }
        _ => integers(operator, left, right),
    };
    known.unwrap_or_else(|| unknown_of(&[left, right]))
}

fn integers(operator: Operator, left: &Value, right: &Value) -> Option<Value> {
    let (a, b) = (left.as_int()?, right.as_int()?);
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mul => a.checked_mul(b),
        Operator::Mod => floor_div(a, b)
            .and_then(|quotient| quotient.checked_mul(b))
            .and_then(|whole| a.checked_sub(whole)),
        Operator::FloorDiv => floor_div(a, b),
        Operator::BitXor => Some(a ^ b),
        Operator::BitAnd => Some(a & b),
        Operator::BitOr => Some(a | b),
        Operator::LShift => u32::try_from(b)
            .ok()
            .filter(|b| *b < 63)
            .and_then(|b| a.checked_mul(1i64.checked_shl(b)?)),
        Operator::RShift => u32::try_from(b).ok().map(|b| a.checked_shr(b).unwrap_or(0)),
        Operator::Other => None,
    };
    result.map(Value::Int)
}

/// Python's division: towards minus infinity.
fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    let inexact = a.checked_rem(b)? != 0;
    if inexact && ((a < 0) != (b < 0)) {
        quotient.checked_sub(1)
    } else {
        Some(quotient)
    }
}

/// A result that is not known, but remembers the calls its operands came out of.
pub(crate) fn unknown_of(parts: &[&Value]) -> Value {
    let mut origins: Vec<String> = Vec::new();
    for part in parts {
        for origin in part.origins() {
            if !origins.contains(&origin) && origins.len() < super::MAX_ORIGINS {
                origins.push(origin);
            }
        }
    }
    if origins.is_empty() {
        Value::Unknown
    } else {
        Value::Made(origins)
    }
}

/// `of[index]`.
#[must_use]
pub fn subscript(of: &Value, index: &Value) -> Value {
    match of {
        Value::Namespace(module) => index
            .as_str()
            .map_or(Value::Unknown, |key| namespace_item(module.as_deref(), key)),
        // `sys.modules['os']` is the module; `__builtins__['eval']` when `__builtins__` is a dict.
        Value::Name(name) if name == "sys.modules" => index
            .as_str()
            .map_or(Value::Unknown, |key| Value::Name(key.into())),
        Value::Name(name) if name == "builtins" => index
            .as_str()
            .map_or(Value::Unknown, |key| Value::Name(format!("builtins.{key}"))),
        // A generic alias (`List[int]`) stays the class that is called.
        Value::Name(name) if name == "os.environ" => Value::made("os.environ", &[]),
        Value::Name(_) | Value::Local(_) => of.clone(),
        Value::List(items) => index
            .as_int()
            .and_then(|at| pick(items, at))
            .cloned()
            .unwrap_or_else(|| unknown_of(&[of])),
        Value::Dict(items) => items
            .iter()
            .rev()
            .find(|(key, _)| key == index)
            .map(|(_, value)| value.clone())
            .unwrap_or_else(|| {
                Value::one_of(
                    items
                        .iter()
                        .filter(|(_, value)| is_callable(value))
                        .map(|(_, value)| value.clone())
                        .collect(),
                )
            }),
        Value::Str(text) => {
            let found = index.as_int().and_then(|at| {
                let chars: Vec<char> = text.chars().collect();
                pick(&chars, at).copied()
            });
            found.map_or(Value::Unknown, |c| Value::str(c.to_string()))
        }
        Value::Bytes(bytes) => index
            .as_int()
            .and_then(|at| pick(bytes, at))
            .map_or(Value::Unknown, |&byte| Value::Int(i64::from(byte))),
        Value::OneOf(values) => {
            Value::one_of(values.iter().map(|value| subscript(value, index)).collect())
        }
        _ => unknown_of(&[of]),
    }
}

fn is_callable(value: &Value) -> bool {
    matches!(value, Value::Name(_) | Value::Local(_))
}

/// What lies under `key` in a module's namespace; of a namespace of who knows what, a name that only one thing bears.
pub(crate) fn namespace_item(module: Option<&str>, key: &str) -> Value {
    match module {
        Some(module) => Value::Name(format!("{module}.{key}")),
        None if key == "__builtins__" => Value::Name("builtins".into()),
        None if is_builtin(key) => Value::Name(format!("builtins.{key}")),
        None if matches!(
            key,
            "os" | "sys"
                | "subprocess"
                | "importlib"
                | "builtins"
                | "posix"
                | "nt"
                | "pty"
                | "ctypes"
                | "socket"
                | "pickle"
                | "marshal"
                | "shutil"
        ) =>
        {
            Value::Name(key.into())
        }
        None => Value::Unknown,
    }
}

fn pick<T>(items: &[T], at: i64) -> Option<&T> {
    let at = if at < 0 {
        items
            .len()
            .checked_sub(usize::try_from(at.unsigned_abs()).ok()?)?
    } else {
        usize::try_from(at).ok()?
    };
    items.get(at)
}

/// `of[start:stop:step]`.
#[must_use]
pub fn slice(of: &Value, start: &Value, stop: &Value, step: &Value) -> Value {
    let bound = |value: &Value| {
        if *value == Value::None {
            Some(None)
        } else {
            value.as_int().map(Some)
        }
    };
    let (Some(start), Some(stop), Some(step)) = (bound(start), bound(stop), bound(step)) else {
        return unknown_of(&[of]);
    };
    let known = match of {
        Value::Str(text) => {
            let chars: Vec<char> = text.chars().collect();
            take(&chars, start, stop, step).map(|chars| Value::Str(chars.into_iter().collect()))
        }
        Value::Bytes(bytes) => take(bytes, start, stop, step).map(Value::Bytes),
        Value::List(items) => take(items, start, stop, step).map(Value::list),
        _ => None,
    };
    known.unwrap_or_else(|| unknown_of(&[of]))
}

/// The items that Python's slice takes.
fn take<T: Clone>(
    items: &[T],
    start: Option<i64>,
    stop: Option<i64>,
    step: Option<i64>,
) -> Option<Vec<T>> {
    let len = i64::try_from(items.len()).ok()?;
    let step = step.unwrap_or(1);
    if step == 0 || step == i64::MIN {
        return None;
    }
    let (low, high) = if step > 0 {
        (0, len)
    } else {
        (-1, len.saturating_sub(1))
    };
    let place = |at: i64| if at < 0 { at.saturating_add(len) } else { at }.clamp(low, high);
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let stop = stop.map_or(last, place);
    let mut at = start.map_or(first, place);
    let mut out = Vec::new();
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        out.push(items.get(usize::try_from(at).ok()?)?.clone());
        at = at.saturating_add(step);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, start: Option<i64>, stop: Option<i64>, step: Option<i64>) -> String {
        let value = |bound: Option<i64>| bound.map_or(Value::None, Value::Int);
        slice(&Value::str(text), &value(start), &value(stop), &value(step))
            .as_str()
            .unwrap_or("?")
            .to_owned()
    }

    #[test]
    fn slices_follow_python() {
        assert_eq!(cut("metsys.so", None, None, Some(-1)), "os.system");
        assert_eq!(cut("abcdef", Some(1), Some(-1), Some(2)), "bd");
        assert_eq!(cut("abcdef", Some(-3), None, None), "def");
        assert_eq!(cut("abcdef", Some(4), Some(1), Some(-1)), "edc");
        assert_eq!(cut("abc", Some(9), Some(-9), Some(-1)), "cba");
        assert_eq!(cut("abc", None, None, Some(0)), "?");
    }

    #[test]
    fn arithmetic_follows_python() {
        let int = |operator, a, b| binary(operator, &Value::Int(a), &Value::Int(b)).as_int();
        assert_eq!(int(Operator::Mod, -7, 3), Some(2));
        assert_eq!(int(Operator::FloorDiv, -7, 3), Some(-3));
        assert_eq!(int(Operator::FloorDiv, 1, 0), None);
        assert_eq!(int(Operator::Add, i64::MAX, 1), None);
        assert_eq!(int(Operator::BitXor, 0x6f, 0x2a), Some(0x45));
    }

    #[test]
    fn namespaces_give_names() {
        let builtins = subscript(&Value::Namespace(None), &Value::str("__builtins__"));
        assert_eq!(
            subscript(&builtins, &Value::str("eval")),
            Value::Name("builtins.eval".into())
        );
        assert_eq!(
            subscript(&Value::Name("sys.modules".into()), &Value::str("os")),
            Value::Name("os".into())
        );
        assert_eq!(
            subscript(&Value::Namespace(Some("os".into())), &Value::str("system")),
            Value::Name("os.system".into())
        );
    }
}
