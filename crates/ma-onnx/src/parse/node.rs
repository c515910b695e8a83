//! Nodes and their attributes.

use std::ops::Range;

use ma_core::{RegionKind, ScanError};
use ma_wire::protobuf::Value;

use super::builder::{Builder, Job, domain, hash};
use super::graph::one;
use super::limits;
use super::reader::{Pieces, Route};
use crate::model::{AnomalyKind, Attribute, FlowNode, MadeBy, Notable};

/// What a node says of itself.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) inputs: Vec<u64>,
    pub(crate) outputs: Vec<(u64, String)>,
    pub(crate) operator: String,
    pub(crate) domain: String,
    pub(crate) overload: String,
    pub(crate) attributes: Vec<Range<u64>>,
}

/// Whether a node is one whose attributes matter.
pub(crate) fn is_notable(operator: &str) -> bool {
    let names = [
        "EPContext",
        "PyOp",
        "PythonOp",
        "PythonOpGrad",
        "PyCustomOp",
        "PyCustomOpDef",
        "ATen",
        "ATenOp",
        "ATenOpGrad",
    ];
    names.contains(&operator) || operator.starts_with("Azure") || operator.starts_with("OpenAI")
}

/// Text attributes that hold words of a language.
fn is_vocabulary(name: &str) -> bool {
    let words = [
        "vocab",
        "merges",
        "model",
        "token",
        "pool_",
        "keys",
        "class",
        "cats",
        "stopwords",
        "map",
    ];
    words.iter().any(|word| name.contains(word))
}

impl Builder<'_> {
    /// A node of a graph.
    pub(crate) fn node(
        &mut self,
        graph: u32,
        range: &Range<u64>,
        route: &Route<'_>,
        number: u64,
    ) -> Result<(), ScanError> {
        let parts = self.node_parts(range, route)?;
        let place = self.keep_node(graph, &parts, range, route, number);
        let notable = is_notable(&parts.operator);
        let mut kept = Vec::new();
        for attribute in &parts.attributes {
            let parent = (graph, place);
            let found = self.attribute(parent, attribute, route, "attribute", notable)?;
            if notable && self.room(kept.len(), limits::ATTRIBUTES, "attributes of a node") {
                kept.extend(found);
            }
        }
        let listed = self.model.notable.len();
        if notable && self.room(listed, limits::NOTABLE, "nodes that need a closer look") {
            self.model.notable.push(Notable {
                domain: parts.domain,
                operator: parts.operator,
                attributes: kept,
                range: range.clone(),
                route: route.to_string(),
            });
        }
        Ok(())
    }

    fn node_parts(&mut self, range: &Range<u64>, route: &Route<'_>) -> Result<Parts, ScanError> {
        let pieces = one(range);
        let mut fields = Pieces::new(&pieces);
        let mut parts = Parts::default();
        let (mut operators, mut domains) = (0u32, 0u32);
        while let Some(field) = fields.next(&mut self.reader)? {
            let Value::Bytes(r) = &field.value else {
                continue;
            };
            match field.number {
                1 => {
                    let name = self.name(r)?;
                    if self.room(parts.inputs.len(), limits::NODE_LINKS, "inputs of a node") {
                        parts.inputs.push(hash(&[&name]));
                    }
                }
                2 => {
                    let name = self.name(r)?;
                    if self.room(parts.outputs.len(), limits::NODE_LINKS, "outputs of a node") {
                        parts.outputs.push((hash(&[&name]), name));
                    }
                }
                4 => {
                    parts.operator = self.name(r)?;
                    operators = operators.saturating_add(1);
                }
                7 => {
                    parts.domain = domain(self.name(r)?);
                    domains = domains.saturating_add(1);
                }
                8 => parts.overload = self.name(r)?,
                5 => {
                    let have = parts.attributes.len();
                    if self.room(have, limits::NODE_ATTRIBUTES, "attributes of a node") {
                        parts.attributes.push(r.clone());
                    }
                }
                6 => self.claim(r, RegionKind::Text, None, route.field("doc_string")),
                9 => self.metadata(r, route)?,
                _ => {}
            }
        }
        if operators > 1 || domains > 1 {
            let kind = AnomalyKind::Repeated("operator of a node");
            self.anomaly(kind, range.clone(), route);
        }
        Ok(parts)
    }

    /// Counts a node, and keeps who computes what.
    pub(crate) fn keep_node(
        &mut self,
        graph: u32,
        parts: &Parts,
        range: &Range<u64>,
        route: &Route<'_>,
        number: u64,
    ) -> Option<u32> {
        self.model.node_count = self.model.node_count.saturating_add(1);
        let owner = self.graph_mut(graph).and_then(|g| {
            g.nodes = g.nodes.saturating_add(1);
            g.owner
        });
        let operator = self.operator(&parts.domain, &parts.operator, range, route)?;
        if let Some(owner) = owner {
            self.keep_call(owner, parts);
        }
        let flow = &self.model.flow;
        let (nodes, links) = (flow.nodes.len(), flow.links.len());
        let room = self.room(nodes, limits::NODES, "nodes in the flow of data")
            && self.room(links, limits::LINKS, "inputs and outputs of nodes");
        if !room {
            return None;
        }
        let place = u32::try_from(nodes).ok()?;
        let first = u32::try_from(links).ok()?;
        let empty = hash(&[""]);
        let (mut inputs, mut outputs) = (0u32, 0u32);
        for name in parts.inputs.iter().filter(|name| **name != empty) {
            let value = self.value(graph, *name)?;
            self.model.flow.links.push(value);
            inputs = inputs.saturating_add(1);
        }
        for (name, text) in parts.outputs.iter().filter(|(name, _)| *name != empty) {
            let value = self.value(graph, *name)?;
            self.model.flow.links.push(value);
            outputs = outputs.saturating_add(1);
            if let MadeBy::Node(_) = self.made(value, MadeBy::Node(place)) {
                let kind = AnomalyKind::TwiceAssigned(text.clone());
                self.anomaly(kind, range.clone(), route);
            }
        }
        self.model.flow.nodes.push(FlowNode {
            operator,
            graph,
            number: u32::try_from(number).unwrap_or(u32::MAX),
            first,
            inputs,
            outputs,
            at: range.start,
        });
        Some(place)
    }

    /// A function calls what this node names, if that is a function.
    fn keep_call(&mut self, owner: u32, parts: &Parts) {
        let key = hash(&[&parts.domain, &parts.operator, &parts.overload]);
        let at = usize::try_from(owner).unwrap_or(usize::MAX);
        let known = self.model.functions.get(at);
        if known.is_some_and(|f| f.calls.iter().rev().take(64).any(|k| *k == key)) {
            return;
        }
        if self.room(self.calls, limits::CALLS, "calls of functions") {
            self.calls = self.calls.saturating_add(1);
            if let Some(function) = self.model.functions.get_mut(at) {
                function.calls.push(key);
            }
        }
    }

    /// An attribute: its tensors are checked, its graphs wait for their turn. What it holds is returned
    /// when it is wanted.
    pub(crate) fn attribute(
        &mut self,
        (graph, node): (u32, Option<u32>),
        range: &Range<u64>,
        route: &Route<'_>,
        field_name: &'static str,
        wanted: bool,
    ) -> Result<Option<Attribute>, ScanError> {
        let pieces = one(range);
        let mut parts = AttributeParts {
            name: self.attribute_name(range)?,
            ..AttributeParts::default()
        };
        let name = parts.name.clone();
        let route = &route.named(field_name, &name);
        let mut fields = Pieces::new(&pieces);
        while let Some(field) = fields.next(&mut self.reader)? {
            match (field.number, &field.value) {
                (3, Value::Varint(_)) => parts.int = field.as_i64(),
                (7, Value::Bytes(r)) => {
                    self.claim(
                        r,
                        RegionKind::Weights,
                        Some(ma_core::ElementType::F32),
                        route,
                    );
                }
                (4, Value::Bytes(r)) => parts.text = Some(r.clone()),
                (9, Value::Bytes(r)) => {
                    self.content(r, RegionKind::Vocabulary, route, false)?;
                }
                (5, Value::Bytes(r)) => self.piece(&mut parts.tensor, r),
                (6, Value::Bytes(r)) => self.piece(&mut parts.graph, r),
                (22, Value::Bytes(r)) => self.piece(&mut parts.sparse, r),
                (10, Value::Bytes(r)) => {
                    let route = route.index("tensors", parts.tensors);
                    self.tensor(&one(r), &route, None)?;
                    parts.tensors = parts.tensors.saturating_add(1);
                }
                (23, Value::Bytes(r)) => {
                    let route = route.index("sparse_tensors", parts.tensors);
                    self.sparse(&one(r), &route, None)?;
                    parts.tensors = parts.tensors.saturating_add(1);
                }
                (11, Value::Bytes(r)) => {
                    let route = route.index("graphs", parts.graphs).to_string();
                    parts.graphs = parts.graphs.saturating_add(1);
                    self.wait(graph, node, route, vec![r.clone()]);
                }
                (13, Value::Bytes(r)) => {
                    self.claim(r, RegionKind::Text, None, route.field("doc_string"));
                }
                _ => {}
            }
        }
        self.attribute_parts(graph, node, range, route, &parts)?;
        if !wanted {
            return Ok(None);
        }
        let text = match &parts.text {
            Some(r) => Some(self.reader.text(r.clone(), limits::TEXT)?),
            None => None,
        };
        let size = text.as_ref().map_or(0, String::len);
        if !self.affords(&[size, name.len(), 64], "attributes of a node") {
            return Ok(None);
        }
        Ok(Some(Attribute {
            name: parts.name,
            text,
            int: parts.int,
            size: parts.text.map_or(0, |r| r.end.saturating_sub(r.start)),
            range: range.clone(),
        }))
    }

    /// The name of an attribute, which may stand behind its value.
    fn attribute_name(&mut self, range: &Range<u64>) -> Result<String, ScanError> {
        let pieces = one(range);
        let mut fields = Pieces::new(&pieces);
        while let Some(field) = fields.next(&mut self.reader)? {
            if let (1, Value::Bytes(r)) = (field.number, &field.value) {
                return self.name(r);
            }
        }
        Ok(String::new())
    }

    fn attribute_parts(
        &mut self,
        graph: u32,
        node: Option<u32>,
        range: &Range<u64>,
        route: &Route<'_>,
        parts: &AttributeParts,
    ) -> Result<(), ScanError> {
        if parts.graph.len() > 1 || parts.tensor.len() > 1 || parts.sparse.len() > 1 {
            let kind = AnomalyKind::Repeated("value of an attribute");
            self.anomaly(kind, range.clone(), route);
        }
        if let Some(r) = &parts.text {
            let large = r.end.saturating_sub(r.start) >= limits::TEXT as u64;
            let kind = if large || is_vocabulary(&parts.name) {
                RegionKind::Vocabulary
            } else {
                RegionKind::Metadata
            };
            self.content(r, kind, route, false)?;
        }
        if !parts.tensor.is_empty() {
            self.tensor(&parts.tensor, &route.field("t"), None)?;
        }
        if !parts.sparse.is_empty() {
            self.sparse(&parts.sparse, &route.field("sparse_tensor"), None)?;
        }
        if !parts.graph.is_empty() {
            let route = route.field("g").to_string();
            self.wait(graph, node, route, parts.graph.clone());
        }
        Ok(())
    }

    fn piece(&mut self, pieces: &mut Vec<Range<u64>>, r: &Range<u64>) {
        if self.room(pieces.len(), limits::PIECES, "pieces of an attribute") {
            pieces.push(r.clone());
        }
    }

    /// A nested graph, for later.
    fn wait(&mut self, graph: u32, node: Option<u32>, route: String, pieces: Vec<Range<u64>>) {
        let owner = self.graph_mut(graph).and_then(|g| g.owner);
        let route = super::builder::short_route(&route);
        if let Some(inner) = self.new_graph(route, Some((graph, node)), owner) {
            self.jobs.push_back(Job {
                graph: inner,
                pieces,
            });
        }
    }
}

/// What an attribute says of itself.
#[derive(Default)]
struct AttributeParts {
    name: String,
    int: Option<i64>,
    text: Option<Range<u64>>,
    tensor: Vec<Range<u64>>,
    graph: Vec<Range<u64>>,
    sparse: Vec<Range<u64>>,
    tensors: u64,
    graphs: u64,
}
