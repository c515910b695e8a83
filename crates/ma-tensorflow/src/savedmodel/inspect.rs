//! What a model holds, for people who look.

use ma_core::text::shorten;
use ma_core::{
    Blob, Cx, Inspection, ScanError,
    inspect::{Line, Section},
};

use super::form::Form;
use super::model::{MetaGraph, TensorInfo};
use super::read;
use crate::graph::model::{Graph, MAIN};
use crate::graph::{read_graph, tensor};

/// Lines of a section.
const MAX_LINES: usize = 500;

/// The view of a file in the binary form.
pub(super) fn inspect(blob: &Blob, form: Form, cx: &mut Cx<'_>) -> Result<Inspection, ScanError> {
    let mut cursor = blob.cursor(cx.budget());
    let model = read::read(&mut cursor, 0..blob.len(), form)?;
    let mut view = Inspection {
        format: "tensorflow".to_owned(),
        facts: vec![("message".to_owned(), form.words().to_owned())],
        sections: Vec::new(),
    };
    if let Some(version) = model.schema_version {
        view.facts
            .push(("schema version".to_owned(), version.to_string()));
    }
    if form == Form::SavedModel {
        let count = model.meta_graphs.len().to_string();
        view.facts.push(("meta graphs".to_owned(), count));
    }
    for (i, meta) in model.meta_graphs.iter().take(16).enumerate() {
        let prefix = if model.meta_graphs.len() > 1 {
            format!("meta graph {i}: ")
        } else {
            String::new()
        };
        around(meta, &prefix, &mut view);
        if !meta.graph.is_empty() {
            let graph = read_graph(&mut cursor, &meta.graph)?;
            inside(&graph, &prefix, &mut view);
        }
        if !meta.objects.keras.is_empty() {
            let lines = meta.objects.keras.iter().map(|o| {
                line(
                    Some(o.metadata.start),
                    format!("{} {}", o.node, shorten(&o.identifier, 80)),
                )
            });
            section(&mut view, format!("{prefix}Keras objects"), lines);
        }
    }
    Ok(view)
}

fn around(meta: &MetaGraph, prefix: &str, view: &mut Inspection) {
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            view.facts
                .push((format!("{prefix}{name}"), shorten(&value, 200).into_owned()));
        }
    };
    fact("tags", meta.tags.join(", "));
    fact("TensorFlow", meta.version.clone());
    fact("assets", count(meta.assets.len()));
    fact(
        "objects",
        count(usize::try_from(meta.objects.count).unwrap_or(usize::MAX)),
    );
    let signatures = meta.signatures.iter().map(|signature| {
        let list = |infos: &[TensorInfo]| {
            infos
                .iter()
                .take(32)
                .map(info)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (inputs, outputs) = (list(&signature.inputs), list(&signature.outputs));
        let name = shorten(&signature.name, 80);
        line(None, format!("{name}({inputs}) → ({outputs})"))
    });
    section(view, format!("{prefix}signatures"), signatures);
    let assets = meta.assets.iter().map(|asset| {
        let (name, tensor) = (shorten(&asset.filename, 120), shorten(&asset.tensor, 80));
        line(Some(asset.range.start), format!("{name} → {tensor}"))
    });
    section(view, format!("{prefix}assets"), assets);
    let collections = meta.collections.iter().map(|collection| {
        let name = shorten(&collection.name, 80);
        line(None, format!("{name}: {} values", collection.count))
    });
    section(view, format!("{prefix}collections"), collections);
    let registered = meta.objects.registered.iter();
    let registered =
        registered.map(|(name, at)| line(Some(at.start), shorten(name, 120).into_owned()));
    section(view, format!("{prefix}registered classes"), registered);
}

fn inside(graph: &Graph, prefix: &str, view: &mut Inspection) {
    let nodes = graph.scope(MAIN).map_or(0, |s| s.nodes.len());
    view.facts
        .push((format!("{prefix}nodes"), nodes.to_string()));
    let functions = graph.scopes.len().saturating_sub(1);
    view.facts
        .push((format!("{prefix}functions"), functions.to_string()));
    let variables = graph
        .operators
        .iter()
        .filter(|o| matches!(o.name.as_str(), "VarHandleOp" | "VariableV2" | "Variable"));
    let variables: u64 = variables.map(|o| o.count).sum();
    view.facts
        .push((format!("{prefix}variables"), variables.to_string()));
    let mut operators: Vec<_> = graph.operators.iter().collect();
    operators.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    let lines = operators.into_iter().map(|o| {
        line(
            Some(o.first.start),
            format!("{} × {}", o.count, shorten(&o.name, 120)),
        )
    });
    section(view, format!("{prefix}operators"), lines);
    let lines = graph.scopes.iter().skip(1).map(|scope| {
        let arguments: Vec<&str> = scope
            .arguments
            .iter()
            .take(16)
            .map(String::as_str)
            .collect();
        let name = shorten(&scope.name, 120);
        let text = format!(
            "{name}({}), {} nodes",
            arguments.join(", "),
            scope.nodes.len()
        );
        line(Some(scope.range.start), shorten(&text, 400).into_owned())
    });
    section(view, format!("{prefix}functions"), lines);
}

fn count(n: usize) -> String {
    if n == 0 { String::new() } else { n.to_string() }
}

/// `x: float32[?, 2]`.
fn info(info: &TensorInfo) -> String {
    let dims = info.shape.iter().take(16).map(|dim| match dim {
        -1 => "?".to_owned(),
        n => n.to_string(),
    });
    let dims = if info.unknown_rank {
        "…".to_owned()
    } else {
        dims.collect::<Vec<_>>().join(", ")
    };
    format!(
        "{}: {}[{dims}]",
        shorten(&info.key, 80),
        tensor::type_name(info.dtype)
    )
}

fn line(offset: Option<u64>, text: String) -> Line {
    Line { offset, text }
}

fn section(view: &mut Inspection, title: String, lines: impl Iterator<Item = Line>) {
    let mut kept: Vec<Line> = Vec::new();
    let mut left_out = 0usize;
    for line in lines {
        if kept.len() < MAX_LINES {
            kept.push(line);
        } else {
            left_out = left_out.saturating_add(1);
        }
    }
    if left_out > 0 {
        kept.push(line(None, format!("… and {left_out} more")));
    }
    if !kept.is_empty() {
        view.sections.push(Section { title, lines: kept });
    }
}
