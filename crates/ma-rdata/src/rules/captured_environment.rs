//! A function or a formula carries the variables of the place where it was made.

use ma_core::{Evidence, Issue, declare_rule};

use super::{Input, whose};
use crate::model::{Data, Model, Node, NodeId, Place, sexp};

declare_rule! {
    /// ## What it finds
    /// An environment that lies in the file only because a function or a formula was made in it, with data in it: R saves all variables that were there. Once for a file, with their names.
    /// ## Why it matters
    /// Nobody sees these variables when the object is printed. Training data, paths and passwords leave the house this way, and they make files large.
    /// ## What it leaves alone
    /// Environments that hold functions only, and objects that are environments themselves (R6 classes).
    /// ## What to do
    /// Before you share the file, look at the variables with `ls(environment(f), all.names = TRUE)`.
    pub static CAPTURED_ENVIRONMENT = {
        code: "RDA014", name: "rdata-captured-environment", severity: Info,
        title: "A function or a formula carries variables that nobody sees",
        references: [Cwe(200), Spec("https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats")],
    }
}

/// The names that are listed, and the cells that are looked at.
const MAX_NAMES: usize = 24;
const MAX_CELLS: usize = 50_000;

/// Fires once for a file.
pub(crate) fn check(input: &Input<'_>) -> Vec<Issue> {
    let model = input.model;
    let mut names: Vec<String> = Vec::new();
    let (mut first, mut cells) = (None, 0usize);
    for (index, node) in model.nodes.iter().enumerate() {
        if node.kind != sexp::ENV || !is_captured(model, node) {
            continue;
        }
        let before = names.len();
        for bucket in buckets(model, node) {
            data_names(model, bucket, &mut names, &mut cells);
        }
        if first.is_none() && names.len() > before {
            first = NodeId::try_from(index).ok();
        }
        if names.len() >= MAX_NAMES || cells >= MAX_CELLS {
            break;
        }
    }
    let Some(first) = first else {
        return Vec::new();
    };
    let message = "A function or a formula carries variables of the place where it was made";
    let issue = Issue::new(&CAPTURED_ENVIRONMENT, message)
        .evidence(Evidence::text("variables", names.join(", ")));
    vec![whose(input, first, issue)]
}

/// Whether an environment is there because of a function or a formula.
fn is_captured(model: &Model, node: &Node) -> bool {
    let Some(parent) = model.at(node.parent) else {
        return false;
    };
    match (parent.kind, node.place) {
        (sexp::CLO, Place::Tag) => true,
        (sexp::LIST, Place::Car) => {
            model.at(parent.tag).and_then(Node::text) == Some(".Environment")
        }
        _ => false,
    }
}

/// The lists of an environment's variables.
fn buckets<'m>(model: &'m Model, node: &'m Node) -> impl Iterator<Item = &'m Node> {
    let table = match model.at(node.tag).map(|t| &t.data) {
        Some(Data::Items(_, items)) => items.as_slice(),
        _ => &[],
    };
    let table = table.iter().filter_map(|id| model.node(*id));
    model.at(node.cdr).into_iter().chain(table)
}

fn data_names(model: &Model, bucket: &Node, names: &mut Vec<String>, cells: &mut usize) {
    let mut cell = Some(bucket);
    while let Some(node) = cell.filter(|c| c.kind == sexp::LIST) {
        *cells = cells.saturating_add(1);
        if *cells >= MAX_CELLS || names.len() >= MAX_NAMES {
            return;
        }
        let data = model.at(node.car).is_some_and(|value| match &value.data {
            Data::Strings(n, _) | Data::Numbers(n, _) | Data::Items(n, _) => *n > 0,
            _ => value.kind == sexp::ALTREP,
        });
        if let (true, Some(name)) = (data, model.at(node.tag).and_then(Node::text)) {
            names.push(ma_core::text::shorten(name, 60).into_owned());
        }
        cell = model.at(node.cdr);
    }
}
