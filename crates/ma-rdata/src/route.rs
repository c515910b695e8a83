//! The way to an object, written as R would: `workspace$model@terms`.

use crate::facts::names;
use crate::model::{Model, Node, NodeId, Place, sexp};

/// The steps that are written.
const MAX_STEPS: usize = 24;
/// The cells that are passed on the way.
const MAX_CELLS: usize = 20_000;
/// The longest name of a step.
const MAX_NAME: usize = 48;

/// The way from the file's object to this one.
#[must_use]
pub fn route(model: &Model, id: NodeId) -> String {
    let mut steps: Vec<String> = Vec::new();
    let mut cells = 0usize;
    let mut at = model.node(id);
    while let Some(node) = at {
        let Some(parent) = model.at(node.parent) else {
            break;
        };
        cells = cells.saturating_add(1);
        if steps.len() >= MAX_STEPS || cells > MAX_CELLS {
            steps.push("…".to_owned());
            break;
        }
        steps.extend(step(model, node, parent));
        at = Some(parent);
    }
    let mut out = match &model.header.workspace {
        Some(_) => "workspace".to_owned(),
        None => "object".to_owned(),
    };
    for step in steps.iter().rev() {
        out.push_str(step);
    }
    out
}

fn step(model: &Model, node: &Node, parent: &Node) -> Option<String> {
    let tag = || {
        let name = model.at(parent.tag).and_then(Node::text)?;
        Some(ma_core::text::shorten(name, MAX_NAME).into_owned())
    };
    match (parent.kind, node.place) {
        (sexp::LIST | sexp::DOT, Place::Car) => Some(match tag() {
            Some(name) if is_attribute(model, parent) => format!("@{name}"),
            Some(name) => format!("${name}"),
            None => format!("[[{}]]", position(model, parent)),
        }),
        (sexp::PROM, Place::Cdr) => Some("<promise>".to_owned()),
        (sexp::CLO, Place::Cdr) => Some("<body>".to_owned()),
        (sexp::CLO, Place::Car) => Some("<formals>".to_owned()),
        (sexp::CLO | sexp::PROM, Place::Tag) => Some("<environment>".to_owned()),
        (sexp::ENV, Place::Car) => Some("<enclosure>".to_owned()),
        (sexp::LANG, Place::Car) => Some("<function>".to_owned()),
        (sexp::BCODE, Place::Item(i)) => Some(format!("<constant {i}>")),
        (_, Place::Item(i)) => {
            // The buckets of an environment's hash table are no step.
            if parent.place == Place::Tag {
                return None;
            }
            let name = names(model, parent)
                .and_then(|all| all.get(usize::try_from(i).ok()?)?.as_deref())
                .filter(|name| !name.is_empty());
            Some(match name {
                Some(name) => format!("${}", ma_core::text::shorten(name, MAX_NAME)),
                None => format!("[[{}]]", i.saturating_add(1)),
            })
        }
        _ => None,
    }
}

/// Whether a cell belongs to the attributes of something.
fn is_attribute(model: &Model, cell: &Node) -> bool {
    head(model, cell).0.place == Place::Attr
}

/// The position of a cell in its list, from 1.
fn position(model: &Model, cell: &Node) -> usize {
    head(model, cell).1
}

fn head<'m>(model: &'m Model, cell: &'m Node) -> (&'m Node, usize) {
    let (mut cell, mut count) = (cell, 1usize);
    while cell.place == Place::Cdr && count < MAX_CELLS {
        let before = model
            .at(cell.parent)
            .filter(|p| matches!(p.kind, sexp::LIST | sexp::DOT | sexp::LANG));
        let Some(before) = before else { break };
        cell = before;
        count = count.saturating_add(1);
    }
    (cell, count)
}
