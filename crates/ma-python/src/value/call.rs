//! Calls of functions whose result is known from their arguments: imports by name, attribute access by name, decoders,
//! and the functions that turn numbers into text.

use super::codec;
use super::format::to_text;
use super::method::{call_method, decode_with};
use super::{MAX_ITEMS, Value, attribute};

/// What `callee(*args, **keywords)` returns.
#[must_use]
pub fn call(callee: &Value, args: &[Value], keywords: &[(String, Value)]) -> Value {
    match callee {
        Value::Name(name) => by_name(name, args, keywords),
        Value::Method { of, name } => {
            if let Some((dotted, _)) = callee.callee() {
                let mut from = vec![of.as_ref().clone()];
                from.extend(args.iter().cloned());
                Value::made(&dotted, &from)
            } else {
                call_method(of, name, args, keywords)
            }
        }
        Value::Partial {
            callee,
            args: given,
        } => {
            let mut all = given.clone();
            all.extend(args.iter().cloned());
            call(callee, &all, keywords)
        }
        Value::Getter(path) => args.first().map_or(Value::Unknown, |of| {
            path.split('.')
                .fold(of.clone(), |of, name| attribute(&of, name))
        }),
        Value::OneOf(values) => Value::one_of(
            values
                .iter()
                .map(|value| call(value, args, keywords))
                .collect(),
        ),
        _ => {
            let parts: Vec<&Value> = args.iter().collect();
            super::operator::unknown_of(&parts)
        }
    }
}

fn by_name(name: &str, args: &[Value], keywords: &[(String, Value)]) -> Value {
    names(name, args)
        .or_else(|| text(name, args))
        .or_else(|| sequences(name, args))
        .or_else(|| decoded(name, args, keywords))
        .unwrap_or_else(|| {
            let mut from = args.to_vec();
            from.extend(keywords.iter().map(|(_, value)| value.clone()));
            Value::made(name, &from)
        })
}

/// Calls that give modules, functions and namespaces.
fn names(name: &str, args: &[Value]) -> Option<Value> {
    let text = |index: usize| args.get(index).and_then(Value::as_str);
    Some(match name {
        // `__import__('a.b')` is `a`, unless something is asked for by name in its fourth argument.
        "builtins.__import__" | "importlib.__import__" => {
            let module = text(0)?;
            let from_list = args
                .get(3)
                .is_some_and(|list| *list != Value::List(vec![]) && *list != Value::None);
            Value::Name(
                if from_list {
                    module
                } else {
                    module.split('.').next().unwrap_or(module)
                }
                .to_owned(),
            )
        }
        "importlib.import_module"
        | "importlib.reload"
        | "imp.load_module"
        | "pydoc.locate"
        | "pkgutil.resolve_name" => match args.first()? {
            Value::Str(module) => Value::Name(module.trim_start_matches('.').replace(':', ".")),
            other => return matches!(other, Value::Name(_)).then(|| other.clone()),
        },
        "builtins.getattr" | "builtins.object.__getattribute__" | "inspect.getattr_static" => {
            let found = text(1).map_or(Value::Unknown, |attr| {
                attribute(args.first().unwrap_or(&Value::Unknown), attr)
            });
            match args.get(2) {
                Some(default) if found == Value::Unknown => default.clone(),
                _ if found == Value::Unknown => return None,
                _ => found,
            }
        }
        "builtins.globals" | "builtins.locals" => Value::Namespace(None),
        "builtins.vars" => match args.first() {
            Some(Value::Name(module)) => Value::Namespace(Some(module.clone())),
            _ => Value::Namespace(None),
        },
        "operator.attrgetter" => Value::Getter(text(0)?.to_owned()),
        "functools.partial" | "functools.partialmethod" => {
            Value::partial(args.first()?.clone(), args.get(1..)?.to_vec())
        }
        "operator.getitem" => super::subscript(args.first()?, args.get(1)?),
        "operator.call" => call(args.first()?, args.get(1..)?, &[]),
        "builtins.staticmethod"
        | "builtins.classmethod"
        | "functools.wraps"
        | "functools.lru_cache" => matches!(args.first()?, Value::Name(_) | Value::Local(_))
            .then(|| args.first().cloned())
            .flatten()?,
        _ => return None,
    })
}

/// Calls that give text and numbers.
fn text(name: &str, args: &[Value]) -> Option<Value> {
    let first = args.first();
    let char_of = |value: &Value| {
        value
            .as_int()
            .and_then(|int| u32::try_from(int).ok())
            .and_then(char::from_u32)
    };
    Some(match name {
        "builtins.chr" | "builtins.unichr" => Value::str(char_of(first?)?.to_string()),
        "builtins.ord" => {
            let text = first?.as_text()?;
            let mut chars = text.chars();
            let c = chars.next()?;
            if chars.next().is_some() {
                return None;
            }
            Value::Int(i64::from(u32::from(c)))
        }
        "builtins.str" | "builtins.unicode" => match (first?, args.get(1)) {
            (Value::Bytes(bytes), Some(codec)) => decode_with(codec.as_str()?, bytes)?,
            (value, _) => Value::str(to_text(value)?),
        },
        // Compiled constant text is as good as the text to whoever runs it.
        "builtins.compile" => match first? {
            text @ (Value::Str(_) | Value::Bytes(_)) => text.clone(),
            _ => return None,
        },
        "builtins.repr" => Value::str(to_text(first?)?),
        "builtins.int" => match (first?, args.get(1).and_then(Value::as_int)) {
            (Value::Str(text), base) => {
                let base = u32::try_from(base.unwrap_or(10))
                    .ok()
                    .filter(|base| (2..=36).contains(base))?;
                let text = text.trim();
                let digits = text
                    .strip_prefix("0x")
                    .filter(|_| base == 16)
                    .unwrap_or(text);
                Value::Int(i64::from_str_radix(digits, base).ok()?)
            }
            (value, _) => Value::Int(value.as_int()?),
        },
        "builtins.len" => match first? {
            Value::Str(text) => Value::Int(i64::try_from(text.chars().count()).ok()?),
            Value::Bytes(bytes) => Value::Int(i64::try_from(bytes.len()).ok()?),
            Value::List(items) => Value::Int(i64::try_from(items.len()).ok()?),
            _ => return None,
        },
        "os.path.join" | "posixpath.join" => {
            let parts: Option<Vec<&str>> = args.iter().map(Value::as_str).collect();
            Value::str(parts?.join("/"))
        }
        "os.path.expanduser" | "os.path.expandvars" | "os.path.abspath" | "os.path.realpath"
        | "os.fspath" | "textwrap.dedent" | "inspect.cleandoc" => Value::str(first?.as_str()?),
        "pathlib.Path" | "pathlib.PurePath" if args.len() == 1 => Value::made(name, args),
        _ => return None,
    })
}

/// Calls that give byte strings and lists.
fn sequences(name: &str, args: &[Value]) -> Option<Value> {
    let first = args.first();
    Some(match name {
        "builtins.bytes" | "builtins.bytearray" | "array.array" => match (name, args) {
            ("array.array", [_, items]) => bytes_of(items)?,
            (_, [items, ..]) => bytes_of(items)?,
            _ => return None,
        },
        "builtins.list" | "builtins.tuple" | "builtins.iter" | "builtins.sorted" => match first? {
            list @ Value::List(_) if name != "builtins.sorted" => list.clone(),
            Value::Str(text) if name != "builtins.sorted" => Value::list(
                text.chars()
                    .take(MAX_ITEMS)
                    .map(|c| Value::str(c.to_string()))
                    .collect(),
            ),
            Value::Bytes(bytes) => Value::list(
                bytes
                    .iter()
                    .take(MAX_ITEMS)
                    .map(|&byte| Value::Int(i64::from(byte)))
                    .collect(),
            ),
            _ => return None,
        },
        "builtins.reversed" => match first? {
            Value::List(items) => Value::list(items.iter().rev().cloned().collect()),
            Value::Str(text) => Value::list(
                text.chars()
                    .rev()
                    .take(MAX_ITEMS)
                    .map(|c| Value::str(c.to_string()))
                    .collect(),
            ),
            _ => return None,
        },
        "builtins.map" => match (first?, args.get(1)?) {
            (function @ Value::Name(function_name), Value::List(items))
                if matches!(
                    function_name.as_str(),
                    "builtins.chr"
                        | "builtins.str"
                        | "builtins.ord"
                        | "builtins.unichr"
                        | "builtins.int"
                ) =>
            {
                Value::list(
                    items
                        .iter()
                        .map(|item| call(function, std::slice::from_ref(item), &[]))
                        .collect(),
                )
            }
            _ => return None,
        },
        _ => return None,
    })
}

fn bytes_of(value: &Value) -> Option<Value> {
    match value {
        Value::Bytes(_) => Some(value.clone()),
        Value::Str(text) => Some(Value::bytes(text.as_bytes().to_vec())),
        Value::List(items) => {
            let bytes: Option<Vec<u8>> = items
                .iter()
                .map(|item| item.as_int().and_then(|int| u8::try_from(int).ok()))
                .collect();
            Some(Value::bytes(bytes?))
        }
        _ => None,
    }
}

/// Calls that decode constants.
fn decoded(name: &str, args: &[Value], keywords: &[(String, Value)]) -> Option<Value> {
    let input = args
        .first()
        .or_else(|| keywords.first().map(|(_, value)| value))?;
    let bytes = match input {
        Value::Str(text) => text.as_bytes(),
        Value::Bytes(bytes) => bytes.as_slice(),
        _ => return None,
    };
    let (module, function) = name.rsplit_once('.')?;
    let out = match (module, function) {
        (
            "base64",
            "b64decode" | "standard_b64decode" | "urlsafe_b64decode" | "decodebytes"
            | "decodestring",
        )
        | ("binascii", "a2b_base64") => codec::base64(bytes)?,
        ("base64", "b32decode") => codec::base32(bytes)?,
        ("base64", "b16decode")
        | ("binascii", "unhexlify" | "a2b_hex")
        | ("builtins.bytes" | "builtins.bytearray", "fromhex") => codec::hex(bytes)?,
        ("base64", "b85decode") => codec::base85(bytes, false)?,
        ("base64", "a85decode") => codec::base85(bytes, true)?,
        ("codecs", "decode" | "encode") => {
            let codec = args.get(1).or_else(|| {
                keywords
                    .iter()
                    .find(|(name, _)| name == "encoding")
                    .map(|(_, value)| value)
            });
            return decode_with(codec.and_then(Value::as_str).unwrap_or("utf8"), bytes);
        }
        _ => return None,
    };
    Some(Value::bytes(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, args: &[Value]) -> Value {
        call(&Value::Name(name.into()), args, &[])
    }

    #[test]
    fn imports_and_attributes_by_name() {
        let os = run("builtins.__import__", &[Value::str("os.path")]);
        assert_eq!(os, Value::Name("os".into()));
        let system = run("builtins.getattr", &[os, Value::str("system")]);
        assert_eq!(system, Value::Name("os.system".into()));
        let getter = run("operator.attrgetter", &[Value::str("system")]);
        assert_eq!(call(&getter, &[Value::Name("os".into())], &[]), system);
        let partial = run("functools.partial", &[system, Value::str("echo pwned")]);
        assert_eq!(partial.callee(), Some(("os.system".into(), false)));
    }

    #[test]
    fn text_from_numbers_and_codecs() {
        assert_eq!(run("builtins.chr", &[Value::Int(111)]), Value::str("o"));
        let numbers = Value::List(vec![Value::Int(111), Value::Int(115)]);
        assert_eq!(
            run("builtins.bytes", &[numbers]),
            Value::bytes(b"os".to_vec())
        );
        assert_eq!(
            run("base64.b64decode", &[Value::str("b3M=")]),
            Value::bytes(b"os".to_vec())
        );
        assert_eq!(
            run("builtins.bytes.fromhex", &[Value::str("6f73")]),
            Value::bytes(b"os".to_vec())
        );
        assert_eq!(
            run("codecs.decode", &[Value::str("bf"), Value::str("rot13")]),
            Value::str("os")
        );
        assert_eq!(
            run("zlib.decompress", &[Value::bytes(vec![1])]),
            Value::Made(vec!["zlib.decompress".into()])
        );
    }
}
