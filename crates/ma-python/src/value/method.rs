//! Attributes of known values, and the methods of text and byte strings.

use super::codec;
use super::format::str_format;
use super::operator::{namespace_item, unknown_of};
use super::{MAX_ITEMS, MAX_TEXT, Value};

/// `of.name`.
#[must_use]
pub fn attribute(of: &Value, name: &str) -> Value {
    match (of, name) {
        (Value::Name(module), "__dict__") => Value::Namespace(Some(module.clone())),
        // `os.system.__call__` is what it is an attribute of; `builtins.exec.__self__` is the module.
        (Value::Name(_) | Value::Local(_), "__call__" | "__wrapped__" | "__func__") => of.clone(),
        (Value::Name(name), "__self__") if name.starts_with("builtins.") => {
            Value::Name("builtins".into())
        }
        (Value::Name(module), _) if module == "importlib.util" || !is_module_detour(name) => {
            Value::Name(format!("{module}.{name}"))
        }
        (_, "__globals__" | "func_globals" | "f_globals" | "f_builtins" | "f_locals") => {
            Value::Namespace(None)
        }
        (_, "__builtins__") => Value::Name("builtins".into()),
        (
            Value::Namespace(_) | Value::Str(_) | Value::Bytes(_) | Value::List(_) | Value::Dict(_),
            _,
        ) => Value::Method {
            of: Box::new(of.clone()),
            name: name.to_owned(),
        },
        (Value::OneOf(values), _) => {
            Value::one_of(values.iter().map(|value| attribute(value, name)).collect())
        }
        (Value::Made(origins), _) => method_of_result(origins, name),
        // `requests.get(..).raw.read`: one path from the result on.
        (Value::Method { of, name: path }, _)
            if matches!(of.as_ref(), Value::Made(_)) && path.len() < 256 =>
        {
            Value::Method {
                of: of.clone(),
                name: format!("{path}.{name}"),
            }
        }
        _ => Value::Unknown,
    }
}

/// Names under which any object leads away from itself, so that what follows is not in its module.
fn is_module_detour(name: &str) -> bool {
    matches!(
        name,
        "__globals__"
            | "func_globals"
            | "__builtins__"
            | "__class__"
            | "__mro__"
            | "__subclasses__"
            | "__base__"
            | "__bases__"
    )
}

/// An attribute of what a call returned: a value of the same origins. As a callee it is named by the class or function
/// it came from (`socket.socket.connect`); see `Value::callee`.
fn method_of_result(origins: &[String], name: &str) -> Value {
    Value::Method {
        of: Box::new(Value::Made(origins.to_vec())),
        name: name.to_owned(),
    }
}

impl Value {
    /// The dotted name under which a call to this value is looked up, and whether it is a method of a call's result
    /// (`socket.socket().connect` is looked up as `socket.socket.connect`).
    #[must_use]
    pub fn callee(&self) -> Option<(String, bool)> {
        match self {
            Self::Name(name) => Some((name.clone(), false)),
            Self::Partial { callee, .. } => callee.callee(),
            Self::Method { of, name } => match of.as_ref() {
                Self::Made(origins) => origins
                    .first()
                    .map(|origin| (format!("{origin}.{name}"), true)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// `of.name(args)` where `of` is a constant.
pub(super) fn call_method(
    of: &Value,
    name: &str,
    args: &[Value],
    keywords: &[(String, Value)],
) -> Value {
    let known = match of {
        Value::Str(text) => str_method(text, name, args, keywords),
        Value::Bytes(bytes) => bytes_method(bytes, name, args),
        Value::List(items) => match name {
            "copy" => Some(of.clone()),
            "pop" => items.last().cloned(),
            _ => None,
        },
        Value::Dict(_) => match (name, args.first()) {
            ("get" | "pop" | "setdefault" | "__getitem__", Some(key)) => {
                Some(super::subscript(of, key))
            }
            _ => None,
        },
        Value::Namespace(module) => match (name, args.first().and_then(Value::as_str)) {
            ("get" | "pop" | "setdefault" | "__getitem__", Some(key)) => {
                Some(namespace_item(module.as_deref(), key))
            }
            _ => None,
        },
        _ => None,
    };
    known.unwrap_or_else(|| {
        let mut parts = vec![of];
        parts.extend(args);
        unknown_of(&parts)
    })
}

fn str_method(
    text: &str,
    name: &str,
    args: &[Value],
    keywords: &[(String, Value)],
) -> Option<Value> {
    let arg = |index: usize| args.get(index).and_then(Value::as_str);
    Some(match name {
        "join" => Value::str(join(text, args.first()?)?),
        "format" => Value::str(str_format(text, args, keywords)?),
        "format_map" => match args.first()? {
            Value::Dict(items) => {
                let items: Vec<_> = items
                    .iter()
                    .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value.clone())))
                    .collect();
                Value::str(str_format(text, &[], &items)?)
            }
            _ => return None,
        },
        "replace" => {
            let (from, to) = (arg(0)?, arg(1)?);
            let grown = text
                .matches(from)
                .count()
                .saturating_mul(to.len())
                .saturating_add(text.len());
            if grown > MAX_TEXT {
                return None;
            }
            Value::str(text.replace(from, to))
        }
        "lower" | "casefold" => Value::str(text.to_lowercase()),
        "upper" => Value::str(text.to_uppercase()),
        "swapcase" => Value::str(
            text.chars()
                .map(|c| {
                    if c.is_lowercase() {
                        c.to_ascii_uppercase()
                    } else {
                        c.to_ascii_lowercase()
                    }
                })
                .collect::<String>(),
        ),
        "strip" | "lstrip" | "rstrip" => Value::str(strip(text, name, arg(0))),
        "removeprefix" => Value::str(text.strip_prefix(arg(0)?).unwrap_or(text)),
        "removesuffix" => Value::str(text.strip_suffix(arg(0)?).unwrap_or(text)),
        "split" => {
            let parts: Vec<Value> = match arg(0) {
                Some("") => return None,
                Some(separator) => text
                    .split(separator)
                    .take(MAX_ITEMS)
                    .map(Value::str)
                    .collect(),
                None => text
                    .split_whitespace()
                    .take(MAX_ITEMS)
                    .map(Value::str)
                    .collect(),
            };
            Value::list(parts)
        }
        "encode" => match arg(0).map(normal).as_deref() {
            None | Some("utf8" | "ascii") => Value::bytes(text.as_bytes().to_vec()),
            Some("latin1" | "iso88591") => Value::bytes(
                text.chars()
                    .map(|c| u8::try_from(c).ok())
                    .collect::<Option<_>>()?,
            ),
            Some(codec) => decode_with(codec, text.as_bytes())?,
        },
        "decode" => decode_with(&normal(arg(0)?), text.as_bytes())?,
        "__str__" => Value::str(text),
        _ => return None,
    })
}

fn strip<'t>(text: &'t str, name: &str, set: Option<&str>) -> &'t str {
    let set: Vec<char> = set.unwrap_or(" \t\r\n\x0b\x0c").chars().collect();
    match name {
        "lstrip" => text.trim_start_matches(set.as_slice()),
        "rstrip" => text.trim_end_matches(set.as_slice()),
        _ => text.trim_matches(set.as_slice()),
    }
}

fn join(separator: &str, items: &Value) -> Option<String> {
    let mut out = String::new();
    match items {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(separator);
                }
                out.push_str(item.as_str()?);
                if out.len() > MAX_TEXT {
                    return None;
                }
            }
        }
        Value::Str(text) if separator.is_empty() => out.push_str(text),
        _ => return None,
    }
    Some(out)
}

fn bytes_method(bytes: &[u8], name: &str, args: &[Value]) -> Option<Value> {
    Some(match name {
        "decode" => match args.first() {
            None => Value::str(String::from_utf8_lossy(bytes)),
            Some(codec) => decode_with(&normal(codec.as_str()?), bytes)?,
        },
        "hex" => Value::str(
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>(),
        ),
        "strip" => Value::bytes(bytes.trim_ascii().to_vec()),
        "join" => match args.first()? {
            Value::List(items) => {
                let parts: Option<Vec<&[u8]>> = items
                    .iter()
                    .map(|item| {
                        if let Value::Bytes(part) = item {
                            Some(part.as_slice())
                        } else {
                            None
                        }
                    })
                    .collect();
                Value::bytes(parts?.join(bytes))
            }
            _ => return None,
        },
        _ => return None,
    })
}

/// The name of a codec without case, dashes and underscores, as Python looks it up.
fn normal(codec: &str) -> String {
    codec
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Decodes with one of the codecs of CPython's `encodings`; text codecs give text, byte codecs bytes.
pub(super) fn decode_with(codec: &str, bytes: &[u8]) -> Option<Value> {
    let codec = normal(codec);
    Some(match codec.trim_end_matches("codec") {
        "utf8" | "ascii" | "u8" | "utf" => Value::str(String::from_utf8_lossy(bytes)),
        "latin1" | "iso88591" | "l1" | "cp1252" => Value::str(
            bytes
                .iter()
                .map(|&byte| char::from(byte))
                .collect::<String>(),
        ),
        "base64" => Value::bytes(codec::base64(bytes)?),
        "hex" => Value::bytes(codec::hex(bytes)?),
        "rot13" => Value::str(codec::rot13(std::str::from_utf8(bytes).ok()?)),
        "utf16le" | "utf16" => {
            let (units, _) = bytes.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
            Value::str(
                String::from_utf16(&units)
                    .ok()?
                    .trim_start_matches('\u{feff}'),
            )
        }
        "unicodeescape" | "stringescape" => Value::str(unescape(std::str::from_utf8(bytes).ok()?)),
        _ => return None,
    })
}

/// Undoes `\xNN`, `\uNNNN` and the one-letter escapes.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let digits = match chars.next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some('n') => {
                out.push('\n');
                continue;
            }
            Some('t') => {
                out.push('\t');
                continue;
            }
            Some(other) => {
                out.push(other);
                continue;
            }
            None => break,
        };
        let code: String = chars.by_ref().take(digits).collect();
        out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(of: Value, name: &str, args: &[Value]) -> Value {
        call_method(&of, name, args, &[])
    }

    #[test]
    fn text_methods() {
        let parts = Value::List(vec![Value::str("os"), Value::str("system")]);
        assert_eq!(
            method(Value::str("."), "join", &[parts]),
            Value::str("os.system")
        );
        assert_eq!(
            method(
                Value::str("oXs"),
                "replace",
                &[Value::str("X"), Value::str("")]
            ),
            Value::str("os")
        );
        assert_eq!(
            method(Value::str("bf"), "encode", &[Value::str("rot-13")]),
            Value::str("os")
        );
        assert_eq!(
            method(
                Value::bytes(b"6f73".to_vec()),
                "decode",
                &[Value::str("hex_codec")]
            ),
            Value::bytes(b"os".to_vec())
        );
        assert_eq!(
            method(
                Value::bytes(b"\\x6fs".to_vec()),
                "decode",
                &[Value::str("unicode_escape")]
            ),
            Value::str("os")
        );
    }

    #[test]
    fn attributes_of_names() {
        assert_eq!(
            attribute(&Value::Name("os".into()), "system"),
            Value::Name("os.system".into())
        );
        assert_eq!(
            attribute(&Value::Name("os.system".into()), "__globals__"),
            Value::Namespace(None)
        );
        assert_eq!(attribute(&Value::Unknown, "system"), Value::Unknown);
        let made = Value::made("socket.socket", &[]);
        assert_eq!(
            attribute(&made, "connect").callee(),
            Some(("socket.socket.connect".into(), true))
        );
    }
}
