//! Graphs, their inputs and outputs, and functions.

use std::ops::Range;

use ma_core::{RegionKind, ScanError};
use ma_wire::protobuf::Value;

use super::builder::{Builder, domain, hash};
use super::limits;
use super::reader::{Pieces, Route};
use crate::model::{AnomalyKind, Function, MadeBy, Port, type_name};

/// The fields of one message.
pub(crate) fn one(range: &Range<u64>) -> [Range<u64>; 1] {
    [range.clone()]
}

impl Builder<'_> {
    /// The graphs that were found nested in nodes, and those nested in them.
    pub(crate) fn nested(&mut self) -> Result<(), ScanError> {
        while let Some(job) = self.jobs.pop_front() {
            self.graph(job.graph, &job.pieces)?;
        }
        Ok(())
    }

    /// Fills a graph from the pieces of its message.
    pub(crate) fn graph(&mut self, graph: u32, pieces: &[Range<u64>]) -> Result<(), ScanError> {
        let path = self.graph_mut(graph).map(|g| g.route.clone());
        let path = path.unwrap_or_default();
        let route = Route::root(&path);
        let mut fields = Pieces::new(pieces);
        let (mut nodes, mut tensors, mut sparse) = (0u64, 0u64, 0u64);
        while let Some(field) = fields.next(&mut self.reader)? {
            let Value::Bytes(r) = &field.value else {
                continue;
            };
            match field.number {
                1 => {
                    self.node(graph, r, &route.index("node", nodes), nodes)?;
                    nodes = nodes.saturating_add(1);
                }
                2 => {
                    let name = self.name(r)?;
                    if let Some(graph) = self.graph_mut(graph) {
                        graph.name = name;
                    }
                }
                5 => {
                    let route = route.index("initializer", tensors);
                    self.tensor(&one(r), &route, Some(graph))?;
                    tensors = tensors.saturating_add(1);
                }
                10 => self.claim(r, RegionKind::Text, None, route.field("doc_string")),
                11 => self.port(graph, r, true)?,
                12 => self.port(graph, r, false)?,
                13 => self.documented(r, 3, 4, &route.field("value_info"))?,
                15 => {
                    let route = route.index("sparse_initializer", sparse);
                    self.sparse(&one(r), &route, Some(graph))?;
                    sparse = sparse.saturating_add(1);
                }
                16 => self.metadata(r, &route)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A pair of the metadata of a part.
    pub(crate) fn metadata(
        &mut self,
        range: &Range<u64>,
        route: &Route<'_>,
    ) -> Result<(), ScanError> {
        let (key, value) = self.pair(range)?;
        let route = route.named("metadata_props", &key);
        self.content(&value, RegionKind::Metadata, &route, false)
    }

    /// The documentation and the metadata of a part of which nothing else matters.
    fn documented(
        &mut self,
        range: &Range<u64>,
        doc: u32,
        metadata: u32,
        route: &Route<'_>,
    ) -> Result<(), ScanError> {
        let pieces = one(range);
        let mut fields = Pieces::new(&pieces);
        while let Some(field) = fields.next(&mut self.reader)? {
            match &field.value {
                Value::Bytes(r) if field.number == doc => {
                    self.claim(r, RegionKind::Text, None, route.field("doc_string"));
                }
                Value::Bytes(r) if field.number == metadata => self.metadata(r, route)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// An input or output of a graph.
    fn port(&mut self, graph: u32, range: &Range<u64>, input: bool) -> Result<(), ScanError> {
        let pieces = one(range);
        let mut fields = Pieces::new(&pieces);
        let mut port = Port {
            name: String::new(),
            kind: String::new(),
            rank: None,
            value: None,
        };
        while let Some(field) = fields.next(&mut self.reader)? {
            let Value::Bytes(r) = &field.value else {
                continue;
            };
            match field.number {
                1 => port.name = self.name(r)?,
                2 => (port.kind, port.rank) = self.type_text(r)?,
                3 => self.claim(r, RegionKind::Text, None, "graph port doc_string"),
                4 => self.metadata(r, &Route::root("graph port"))?,
                _ => {}
            }
        }
        self.keep_port(graph, port, input);
        Ok(())
    }

    pub(crate) fn keep_port(&mut self, graph: u32, mut port: Port, input: bool) {
        let what = "inputs and outputs of graphs";
        let fits = self.room(self.ports, limits::PORTS, what)
            && self.affords(&[port.name.len(), port.kind.len(), 64], what);
        if !fits {
            return;
        }
        self.ports = self.ports.saturating_add(1);
        port.value = self.value(graph, hash(&[&port.name]));
        if let Some(value) = port.value.filter(|_| input) {
            self.made(value, MadeBy::Input);
        }
        if let Some(graph) = self.graph_mut(graph) {
            if input {
                graph.inputs.push(port);
            } else {
                graph.outputs.push(port);
            }
        }
    }

    /// A type as text, and the number of dimensions.
    fn type_text(&mut self, range: &Range<u64>) -> Result<(String, Option<usize>), ScanError> {
        let mut open = range.clone();
        let (mut prefix, mut suffix) = (String::new(), String::new());
        // Sequences of optionals of sequences …: beyond eight there is nothing to show.
        for _ in 0..8 {
            let pieces = one(&open);
            let mut fields = Pieces::new(&pieces);
            let mut inner = None;
            while let Some(field) = fields.next(&mut self.reader)? {
                let Value::Bytes(r) = &field.value else {
                    continue;
                };
                let word = match field.number {
                    1 => "",
                    8 => "sparse ",
                    4 => "sequence(",
                    5 => "map(",
                    9 => "optional(",
                    7 => "opaque",
                    _ => continue,
                };
                inner = Some((field.number, word, r.clone()));
            }
            let Some((number, word, r)) = inner else {
                break;
            };
            prefix.push_str(word);
            if number == 1 || number == 8 {
                let (text, rank) = self.tensor_type(&r)?;
                let rank = rank.filter(|_| suffix.is_empty());
                return Ok((format!("{prefix}{text}{suffix}"), rank));
            }
            suffix.push(')');
            let wanted = if number == 5 { 2 } else { 1 };
            let pieces = one(&r);
            let mut fields = Pieces::new(&pieces);
            let mut next = None;
            while let Some(field) = fields.next(&mut self.reader)? {
                if field.number == wanted {
                    next = field.as_range();
                }
            }
            let Some(next) = next else { break };
            open = next;
        }
        Ok((format!("{prefix}{suffix}"), None))
    }

    fn tensor_type(&mut self, range: &Range<u64>) -> Result<(String, Option<usize>), ScanError> {
        let pieces = one(range);
        let mut fields = Pieces::new(&pieces);
        let (mut element, mut shape) = (0, None);
        while let Some(field) = fields.next(&mut self.reader)? {
            match (field.number, &field.value) {
                (1, Value::Varint(_)) => element = field.as_i64().unwrap_or(0),
                (2, Value::Bytes(r)) => shape = Some(r.clone()),
                _ => {}
            }
        }
        let mut text = type_name(element);
        let Some(shape) = shape else {
            return Ok((text, None));
        };
        let pieces = one(&shape);
        let mut fields = Pieces::new(&pieces);
        let (mut dims, mut rank) = (Vec::new(), 0usize);
        while let Some(field) = fields.next(&mut self.reader)? {
            let Some(r) = field.as_range().filter(|_| field.number == 1) else {
                continue;
            };
            rank = rank.saturating_add(1);
            if dims.len() < 16 {
                dims.push(self.dimension(&r)?);
            }
        }
        if rank > dims.len() {
            dims.push("…".to_owned());
        }
        text.push_str(&format!("[{}]", dims.join(", ")));
        Ok((text, Some(rank)))
    }

    fn dimension(&mut self, range: &Range<u64>) -> Result<String, ScanError> {
        let pieces = one(range);
        let mut fields = Pieces::new(&pieces);
        let mut text = "?".to_owned();
        while let Some(field) = fields.next(&mut self.reader)? {
            match (field.number, &field.value) {
                (1, Value::Varint(_)) => text = field.as_i64().unwrap_or(0).to_string(),
                (2, Value::Bytes(r)) => text = self.reader.text(r.clone(), 64)?,
                _ => {}
            }
        }
        Ok(text)
    }

    /// A function: its body is a graph of its own.
    pub(crate) fn function(&mut self, range: &Range<u64>, index: u64) -> Result<(), ScanError> {
        let path = format!("functions[{index}]");
        let route = Route::root(&path);
        let owner = u32::try_from(self.model.functions.len()).unwrap_or(u32::MAX);
        self.model.functions.push(Function {
            domain: String::new(),
            name: String::new(),
            overload: String::new(),
            range: range.clone(),
            calls: Vec::new(),
        });
        let Some(graph) = self.new_graph(path.clone(), None, Some(owner)) else {
            return Ok(());
        };
        let pieces = one(range);
        let mut fields = Pieces::new(&pieces);
        let mut nodes = 0u64;
        let mut seen = [false; 3];
        while let Some(field) = fields.next(&mut self.reader)? {
            let Value::Bytes(r) = &field.value else {
                continue;
            };
            match field.number {
                1 | 10 | 13 => {
                    let text = self.name(r)?;
                    let slot = [1, 10, 13].iter().position(|n| *n == field.number);
                    let again = slot.and_then(|slot| seen.get_mut(slot));
                    if again.is_some_and(|seen| std::mem::replace(seen, true)) {
                        let what = AnomalyKind::Repeated("name of a function");
                        self.anomaly(what, field.range.clone(), route);
                    }
                    if !self.affords(&[text.len()], "names of functions") {
                        continue;
                    }
                    let at = usize::try_from(owner).unwrap_or(usize::MAX);
                    if let Some(function) = self.model.functions.get_mut(at) {
                        match field.number {
                            1 => function.name = text,
                            10 => function.domain = domain(text),
                            _ => function.overload = text,
                        }
                    }
                }
                4 | 5 => {
                    let name = self.name(r)?;
                    let port = Port {
                        name,
                        kind: String::new(),
                        rank: None,
                        value: None,
                    };
                    self.keep_port(graph, port, field.number == 4);
                }
                7 => {
                    self.node(graph, r, &route.index("node", nodes), nodes)?;
                    nodes = nodes.saturating_add(1);
                }
                8 => self.claim(r, RegionKind::Text, None, route.field("doc_string")),
                11 => {
                    self.attribute((graph, None), r, &route, "attribute_proto", false)?;
                }
                12 => self.documented(r, 3, 4, &route.field("value_info"))?,
                14 => self.metadata(r, &route)?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl Function {
    /// What a call of this function names.
    #[must_use]
    pub fn key(&self) -> u64 {
        hash(&[&self.domain, &self.name, &self.overload])
    }
}
