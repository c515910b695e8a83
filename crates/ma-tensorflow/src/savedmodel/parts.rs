//! What the scanner asks of a graph: who holds something, which names occur twice, what runs without end.

use std::ops::Range;

use ma_core::{Blob, Cx, GapReason, Issue, ScanError};
use ma_wire::OrBroken;
use ma_wire::protobuf::bytes;

use super::scanner::Around;
use crate::graph::flow::Flow;
use crate::graph::model::{Cut, Embedded, Graph, MAIN, Scope};
use crate::graph::uses::{Use, node_route};
use crate::graph::{embedded, read as graph_read};
use crate::ops::{Place, Role};
use crate::rules;

/// Bytes that are read of a compiled module.
const MAX_MODULE: usize = 8 << 20;

/// The bytes of a string, decoded.
pub(super) fn unpacked(
    blob: &Blob,
    found: &Embedded,
    cx: &mut Cx<'_>,
) -> Result<Option<Blob>, ScanError> {
    let Ok(slice) = blob.slice(found.range.clone()) else {
        return Ok(None);
    };
    if !found.base64 {
        return Ok(Some(slice));
    }
    if slice.len() > cx.budget().limits().max_alloc {
        cx.gap_at(
            GapReason::Limit,
            "a string in Base64 is longer than what is decoded",
            found.range.clone(),
        );
        return Ok(None);
    }
    let text = slice.read(0..slice.len(), cx.budget())?;
    cx.budget().charge_expanded(text.len() as u64)?;
    Ok(embedded::decode_base64(&text).map(Blob::from_vec))
}

/// Who holds something, in words.
pub(super) fn holder(
    graph: &Graph,
    cursor: &mut ma_core::Cursor<'_>,
    node: Option<crate::graph::NodeId>,
) -> Result<String, ScanError> {
    let Some(node) = node.and_then(|id| graph.node(id)) else {
        return Ok("a collection".to_owned());
    };
    let name = graph_read::node_name(cursor, node.range.clone())?;
    let name = ma_core::text::shorten(&name, 80);
    Ok(
        match graph.scope(node.scope).filter(|s| !s.name.is_empty()) {
            Some(scope) => format!(
                "node `{name}` of function `{}`",
                ma_core::text::shorten(&scope.name, 80)
            ),
            None => format!("node `{name}`"),
        },
    )
}

pub(super) fn way(
    graph: &Graph,
    cursor: &mut ma_core::Cursor<'_>,
    node: Option<crate::graph::NodeId>,
) -> Result<String, ScanError> {
    let Some(node) = node.and_then(|id| graph.node(id)) else {
        return Ok("collection_def".to_owned());
    };
    let name = graph_read::node_name(cursor, node.range.clone())?;
    let scope = graph.scope(node.scope).map_or("", |s| s.name.as_str());
    Ok(node_route(scope, &name))
}

pub(super) fn duplicate_nodes(
    graph: &Graph,
    place: &Around<'_>,
    cx: &Cx<'_>,
) -> Result<Vec<Issue>, ScanError> {
    let mut names: Vec<(u32, u64, u32)> = Vec::with_capacity(graph.nodes.len());
    for (i, node) in graph.nodes.iter().enumerate() {
        names.push((
            node.scope.0,
            node.name,
            u32::try_from(i).unwrap_or(u32::MAX),
        ));
    }
    names.sort_unstable();
    let mut cursor = place.blob().cursor(cx.budget());
    let mut issues = Vec::new();
    for pair in names.windows(2) {
        let [first, second] = pair else {
            continue;
        };
        if (first.0, first.1) != (second.0, second.1) || issues.len() >= 50 {
            continue;
        }
        let Some(node) = graph.node(crate::graph::NodeId(second.2)) else {
            continue;
        };
        let name = graph_read::node_name(&mut cursor, node.range.clone())?;
        let scope = graph.scope(node.scope).map_or("", |s| s.name.as_str());
        let issue = rules::duplicate_name::node(&name, scope);
        issues.push(issue.at(node.range.clone()).route(node_route(scope, &name)));
    }
    Ok(issues)
}

pub(super) fn remote(graph: &Graph) -> Vec<Issue> {
    let mut devices: Vec<(&str, usize, &Range<u64>)> = Vec::new();
    for (id, device) in &graph.remote {
        let Some(node) = graph.node(*id) else {
            continue;
        };
        if let Some((_, count, _)) = devices.iter_mut().find(|(d, _, _)| d == device) {
            *count = count.saturating_add(1);
        } else if devices.len() < 20 {
            devices.push((device, 1, &node.range));
        }
    }
    let issue = |(device, count, range): (&str, usize, &Range<u64>)| {
        rules::remote_device::check(device, count).at(range.clone())
    };
    devices.into_iter().map(issue).collect()
}

/// The compiled module of a node, as far as it is looked at.
pub(super) fn module(
    used: &Use,
    flow: &mut Flow<'_, '_, '_>,
) -> Result<Option<rules::native_call::Module>, ScanError> {
    let Some(argument) = used.operator.argument(Role::Module) else {
        return Ok(None);
    };
    let Place::Attr(key) = argument.place else {
        return Ok(None);
    };
    let Some(at) = flow.attribute(used.node, key)?.and_then(|a| a.string) else {
        return Ok(None);
    };
    let read = bytes(flow.cursor(), at, MAX_MODULE).or_broken()?;
    Ok(read.ok().map(|b| rules::native_call::module(&b)))
}

/// Whether the condition of a loop is the constant true.
pub(super) fn endless(
    graph: &Graph,
    used: &Use,
    flow: &mut Flow<'_, '_, '_>,
) -> Result<bool, ScanError> {
    let condition = graph.calls_of(used.node).find(|c| c.attribute == "cond");
    let Some(scope) = condition.and_then(|c| graph.function(c.function)) else {
        return Ok(false);
    };
    let Some((_, from)) = graph.scope(scope).and_then(|s| s.returned.first()) else {
        return Ok(false);
    };
    let mut name = from.name;
    for _ in 0..32 {
        let Some(id) = flow.named(scope, name).filter(|_| scope != MAIN) else {
            return Ok(false);
        };
        let Some(node) = graph.node(id) else {
            return Ok(false);
        };
        match graph.operator_of(node).map(|o| o.name.as_str()) {
            Some("Identity") => match graph.input(node, 0) {
                Some(input) => name = input.name,
                None => return Ok(false),
            },
            Some("Const") => return Ok(flow.constant_integers(id)?.first() == Some(&1)),
            _ => return Ok(false),
        }
    }
    Ok(false)
}

pub(super) fn cut_words(cut: Cut, graph: &Graph) -> String {
    match cut {
        Cut::Nodes => format!(
            "{} nodes beyond the first {} were looked at by their operators only",
            graph.uncounted,
            graph_read::MAX_NODES
        ),
        Cut::Functions => "very many functions; the rest was not looked at".to_owned(),
        Cut::Operators => "very many different operators; the rest was not looked at".to_owned(),
        Cut::Inputs => "very many inputs; the rest was not followed".to_owned(),
        Cut::Embedded => "very many strings; the rest was not looked at".to_owned(),
        Cut::Calls => "very many calls of functions; the rest was not followed".to_owned(),
    }
}

/// An issue about a function, with its place.
pub(super) fn in_function(issue: Issue, scope: &Scope) -> Issue {
    let name = ma_core::text::shorten(&scope.name, 80);
    issue
        .at(scope.range.clone())
        .route(format!("library.function[{name}]"))
}
