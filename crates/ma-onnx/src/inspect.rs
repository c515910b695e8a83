//! What `inspect` shows of a model.

use std::collections::BTreeMap;

use ma_core::{Inspection, Line, Section, text};

use crate::model::{Form, Graph, Model, Port, Stored, full_name, shape_text, type_name};

/// Lines of a listing.
const LINES: usize = 500;

/// The view of a model.
pub(crate) fn inspect(model: &Model) -> Inspection {
    let mut sections = vec![
        ports(model, "Inputs", |g| &g.inputs),
        ports(model, "Outputs", |g| &g.outputs),
        operators(model),
        tensors(model),
        functions(model),
        files(model),
        metadata(model),
    ];
    sections.retain(|s| !s.lines.is_empty());
    Inspection {
        format: "onnx".to_owned(),
        facts: facts(model),
        sections,
    }
}

fn facts(model: &Model) -> Vec<(String, String)> {
    let form = match model.form {
        Form::Model => "model",
        Form::Tensor => "one tensor",
        Form::Ort => "model in ONNX Runtime's own encoding",
    };
    let mut facts = vec![("form", form.to_owned())];
    let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    facts.push(("IR version", number(model.ir_version)));
    facts.push(("encoding version", model.ort_version.clone()));
    let producer = format!("{} {}", model.producer, model.producer_version);
    facts.push(("producer", producer.trim().to_owned()));
    facts.push(("domain", model.domain.clone()));
    facts.push(("model version", number(model.model_version)));
    let opsets = model.opsets.iter().take(50).map(|o| {
        let domain = if o.domain.is_empty() {
            "ai.onnx"
        } else {
            &o.domain
        };
        format!("{domain} {}", o.version)
    });
    facts.push(("operator sets", opsets.collect::<Vec<_>>().join(", ")));
    if let Some(graph) = model.graphs.first() {
        facts.push(("graph", graph.name.clone()));
    }
    if model.form != Form::Tensor {
        facts.push(("graphs", model.graphs.len().to_string()));
        facts.push(("nodes", model.node_count.to_string()));
    }
    facts.push(("tensors", model.tensor_count.to_string()));
    facts.retain(|(_, value)| !value.is_empty());
    let own = |(name, value): (&str, String)| (name.to_owned(), value);
    facts.into_iter().map(own).collect()
}

/// A section that says how many lines it leaves out.
fn section(title: &str, lines: impl Iterator<Item = Line>, count: u64) -> Section {
    let mut lines: Vec<Line> = lines.take(LINES).collect();
    let more = count.saturating_sub(lines.len() as u64);
    if more > 0 {
        lines.push(Line {
            offset: None,
            text: format!("… and {more} more"),
        });
    }
    Section {
        title: title.to_owned(),
        lines,
    }
}

fn line(offset: Option<u64>, text: String) -> Line {
    Line { offset, text }
}

fn short(text: &str) -> std::borrow::Cow<'_, str> {
    text::shorten(text, 200)
}

fn ports(model: &Model, title: &str, of: impl Fn(&Graph) -> &Vec<Port>) -> Section {
    let Some(graph) = model.graphs.first() else {
        return Section::default();
    };
    let ports = of(graph);
    let lines = ports.iter().map(|p| {
        let kind = if p.kind.is_empty() {
            String::new()
        } else {
            format!(": {}", short(&p.kind))
        };
        line(None, format!("{}{kind}", short(&p.name)))
    });
    section(title, lines, ports.len() as u64)
}

fn operators(model: &Model) -> Section {
    let mut sorted: Vec<_> = model.operators.iter().collect();
    sorted.sort_by(|a, b| {
        (&a.domain, std::cmp::Reverse(a.count), &a.name).cmp(&(
            &b.domain,
            std::cmp::Reverse(b.count),
            &b.name,
        ))
    });
    let lines = sorted.iter().map(|o| {
        let name = o.full_name();
        line(
            Some(o.range.start),
            format!("{} ×{}", short(&name), o.count),
        )
    });
    section("Operators", lines, sorted.len() as u64)
}

fn tensors(model: &Model) -> Section {
    let lines = model.tensors.iter().map(|t| {
        let place = match t.stored {
            Stored::None => "no data".to_owned(),
            Stored::Raw(n) => format!("{n} bytes"),
            Stored::Typed(n) => format!("typed, {n} bytes"),
            Stored::External => "another file".to_owned(),
        };
        let name = if t.name.is_empty() {
            "(unnamed)".into()
        } else {
            short(&t.name)
        };
        let kind = type_name(t.data_type);
        let text = format!("{name}: {kind}{}, {place}", shape_text(&t.dims));
        line(Some(t.range.start), text)
    });
    section("Tensors", lines, model.tensor_count)
}

fn functions(model: &Model) -> Section {
    let lines = model.functions.iter().map(|f| {
        let name = full_name(&f.domain, &f.name);
        let calls = f.calls.len();
        let text = format!("{}, {calls} different operators", short(&name));
        line(Some(f.range.start), text)
    });
    section("Functions", lines, model.functions.len() as u64)
}

fn files(model: &Model) -> Section {
    let mut files: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for external in &model.external {
        let place = external.get("location").unwrap_or("(none)");
        let (count, bytes) = files.entry(place).or_default();
        *count = count.saturating_add(1);
        *bytes = bytes.saturating_add(external.needed.unwrap_or(0));
    }
    let lines = files.iter().map(|(place, (count, bytes))| {
        let text = format!("{}: {count} tensors, {bytes} bytes", short(place));
        line(None, text)
    });
    section("Other files", lines, files.len() as u64)
}

fn metadata(model: &Model) -> Section {
    let lines = model.metadata.iter().map(|p| {
        let text = format!("{} = {}", short(&p.key), short(&p.value));
        line(Some(p.range.start), text)
    });
    section("Metadata", lines, model.metadata.len() as u64)
}
