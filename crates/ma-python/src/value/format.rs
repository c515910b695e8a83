//! Python's string formatting, forwards: how a value is written, `str.format`, `%`.

use super::{MAX_TEXT, Value};

/// Longest text that a value is written as.
const SHOWN: usize = 80;

/// Writes a value the way Python would; stops near `SHOWN` characters.
pub(crate) fn write_value(value: &Value, out: &mut String) {
    if out.len() > SHOWN {
        if !out.ends_with('…') {
            out.push('…');
        }
        return;
    }
    match value {
        Value::None => out.push_str("None"),
        Value::Bool(bool) => out.push_str(if *bool { "True" } else { "False" }),
        Value::Int(int) => out.push_str(&int.to_string()),
        Value::Float(float) => out.push_str(&float.to_string()),
        Value::Str(text) => write_quoted(text, out),
        Value::Bytes(bytes) => {
            out.push('b');
            write_quoted(
                &String::from_utf8_lossy(bytes.get(..SHOWN).unwrap_or(bytes)),
                out,
            );
        }
        Value::List(items) => write_items(items.iter(), '[', ']', out),
        Value::Dict(items) => write_items(items.iter().map(|(_, value)| value), '{', '}', out),
        Value::Name(name) => out.push_str(name.strip_prefix("builtins.").unwrap_or(name)),
        Value::Method { of, name } => {
            write_value(of, out);
            out.push('.');
            out.push_str(name);
        }
        Value::Made(origins) => {
            for origin in origins {
                out.push_str(origin.strip_prefix("builtins.").unwrap_or(origin));
                out.push('(');
            }
            out.push('…');
            out.extend(origins.iter().map(|_| ')'));
        }
        Value::OneOf(values) => values
            .first()
            .unwrap_or(&Value::Unknown)
            .clone_into_text(out),
        Value::Unknown
        | Value::Local(_)
        | Value::Partial { .. }
        | Value::Getter(_)
        | Value::Namespace(_) => out.push('…'),
    }
}

impl Value {
    fn clone_into_text(&self, out: &mut String) {
        if matches!(self, Self::OneOf(_)) {
            out.push('…')
        } else {
            write_value(self, out)
        }
    }
}

fn write_items<'a>(
    items: impl Iterator<Item = &'a Value>,
    open: char,
    close: char,
    out: &mut String,
) {
    out.push(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        if out.len() > SHOWN {
            out.push('…');
            break;
        }
        write_value(item, out);
    }
    out.push(close);
}

fn write_quoted(text: &str, out: &mut String) {
    out.push('\'');
    for (index, c) in text.chars().enumerate() {
        if index >= SHOWN {
            out.push('…');
            break;
        }
        if c == '\'' || c == '\\' {
            out.push('\\');
            out.push(c);
        } else if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.push('\'');
}

/// A call as Python would spell it: `os.system('echo pwned')`; arguments shortened, at most eight of each kind.
#[must_use]
pub fn call_text(callee: &str, args: &[Value], keywords: &[(String, Value)]) -> String {
    const SHOWN_ARGS: usize = 8;
    let given = args.iter().take(SHOWN_ARGS).map(ToString::to_string);
    let named = keywords
        .iter()
        .take(SHOWN_ARGS)
        .map(|(name, value)| format!("{name}={value}"));
    let all: Vec<String> = given.chain(named).collect();
    format!(
        "{}({})",
        callee.strip_prefix("builtins.").unwrap_or(callee),
        all.join(", ")
    )
}

/// `str(value)` of a constant.
#[must_use]
pub fn to_text(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(text.clone()),
        Value::None => Some("None".into()),
        Value::Bool(bool) => Some(if *bool { "True" } else { "False" }.into()),
        Value::Int(int) => Some(int.to_string()),
        Value::Float(float) => Some(float.to_string()),
        _ => None,
    }
}

/// `template.format(*args, **keywords)` for plain fields: `{}`, `{0}`, `{name}`; format specs of text are ignored.
#[must_use]
pub fn str_format(template: &str, args: &[Value], keywords: &[(String, Value)]) -> Option<String> {
    let mut out = String::new();
    let mut next = 0usize;
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' if chars.peek() == Some(&c) => {
                chars.next();
                out.push(c);
            }
            '{' => {
                let field: String = chars.by_ref().take_while(|&c| c != '}').collect();
                let field = field.split([':', '!']).next().unwrap_or("");
                let value = if field.is_empty() {
                    let value = args.get(next);
                    next = next.saturating_add(1);
                    value
                } else if let Ok(index) = field.parse::<usize>() {
                    args.get(index)
                } else {
                    keywords
                        .iter()
                        .find(|(name, _)| name == field)
                        .map(|(_, value)| value)
                };
                out.push_str(&to_text(value?)?);
            }
            _ => out.push(c),
        }
        if out.len() > MAX_TEXT {
            return None;
        }
    }
    Some(out)
}

/// `template % args` for `%s`, `%d`, `%c`, `%r` of plain constants and `%(name)s`.
pub(crate) fn percent(template: &str, right: &Value) -> Option<String> {
    let single = [right.clone()];
    let args: &[Value] = if let Value::List(items) = right {
        items
    } else {
        &single
    };
    let mut args = args.iter();
    let mut out = String::new();
    let mut chars = template.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut named = None;
        let conversion = loop {
            match chars.next()? {
                '(' => named = Some(chars.by_ref().take_while(|&c| c != ')').collect::<String>()),
                c if c.is_ascii_alphabetic() || c == '%' => break c,
                '0'..='9' | '.' | '-' | '+' | ' ' | '#' => {}
                _ => return None,
            }
        };
        let mut value = || match (&named, right) {
            (Some(name), Value::Dict(items)) => items
                .iter()
                .find(|(key, _)| key.as_str() == Some(name))
                .map(|(_, value)| value),
            _ => args.next(),
        };
        match conversion {
            '%' => out.push('%'),
            's' | 'd' | 'i' => out.push_str(&to_text(value()?)?),
            'c' => match value()? {
                Value::Int(int) => out.push(u32::try_from(*int).ok().and_then(char::from_u32)?),
                other => out.push_str(other.as_str()?),
            },
            'x' => out.push_str(&format!("{:x}", value()?.as_int()?)),
            _ => return None,
        }
        if out.len() > MAX_TEXT {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatting_of_constants() {
        let args = [Value::str("os"), Value::str("system")];
        assert_eq!(
            str_format("{}.{}", &args, &[]).as_deref(),
            Some("os.system")
        );
        assert_eq!(
            str_format("{1}.{0}{{", &args, &[]).as_deref(),
            Some("system.os{")
        );
        assert_eq!(
            str_format("{a}", &[], &[("a".into(), Value::Int(3))]).as_deref(),
            Some("3")
        );
        assert_eq!(
            percent("%s.%s", &Value::List(args.to_vec())).as_deref(),
            Some("os.system")
        );
        assert_eq!(percent("%c%%", &Value::Int(111)).as_deref(), Some("o%"));
        assert_eq!(
            percent(
                "%(a)s",
                &Value::Dict(vec![(Value::str("a"), Value::str("b"))])
            )
            .as_deref(),
            Some("b")
        );
    }

    #[test]
    fn display_is_short_and_escaped() {
        let text = Value::str("a\n'b'".repeat(100)).to_string();
        assert!(text.len() < 400 && text.contains("\\n") && text.ends_with("…'"));
        assert_eq!(
            Value::List(vec![Value::str("-c"), Value::Unknown]).to_string(),
            "['-c', …]"
        );
    }
}
