//! What a stream holds, for people.

use ma_core::{Inspection, Line, Section};

use crate::deparse::deparse;
use crate::facts::Facts;
use crate::model::{Data, Model, Node, NodeId, sexp};
use crate::route::route;

/// The lines of a section.
const MAX_LINES: usize = 400;

/// Header, objects and code.
pub(crate) fn inspect(format: &str, model: &Model, facts: &Facts) -> Inspection {
    let header = &model.header;
    let kind = header.workspace.as_deref().unwrap_or("single object");
    let mut rows = vec![
        ("holds".to_owned(), kind.to_owned()),
        ("encoding".to_owned(), header.encoding.name().to_owned()),
        ("format version".to_owned(), header.version.to_string()),
        ("written by R".to_owned(), version(header.writer)),
        ("needs R".to_owned(), version(header.min_reader)),
    ];
    if let Some(native) = &header.native {
        rows.push(("text encoding".to_owned(), native.clone()));
    }
    rows.push(("objects".to_owned(), model.nodes.len().to_string()));
    rows.push(("deepest nesting".to_owned(), model.depth.to_string()));
    Inspection {
        format: format.to_owned(),
        facts: rows,
        sections: vec![
            Section {
                title: "objects".to_owned(),
                lines: objects(model),
            },
            Section {
                title: "code".to_owned(),
                lines: code(model, facts),
            },
        ],
    }
}

/// A packed version of R.
fn version(packed: i32) -> String {
    let [patch, minor, major, _] = packed.to_le_bytes();
    format!("{major}.{minor}.{patch}")
}

/// Vectors and environments with their way, type and length.
fn objects(model: &Model) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, node) in model.nodes.iter().enumerate() {
        if lines.len() >= MAX_LINES {
            lines.push(line(None, "…"));
            break;
        }
        let Some(what) = describe(model, node) else {
            continue;
        };
        let id = NodeId::try_from(index).unwrap_or(NodeId::MAX);
        let text = format!("{}: {what}", route(model, id));
        lines.push(line(Some(node.start), &text));
    }
    lines
}

fn describe(model: &Model, node: &Node) -> Option<String> {
    let in_code = model
        .at(node.parent)
        .is_some_and(|p| matches!(p.kind, sexp::LANG | sexp::BCODE))
        || (node.kind != sexp::VEC
            && model.at(node.parent).is_some_and(|p| {
                p.kind == sexp::LIST && p.place == crate::model::Place::Cdr && p.tag.is_none()
            }));
    let name = sexp::name(node.kind);
    match (&node.data, node.kind) {
        _ if in_code => None,
        (Data::Strings(len, strings), _) => {
            let first: Vec<&str> = strings.iter().take(4).flatten().map(|s| &**s).collect();
            let first = first.join(", ");
            let first = ma_core::text::shorten(&first, 80);
            Some(format!("{name}[{len}] {first}"))
        }
        (Data::Numbers(len, _) | Data::Items(len, _), _) => Some(format!("{name}[{len}]")),
        (
            _,
            sexp::ENV
            | sexp::CLO
            | sexp::PROM
            | sexp::S4
            | sexp::EXTPTR
            | sexp::ALTREP
            | sexp::WEAKREF
            | sexp::BUILTIN
            | sexp::SPECIAL,
        ) => Some(name.to_owned()),
        _ => None,
    }
}

fn code(model: &Model, facts: &Facts) -> Vec<Line> {
    let shown = facts.owners.iter().take(MAX_LINES);
    shown
        .map(|owner| {
            let text = deparse(model, owner.node);
            let text = format!("{}: {text}", route(model, owner.node));
            line(model.node(owner.node).map(|n| n.start), &text)
        })
        .collect()
}

fn line(offset: Option<u64>, text: &str) -> Line {
    Line {
        offset,
        text: text.to_owned(),
    }
}
