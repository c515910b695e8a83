//! Nodes of a graph model: the JSON form of `NodeDef`. Texts in attributes are base64.
//!
//! Every node is looked at, those of functions and of the initialiser too. Arguments are followed
//! through `Identity` to constants and placeholders, not further: TensorFlow.js models are frozen, so
//! paths are constants where they are anything.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use ma_core::{Blob, Budget, ScanError};
use ma_wire::base64;
use ma_wire::content::Content;
use ma_wire::json::Node;

use super::model::{Anomaly, AnomalyKind, Embedded, Model};
use crate::graph::embedded::is_graph;
use crate::ops::Place;
use crate::tflite::verdict::{Arg, judge};

/// Nodes on the way from an argument to its constant.
const MAX_HOPS: usize = 32;
/// Bytes of constants that are kept because they have their own format.
const MAX_EMBEDDED: usize = 64 << 20;
/// Constants shorter than this are texts and nothing else.
const MIN_EMBEDDED: usize = 16;

/// Looks at a topology: `node` and `library.function[].nodeDef`.
pub(super) fn topology(
    model: &mut Model,
    topology: Node<'_>,
    route: &str,
    budget: &Budget,
) -> Result<(), ScanError> {
    let library = topology.get("library");
    let functions: Vec<Node<'_>> = library
        .and_then(|l| l.get("function"))
        .map(|f| f.items().collect())
        .unwrap_or_default();
    let mut names = BTreeSet::new();
    for function in &functions {
        let signature = function.get("signature");
        if let Some(name) = signature
            .and_then(|s| s.get("name"))
            .and_then(|n| n.as_str())
        {
            names.insert(name);
            if model.functions.len() < 4096 {
                model.functions.push(name.to_owned());
            }
        }
    }
    if let Some(nodes) = topology.get("node") {
        scope(model, nodes, &format!("{route}.node"), &names, budget)?;
    }
    for (i, function) in functions.iter().enumerate() {
        for key in ["nodeDef", "node_def"] {
            if let Some(nodes) = function.get(key) {
                let route = format!("{route}.library.function[{i}].{key}");
                scope(model, nodes, &route, &names, budget)?;
            }
        }
    }
    Ok(())
}

fn scope(
    model: &mut Model,
    nodes: Node<'_>,
    route: &str,
    functions: &BTreeSet<&str>,
    budget: &Budget,
) -> Result<(), ScanError> {
    let mut by_name: HashMap<&str, Node<'_>> = HashMap::new();
    for node in nodes.items() {
        budget.charge_steps(1)?;
        if let Some(name) = node.get("name").and_then(|n| n.as_str()) {
            by_name.insert(name, node);
        }
    }
    for (i, node) in nodes.items().enumerate() {
        budget.charge_steps(1)?;
        let Some(op) = node.get("op").and_then(|o| o.as_str()) else {
            continue;
        };
        if model.operators.len() < 4096 || model.operators.contains_key(op) {
            let uses = model.operators.entry(op.to_owned()).or_default();
            *uses = uses.saturating_add(1);
        }
        constants(model, node, budget)?;
        if functions.contains(op) || is_fused(op) {
            continue;
        }
        let verdict = judge(op, |place| argument(node, place, &by_name));
        if let Some(verdict) = verdict
            && model.anomalies.len() < super::parse::MAX_ANOMALIES
        {
            model.anomalies.push(Anomaly {
                kind: AnomalyKind::Operator {
                    op: op.to_owned(),
                    verdict,
                },
                route: format!("{route}[{i}]"),
                range: node.range(),
            });
        }
    }
    Ok(())
}

/// Operators that the converter of TensorFlow.js makes and TensorFlow does not have.
fn is_fused(op: &str) -> bool {
    matches!(
        op,
        "FusedDepthwiseConv2dNative"
            | "_FusedDepthwiseConv2dNative"
            | "Prelu"
            | "_FusedMatMul"
            | "_FusedConv2D"
    )
}

fn argument(node: Node<'_>, place: Place, by_name: &HashMap<&str, Node<'_>>) -> Arg {
    match place {
        Place::Attr(name) => {
            let value = node.get("attr").and_then(|a| a.get(name));
            Arg::Texts(value.map(attribute_texts).unwrap_or_default())
        }
        Place::Input(i) => {
            let inputs = node.get("input");
            let input = inputs.and_then(|inputs| inputs.items().nth(i));
            match input.and_then(|input| input.as_str()) {
                Some(name) => follow(name, by_name),
                None => Arg::Unknown,
            }
        }
    }
}

fn follow<'d>(name: &'d str, by_name: &HashMap<&'d str, Node<'d>>) -> Arg {
    let mut name = name;
    for _ in 0..MAX_HOPS {
        let plain = name.strip_prefix('^').unwrap_or(name);
        let plain = plain.split(':').next().unwrap_or(plain);
        let Some(node) = by_name.get(plain) else {
            // The argument of a function.
            return Arg::Given;
        };
        match node.get("op").and_then(|o| o.as_str()) {
            Some("Const") => {
                let tensor = tensor(*node);
                let texts = tensor.map(|t| tensor_texts(t).map(|(text, _)| text).collect());
                return texts.map_or(Arg::Unknown, |texts: Vec<Vec<u8>>| {
                    Arg::Texts(texts.iter().map(|t| lossy(t)).collect())
                });
            }
            Some("Placeholder" | "PlaceholderWithDefault") => return Arg::Given,
            Some("Identity" | "IdentityN" | "StopGradient" | "Snapshot") => {
                let input = node.get("input").and_then(|i| i.items().next());
                match input.and_then(|i| i.as_str()) {
                    Some(next) => name = next,
                    None => return Arg::Unknown,
                }
            }
            _ => return Arg::Unknown,
        }
    }
    Arg::Unknown
}

fn tensor(node: Node<'_>) -> Option<Node<'_>> {
    node.get("attr")?.get("value")?.get("tensor")
}

/// The texts of a tensor with their places.
fn tensor_texts<'d>(tensor: Node<'d>) -> impl Iterator<Item = (Vec<u8>, Range<u64>)> + use<'d> {
    ["stringVal", "string_val"]
        .into_iter()
        .filter_map(move |key| tensor.get(key))
        .flat_map(|values| values.items())
        .filter_map(|value| Some((decoded(value.as_str()?), value.range())))
}

/// The texts of an attribute: `s`, or `list.s`.
fn attribute_texts(value: Node<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(text) = value.get("s").and_then(|s| s.as_str()) {
        texts.push(lossy(&decoded(text)));
    }
    if let Some(list) = value.get("list").and_then(|l| l.get("s")) {
        let items = list.items().take(64);
        texts.extend(items.filter_map(|i| i.as_str()).map(|t| lossy(&decoded(t))));
    }
    texts
}

/// Base64 is what the converter writes; what is none is taken as it is.
fn decoded(text: &str) -> Vec<u8> {
    base64::decode(text.as_bytes()).unwrap_or_else(|| text.as_bytes().to_vec())
}

fn lossy(bytes: &[u8]) -> String {
    let bytes = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// Constants that have their own format, or are graphs of TensorFlow.
fn constants(model: &mut Model, node: Node<'_>, budget: &Budget) -> Result<(), ScanError> {
    let Some(tensor) = tensor(node) else {
        return Ok(());
    };
    let content = ["tensorContent", "tensor_content"]
        .into_iter()
        .filter_map(|key| tensor.get(key))
        .filter_map(|value| Some((decoded(value.as_str()?), value.range())));
    for (bytes, range) in tensor_texts(tensor).chain(content) {
        if bytes.len() < MIN_EMBEDDED {
            continue;
        }
        let content = Content::of(bytes.get(..bytes.len().min(4096)).unwrap_or_default());
        let blob = Blob::from_vec(bytes);
        let graph = is_graph(&mut blob.cursor(budget), 0..blob.len())?;
        if !graph && !content.is_active() {
            continue;
        }
        let held: usize = model.embedded.iter().map(|e| e.bytes.len()).sum();
        let graphs: usize = model.graphs.iter().map(|(_, g)| g.len()).sum();
        let kept = model.embedded.len().saturating_add(model.graphs.len());
        let bytes = blob.read(0..blob.len(), budget)?;
        let sum = held.saturating_add(graphs).saturating_add(bytes.len());
        if sum > MAX_EMBEDDED || kept >= 256 {
            super::parse::limit(model, "constants with a format of their own");
            return Ok(());
        }
        let name = node.get("name").and_then(|n| n.as_str());
        let name = name.unwrap_or_default().to_owned();
        if graph {
            model.graphs.push((name, bytes));
        } else {
            model.embedded.push(Embedded {
                node: name,
                range,
                content,
                bytes,
            });
        }
    }
    Ok(())
}
