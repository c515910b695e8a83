//! Methods of text and bytes, and the built-in functions that put values together.

use super::decode;
use super::folded::{Folded, MAX_ITEMS};

/// `receiver.name(*args)` with at most `limit` bytes of result.
pub(super) fn call(limit: usize, receiver: &Folded, name: &str, args: &[Folded]) -> Option<Folded> {
    let codec = |at: usize| -> Option<String> {
        let name = match args.get(at) {
            None => return Some("utf8".to_owned()),
            Some(name) => name.as_text()?,
        };
        Some(
            name.chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_lowercase())
                .collect(),
        )
    };
    if receiver.weight() > limit {
        return None;
    }
    match (receiver, name) {
        (Folded::Bytes(bytes), "decode") => decode::decode(limit, bytes, codec(0)?),
        (Folded::Text(_), "encode") => decode::encode(limit, receiver, codec(0)?),
        (
            Folded::Bytes(_) | Folded::Text(_),
            "read" | "getvalue" | "getbuffer" | "readline" | "tobytes",
        ) => Some(receiver.clone()),
        (_, "join") => join(limit, receiver, args.first()?),
        (_, "__getitem__") => super::item(receiver, args.first()?),
        (_, "__add__") => add(limit, receiver, args.first()?),
        (_, "__mul__") => repeat(limit, receiver, args.first()?),
        (Folded::Text(text), "format") => format(limit, text, args).map(Folded::text),
        (Folded::Text(text), "__mod__") => percent(limit, text, args.first()?).map(Folded::text),
        (Folded::Text(text), "split") => {
            let parts: Vec<_> = match args.first().and_then(Folded::as_text) {
                Some("") => return None,
                Some(by) => text.split(by).take(MAX_ITEMS).map(Folded::text).collect(),
                None => text
                    .split_whitespace()
                    .take(MAX_ITEMS)
                    .map(Folded::text)
                    .collect(),
            };
            Some(Folded::Seq(parts.into()))
        }
        (Folded::Text(text), _) => text_method(limit, text, name, args).map(Folded::text),
        (Folded::Bytes(bytes), "replace") => {
            let (from, to) = (args.first()?.as_bytes()?, args.get(1)?.as_bytes()?);
            replace(limit, bytes, from, to).map(Folded::bytes)
        }
        (Folded::Bytes(bytes), "hex") => Some(Folded::text(
            bytes.iter().map(|b| format!("{b:02x}")).collect::<String>(),
        )),
        _ => None,
    }
}

fn text_method(limit: usize, text: &str, name: &str, args: &[Folded]) -> Option<String> {
    let strip = |c: char| match args.first().and_then(Folded::as_text) {
        Some(set) => set.contains(c),
        None => c.is_whitespace(),
    };
    Some(match name {
        "lower" | "casefold" => text.to_lowercase(),
        "upper" => text.to_uppercase(),
        "strip" => text.trim_matches(strip).to_owned(),
        "lstrip" => text.trim_start_matches(strip).to_owned(),
        "rstrip" => text.trim_end_matches(strip).to_owned(),
        "swapcase" => text
            .chars()
            .map(|c| match c {
                c if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
                c => c.to_ascii_lowercase(),
            })
            .collect(),
        "capitalize" => {
            let mut chars = text.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string());
            let mut out = first.unwrap_or_default();
            out.push_str(&chars.as_str().to_lowercase());
            out
        }
        "removeprefix" => {
            let prefix = args.first()?.as_text()?;
            text.strip_prefix(prefix).unwrap_or(text).to_owned()
        }
        "removesuffix" => {
            let suffix = args.first()?.as_text()?;
            text.strip_suffix(suffix).unwrap_or(text).to_owned()
        }
        "replace" => {
            let (from, to) = (args.first()?.as_text()?, args.get(1)?.as_text()?);
            let bytes = replace(limit, text.as_bytes(), from.as_bytes(), to.as_bytes())?;
            String::from_utf8(bytes).ok()?
        }
        _ => return None,
    })
}

/// `haystack.replace(from, to)`, refused when the result would be too long.
fn replace(limit: usize, haystack: &[u8], from: &[u8], to: &[u8]) -> Option<Vec<u8>> {
    if from.is_empty() {
        return None;
    }
    let mut out = Vec::with_capacity(haystack.len().min(limit));
    let mut at = 0usize;
    for found in memchr::memmem::find_iter(haystack, from) {
        out.extend_from_slice(haystack.get(at..found)?);
        out.extend_from_slice(to);
        at = found.saturating_add(from.len());
        if out.len() > limit {
            return None;
        }
    }
    out.extend_from_slice(haystack.get(at..)?);
    Some(out)
}

/// `separator.join(items)`.
fn join(limit: usize, separator: &Folded, items: &Folded) -> Option<Folded> {
    let items = items.items()?;
    let glue = separator.as_bytes()?;
    let mut out = Vec::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(glue);
        }
        out.extend_from_slice(item.as_bytes()?);
        if out.len() > limit {
            return None;
        }
    }
    match separator {
        Folded::Text(_) => String::from_utf8(out).ok().map(Folded::text),
        _ => Some(Folded::bytes(out)),
    }
}

/// `left + right`.
fn add(limit: usize, left: &Folded, right: &Folded) -> Option<Folded> {
    if left.weight().saturating_add(right.weight()) > limit {
        return None;
    }
    match (left, right) {
        (Folded::Text(left), Folded::Text(right)) => Some(Folded::text(format!("{left}{right}"))),
        (Folded::Bytes(_), _) => {
            let mut out = left.as_bytes()?.to_vec();
            out.extend_from_slice(right.as_bytes()?);
            Some(Folded::bytes(out))
        }
        (Folded::Seq(left), Folded::Seq(right)) => {
            let all: Vec<_> = left.iter().chain(right.iter()).cloned().collect();
            (all.len() <= MAX_ITEMS).then(|| Folded::Seq(all.into()))
        }
        _ => Some(Folded::Int(left.as_int()?.checked_add(right.as_int()?)?)),
    }
}

/// `left * right`.
fn repeat(limit: usize, left: &Folded, right: &Folded) -> Option<Folded> {
    if let (Some(left), Some(right)) = (left.as_int(), right.as_int()) {
        return left.checked_mul(right).map(Folded::Int);
    }
    let times = usize::try_from(right.as_int()?).ok()?;
    if left.weight().checked_mul(times)? > limit {
        return None;
    }
    match left {
        Folded::Text(text) => Some(Folded::text(text.repeat(times))),
        Folded::Bytes(bytes) => Some(Folded::bytes(bytes.repeat(times))),
        _ => None,
    }
}

/// `text.format(*args)` with plain fields: `{}`, `{0}`, `{0!s}`.
fn format(limit: usize, text: &str, args: &[Folded]) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    let mut next = 0usize;
    while let Some((before, after)) = rest.split_once(['{', '}']) {
        out.push_str(before);
        let brace = rest.as_bytes().get(before.len()).copied()?;
        if after.as_bytes().first() == Some(&brace) {
            out.push(char::from(brace));
            rest = after.get(1..)?;
            continue;
        }
        if brace == b'}' {
            return None;
        }
        let (field, after) = after.split_once('}')?;
        let field = field.split(['!', ':']).next().unwrap_or_default();
        let at = match field {
            "" => {
                let at = next;
                next = next.saturating_add(1);
                at
            }
            number => number.parse().ok()?,
        };
        out.push_str(&args.get(at)?.to_text()?);
        if out.len() > limit {
            return None;
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// `text % args` with `%s`, `%d` and `%c`.
fn percent(limit: usize, text: &str, args: &Folded) -> Option<String> {
    let args = match args {
        Folded::Seq(items) => items.to_vec(),
        single => vec![single.clone()],
    };
    let mut args = args.into_iter();
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            '%' => out.push('%'),
            's' | 'd' | 'i' | 'r' => out.push_str(&args.next()?.to_text()?),
            'c' => match args.next()? {
                Folded::Int(code) => out.push(char::from_u32(u32::try_from(code).ok()?)?),
                other => out.push_str(&other.to_text()?),
            },
            _ => return None,
        }
        if out.len() > limit {
            return None;
        }
    }
    Some(out)
}

/// `value[start:stop:step]`.
pub(super) fn slice(value: &Folded, slice: &Folded) -> Option<Folded> {
    let Folded::Slice(start, stop, step) = slice else {
        return None;
    };
    let step = step.unwrap_or(1);
    let items = value.items()?;
    let len = i128::try_from(items.len()).ok()?;
    let clamp = |at: i128| -> i128 {
        let at = if at < 0 { at.saturating_add(len) } else { at };
        at.clamp(if step < 0 { -1 } else { 0 }, len)
    };
    let (mut at, end) = if step > 0 {
        (start.map_or(0, clamp), stop.map_or(len, clamp))
    } else {
        let last = len.saturating_sub(1);
        (start.map_or(last, clamp).min(last), stop.map_or(-1, clamp))
    };
    if step == 0 {
        return None;
    }
    let mut out = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        out.push(items.get(usize::try_from(at).ok()?)?.clone());
        at = at.checked_add(step)?;
    }
    match value {
        Folded::Text(_) => {
            let text: Option<String> = out.iter().map(Folded::as_text).collect();
            text.map(Folded::text)
        }
        Folded::Bytes(_) => {
            let bytes: Option<Vec<u8>> = out.iter().map(byte).collect();
            bytes.map(Folded::bytes)
        }
        _ => Some(Folded::Seq(out.into())),
    }
}

fn byte(item: &Folded) -> Option<u8> {
    u8::try_from(item.as_int()?).ok()
}

/// Built-in functions and operators; `builtins.str.join` and the like are methods with their
/// receiver in front.
pub(super) fn function(limit: usize, path: &str, args: &[Folded]) -> Option<Folded> {
    let first = args.first();
    let known = match (path, args) {
        (
            "operator.add" | "operator.concat" | "operator.iadd" | "operator.iconcat",
            [left, right],
        ) => add(limit, left, right),
        ("operator.mul" | "operator.imul", [left, right]) => repeat(limit, left, right),
        ("operator.mod" | "operator.imod", [Folded::Text(text), right]) => {
            percent(limit, text, right).map(Folded::text)
        }
        ("operator.xor", [left, right]) => Some(Folded::Int(left.as_int()? ^ right.as_int()?)),
        ("operator.sub", [left, right]) => {
            Some(Folded::Int(left.as_int()?.checked_sub(right.as_int()?)?))
        }
        ("builtins.chr" | "builtins.unichr", [code]) => {
            let code = u32::try_from(code.as_int()?).ok()?;
            Some(Folded::text(char::from_u32(code)?.to_string()))
        }
        ("builtins.ord", [c]) => match c {
            Folded::Text(text) => text
                .chars()
                .next()
                .map(|c| Folded::Int(i128::from(u32::from(c)))),
            other => other
                .as_bytes()?
                .first()
                .map(|b| Folded::Int(i128::from(*b))),
        },
        ("builtins.str" | "builtins.unicode", [value]) => value.to_text().map(Folded::text),
        ("builtins.str", [Folded::Bytes(_), ..]) => call(limit, first?, "decode", args.get(1..)?),
        ("builtins.bytes" | "builtins.bytearray", _) => to_bytes(limit, args),
        ("builtins.bytes.fromhex" | "builtins.bytearray.fromhex", [text, ..]) => {
            super::codec::hex(text.as_text()?.as_bytes()).map(Folded::bytes)
        }
        ("builtins.int", [value]) => match value {
            Folded::Text(text) => text.trim().parse().ok().map(Folded::Int),
            other => other.as_int().map(Folded::Int),
        },
        ("builtins.int", [Folded::Text(text), base]) => {
            let base = u32::try_from(base.as_int()?)
                .ok()
                .filter(|b| (2..=36).contains(b))?;
            i128::from_str_radix(text.trim(), base)
                .ok()
                .map(Folded::Int)
        }
        ("builtins.list" | "builtins.tuple" | "builtins.iter", [items]) => {
            items.items().map(|items| Folded::Seq(items.into()))
        }
        ("builtins.reversed", [items]) => {
            let mut items = items.items()?;
            items.reverse();
            Some(Folded::Seq(items.into()))
        }
        ("builtins.slice", [stop]) => Some(Folded::Slice(None, stop.as_int(), None)),
        ("builtins.slice", [start, stop, step @ ..]) => Some(Folded::Slice(
            start.as_int(),
            stop.as_int(),
            step.first().and_then(Folded::as_int),
        )),
        _ => None,
    };
    known.or_else(|| {
        let method = [
            "builtins.str.",
            "builtins.bytes.",
            "builtins.bytearray.",
            "string.",
        ]
        .iter()
        .find_map(|class| path.strip_prefix(class))?;
        call(limit, first?, method, args.get(1..)?)
    })
}

/// `bytes(…)` of bytes, text with an encoding, or numbers.
fn to_bytes(limit: usize, args: &[Folded]) -> Option<Folded> {
    match args {
        [Folded::Bytes(bytes)] => Some(Folded::Bytes(bytes.clone())),
        [Folded::Text(_), ..] => call(limit, args.first()?, "encode", args.get(1..)?),
        [Folded::Seq(items)] => {
            let bytes: Option<Vec<u8>> = items.iter().map(byte).collect();
            bytes.map(Folded::bytes)
        }
        [] => Some(Folded::bytes(Vec::new())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(value: Option<Folded>) -> String {
        value.unwrap().as_text().unwrap().to_owned()
    }

    #[test]
    fn text_methods() {
        let text = Folded::text("metsys.so");
        let back = function(1000, "operator.getitem", &[]);
        assert!(back.is_none());
        let reversed = slice(&text, &Folded::Slice(None, None, Some(-1)));
        assert_eq!(text_of(reversed), "os.system");
        assert_eq!(
            text_of(call(
                99,
                &Folded::text("sys{}{0}"),
                "format",
                &[Folded::text("x")]
            )),
            "sysxx"
        );
        assert_eq!(
            text_of(call(
                99,
                &Folded::text("oXs"),
                "replace",
                &[Folded::text("X"), Folded::text("")]
            )),
            "os"
        );
        let args = Folded::Seq(vec![Folded::text("o"), Folded::Int(5)].into());
        assert_eq!(
            text_of(function(99, "operator.mod", &[Folded::text("%ss%d"), args])),
            "os5"
        );
    }

    #[test]
    fn slices_as_python_counts_them() {
        let text = Folded::text("abcdef");
        let cut = |a, b, c| text_of(slice(&text, &Folded::Slice(a, b, c)));
        assert_eq!(cut(Some(1), Some(-1), None), "bcde");
        assert_eq!(cut(None, None, Some(2)), "ace");
        assert_eq!(cut(Some(-2), None, Some(-2)), "eca");
        assert!(slice(&text, &Folded::Slice(None, None, Some(0))).is_none());
    }

    #[test]
    fn repetition_is_bounded() {
        let x = Folded::text("x");
        assert!(function(1000, "operator.mul", &[x.clone(), Folded::Int(1 << 40)]).is_none());
        assert_eq!(
            text_of(function(1000, "operator.mul", &[x, Folded::Int(3)])),
            "xxx"
        );
    }
}
