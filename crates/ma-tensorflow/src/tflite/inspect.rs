//! What a LiteRT model holds, for people who look.

use ma_core::{Inspection, Line, Section};

use super::model::{Model, Tensor};
use super::schema;

/// Lines of a section.
const MAX_LINES: usize = 2000;

/// The view.
pub(super) fn inspection(format: &str, model: &Model) -> Inspection {
    let mut facts = vec![("version".to_owned(), model.version.to_string())];
    let mut fact = |key: &str, value: String| facts.push((key.to_owned(), value));
    if !model.description.is_empty() {
        fact("description", model.description.clone());
    }
    fact("graphs", model.subgraphs.len().to_string());
    fact("tensors", model.tensor_count.to_string());
    let operators: u64 = model.operators.values().sum();
    fact("operators", operators.to_string());
    fact("buffers", model.buffers.to_string());
    let custom: Vec<&str> = model
        .codes
        .iter()
        .filter_map(|c| c.custom.as_deref())
        .collect();
    if !custom.is_empty() {
        fact("custom operators", custom.join(", "));
    }
    for group in &model.external {
        fact("file with buffers", group.name.clone());
    }
    Inspection {
        format: format.to_owned(),
        facts,
        sections: vec![
            signatures(model),
            graphs(model),
            operators_section(model),
            tensors(model),
            metadata(model),
        ]
        .into_iter()
        .filter(|section| !section.lines.is_empty())
        .collect(),
    }
}

fn section(title: &str, lines: impl Iterator<Item = Line>) -> Section {
    Section {
        title: title.to_owned(),
        lines: lines.take(MAX_LINES).collect(),
    }
}

fn line(text: String) -> Line {
    Line { offset: None, text }
}

fn signatures(model: &Model) -> Section {
    let lines = model.signatures.iter().map(|s| {
        let (inputs, outputs) = (s.inputs.join(", "), s.outputs.join(", "));
        line(format!(
            "{}({inputs}) -> {outputs}, graph {}",
            s.key, s.subgraph
        ))
    });
    section("signatures", lines)
}

fn graphs(model: &Model) -> Section {
    let lines = model.subgraphs.iter().enumerate().map(|(i, s)| {
        line(format!(
            "{i} {}: {} tensors, {} operators, inputs {:?}, outputs {:?}",
            s.name, s.tensors, s.operators, s.inputs, s.outputs
        ))
    });
    section("graphs", lines)
}

fn operators_section(model: &Model) -> Section {
    let lines = model.operators.iter();
    section(
        "operators",
        lines.map(|(name, n)| line(format!("{name} {n}"))),
    )
}

fn tensors(model: &Model) -> Section {
    let mut found = section("tensors", model.tensors.iter().map(tensor));
    let left = model.tensor_count.saturating_sub(found.lines.len() as u64);
    if left > 0 {
        found.lines.push(line(format!("… and {left} more")));
    }
    found
}

fn tensor(tensor: &Tensor) -> Line {
    let place = tensor.place.map(|p| p.to_string()).unwrap_or_default();
    let kind = match schema::type_name(tensor.kind) {
        Some(name) => name.to_owned(),
        None => format!("type {}", tensor.kind),
    };
    let quantised = if tensor.quantised { ", quantised" } else { "" };
    let data = match &tensor.data {
        Some(range) => format!(", {} bytes", range.end.saturating_sub(range.start)),
        None => String::new(),
    };
    Line {
        offset: Some(tensor.at),
        text: format!(
            "{place} {} {kind} {:?}{quantised}{data}",
            tensor.name, tensor.shape
        ),
    }
}

fn metadata(model: &Model) -> Section {
    let lines = model.metadata.iter().map(|m| {
        let len = m.data.end.saturating_sub(m.data.start);
        Line {
            offset: Some(m.data.start),
            text: format!("{}: {len} bytes", m.name),
        }
    });
    section("metadata", lines)
}
