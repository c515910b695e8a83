//! R code from calls, as R would print it, cut short: the proof under an issue.

use crate::calls::arguments;
use crate::model::{Data, Model, Node, NodeId, sexp};

/// How deep calls are written out.
const MAX_DEPTH: u32 = 24;
/// The length at which writing stops.
const MAX_LEN: usize = 600;

/// Operators that stand between their arguments.
const INFIX: [&str; 33] = [
    "+", "-", "*", "/", "^", "==", "!=", "<", ">", "<=", ">=", "&", "&&", "|", "||", "~", "<-",
    "<<-", "=", ":", "::", ":::", "$", "@", "%%", "%/%", "%*%", "%in%", "%o%", "%>%", "|>", "->",
    "?",
];

/// The code of an object.
#[must_use]
pub fn deparse(model: &Model, id: NodeId) -> String {
    let mut out = String::new();
    if let Some(node) = model.node(id) {
        write(model, node, MAX_DEPTH, &mut out);
    }
    if out.len() > MAX_LEN {
        let end = (0..=MAX_LEN).rev().find(|i| out.is_char_boundary(*i));
        out.truncate(end.unwrap_or(0));
        out.push('…');
    }
    out
}

fn write(model: &Model, node: &Node, depth: u32, out: &mut String) {
    let Some(depth) = depth.checked_sub(1).filter(|_| out.len() <= MAX_LEN) else {
        out.push('…');
        return;
    };
    match (&node.data, node.kind) {
        (Data::Text(name), sexp::SYM) => symbol(name, out),
        (Data::Text(name), sexp::SPECIAL | sexp::BUILTIN) => {
            out.push_str(".Primitive(");
            quote(name, out);
            out.push(')');
        }
        (Data::Text(text), _) => quote(text, out),
        (Data::Strings(len, strings), sexp::STR) => {
            vector(*len, strings.len(), out, |i, out| match strings.get(i) {
                Some(Some(text)) => quote(text, out),
                _ => out.push_str("NA"),
            });
        }
        (Data::Strings(_, names), kind) => {
            let first = names.iter().flatten().next().map_or("", |n| n);
            out.push_str(&format!("<{}: {first}>", sexp::name(kind)));
        }
        (Data::Numbers(len, first), kind) => {
            vector(*len, first.len(), out, |i, out| {
                out.push_str(&number(first.get(i).copied().unwrap_or(f64::NAN), kind));
            });
        }
        (Data::Items(..), sexp::BCODE) => match first_constant(model, node) {
            Some(expression) => write(model, expression, depth, out),
            None => out.push_str("<bytecode>"),
        },
        (Data::Items(_, items), kind) => {
            out.push_str(if kind == sexp::EXPR {
                "expression("
            } else {
                "list("
            });
            list(
                items.iter().filter_map(|i| model.node(*i)),
                out,
                |n, out| {
                    write(model, n, depth, out);
                },
            );
            out.push(')');
        }
        (Data::None, sexp::LANG) => call(model, node, depth, out),
        (Data::None, sexp::CLO) => closure(model, node, depth, out),
        (Data::None, sexp::PROM) => {
            out.push_str("<promise: ");
            if let Some(expression) = model.at(node.cdr) {
                write(model, expression, depth, out);
            }
            out.push('>');
        }
        (Data::None, sexp::NILVALUE | sexp::NIL) => out.push_str("NULL"),
        (Data::None, sexp::MISSINGARG) => {}
        (Data::None, kind) => out.push_str(&format!("<{}>", sexp::name(kind))),
    }
}

/// The expression that compiled code was made of, as it claims.
pub(crate) fn first_constant<'m>(model: &'m Model, code: &Node) -> Option<&'m Node> {
    match &code.data {
        Data::Items(_, items) => model.node(*items.first()?),
        _ => None,
    }
}

fn list<'m>(
    items: impl Iterator<Item = &'m Node>,
    out: &mut String,
    mut each: impl FnMut(&'m Node, &mut String),
) {
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        if i >= 32 || out.len() > MAX_LEN {
            out.push('…');
            return;
        }
        each(item, out);
    }
}

fn vector(len: u64, have: usize, out: &mut String, mut each: impl FnMut(usize, &mut String)) {
    if len == 1 && have == 1 {
        return each(0, out);
    }
    out.push_str("c(");
    for i in 0..have.min(16) {
        if i > 0 {
            out.push_str(", ");
        }
        each(i, out);
    }
    if len > 16 {
        out.push_str(&format!(", … {len} in all"));
    }
    out.push(')');
}

fn number(value: f64, kind: u8) -> String {
    match kind {
        _ if value.is_nan() => "NA".to_owned(),
        sexp::LGL => if value == 0.0 { "FALSE" } else { "TRUE" }.to_owned(),
        sexp::INT => format!("{value}L"),
        _ => format!("{value}"),
    }
}

fn symbol(name: &str, out: &mut String) {
    let plain = |c: char| c.is_alphanumeric() || c == '.' || c == '_';
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '.');
    if starts && name.chars().all(plain) {
        out.push_str(name);
    } else {
        out.push('`');
        out.push_str(name);
        out.push('`');
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars().take(MAX_LEN) {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
}

fn call(model: &Model, node: &Node, depth: u32, out: &mut String) {
    let function = model.at(node.car);
    let name = function
        .filter(|f| f.kind == sexp::SYM)
        .and_then(Node::text)
        .unwrap_or("");
    let all: Vec<_> = arguments(model, node).collect();
    match (name, all.as_slice()) {
        (operator, [(None, left), (None, right)]) if INFIX.contains(&operator) => {
            write(model, left, depth, out);
            let tight = matches!(operator, "::" | ":::" | "$" | "@" | ":" | "^");
            let space = if tight { "" } else { " " };
            out.push_str(&format!("{space}{operator}{space}"));
            write(model, right, depth, out);
        }
        (operator @ ("~" | "-" | "!" | "+"), [(None, one)]) => {
            out.push_str(operator);
            write(model, one, depth, out);
        }
        ("(", [(None, one)]) => {
            out.push('(');
            write(model, one, depth, out);
            out.push(')');
        }
        ("{", lines) => {
            out.push_str("{ ");
            for (i, (_, line)) in lines.iter().enumerate() {
                if i > 0 {
                    out.push_str("; ");
                }
                write(model, line, depth, out);
            }
            out.push_str(" }");
        }
        ("[" | "[[", [(_, what), rest @ ..]) => {
            write(model, what, depth, out);
            let double = name == "[[";
            out.push_str(if double { "[[" } else { "[" });
            tagged(model, rest, depth, out);
            out.push_str(if double { "]]" } else { "]" });
        }
        ("function", [(_, formals), (_, body), ..]) => {
            function_of(model, Some(formals), Some(body), depth, out);
        }
        _ => {
            match function {
                Some(f) if matches!(f.kind, sexp::CLO) => {
                    out.push('(');
                    write(model, f, depth, out);
                    out.push(')');
                }
                Some(f) => write(model, f, depth, out),
                None => out.push('?'),
            }
            out.push('(');
            tagged(model, &all, depth, out);
            out.push(')');
        }
    }
}

fn tagged(model: &Model, all: &[(Option<&str>, &Node)], depth: u32, out: &mut String) {
    for (i, (tag, value)) in all.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        if out.len() > MAX_LEN {
            out.push('…');
            return;
        }
        if let Some(tag) = tag {
            symbol(tag, out);
            out.push_str(" = ");
        }
        write(model, value, depth, out);
    }
}

fn closure(model: &Model, node: &Node, depth: u32, out: &mut String) {
    function_of(model, model.at(node.car), model.at(node.cdr), depth, out);
}

fn function_of(
    model: &Model,
    formals: Option<&Node>,
    body: Option<&Node>,
    depth: u32,
    out: &mut String,
) {
    out.push_str("function(");
    let mut cell = formals;
    let mut count = 0u32;
    while let Some(formal) = cell.filter(|f| f.kind == sexp::LIST && count < 32) {
        if count > 0 {
            out.push_str(", ");
        }
        symbol(model.at(formal.tag).and_then(Node::text).unwrap_or(""), out);
        let default = model.at(formal.car).filter(|d| d.kind != sexp::MISSINGARG);
        if let Some(default) = default {
            out.push_str(" = ");
            write(model, default, depth, out);
        }
        count = count.saturating_add(1);
        cell = model.at(formal.cdr);
    }
    out.push_str(") ");
    if let Some(body) = body {
        write(model, body, depth, out);
    }
}
