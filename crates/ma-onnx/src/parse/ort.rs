//! ONNX Runtime's own encoding of a model: FlatBuffers, file identifier `ORTM`.
//!
//! Layout: `ort.fbs` of ONNX Runtime (of 2024; later versions add fields only). The root is an inference
//! session (0 version of the encoding, 1 model); a model has sets of operators (1) and a graph (7); a
//! graph has tensors (0), values (1), nodes (2), inputs and outputs by name (5, 6) and sparse tensors
//! (7); a node has an operator (2 domain, 5 name), inputs (8), outputs (9) and attributes (10), which may
//! hold tensors (6, 11) and graphs (7, 12). A tensor keeps its numbers inside (4), or at an offset (6) of
//! a file that the program names, not the model.
//!
//! Tables may be shared; each is looked at once. What is broken is noted, and the rest is looked at.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;

use ma_core::{Blob, Budget, RegionKind, ScanError};
use ma_wire::Fault;
use ma_wire::OrBroken;
use ma_wire::flatbuffers::{Flat, Table, Vector};

use super::builder::{Builder, domain, hash};
use super::limits;
use super::node::{Parts, is_notable};
use super::reader::Route;
use crate::model::{
    AnomalyKind, Attribute, Form, Model, Notable, Opset, Port, Property, Stored, Tensor, type_name,
};

/// Tables that are looked at.
const TABLES: usize = 500_000;

/// A graph that waits for its turn.
struct Job {
    graph: u32,
    table: Table,
}

struct Ort<'b> {
    flat: Flat<'b>,
    builder: Builder<'b>,
    seen: HashSet<u64>,
    jobs: VecDeque<Job>,
    elements: u64,
}

/// Reads a model in ONNX Runtime's own encoding.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Model, ScanError> {
    let mut ort = Ort {
        flat: Flat::new(blob.clone(), budget),
        builder: Builder::new(blob, budget, Form::Ort),
        seen: HashSet::new(),
        jobs: VecDeque::new(),
        elements: 0,
    };
    let session = ort.session();
    ort.noted(session)?;
    while let Some(job) = ort.jobs.pop_front() {
        let graph = ort.graph(job.graph, &job.table);
        ort.noted(graph)?;
    }
    let model = &ort.builder.model;
    if model.opsets.is_empty() && model.node_count > 0 {
        ort.builder
            .anomaly(AnomalyKind::NoOpset, 0..0, "model.opset_import");
    }
    Ok(ort.builder.finish())
}

impl Ort<'_> {
    /// A broken part is noted and left out.
    fn noted<T>(&mut self, result: Result<T, Fault>) -> Result<Option<T>, ScanError> {
        match result.or_broken()? {
            Ok(value) => Ok(Some(value)),
            Err(broken) => {
                self.builder.reader.note(broken);
                Ok(None)
            }
        }
    }

    /// Whether a table is looked at for the first time.
    fn first(&mut self, table: &Table) -> bool {
        let have = self.seen.len();
        self.builder.room(have, TABLES, "tables") && self.seen.insert(table.at)
    }

    /// One more element of a list; false when there are more than the file has room for, because lists
    /// are shared.
    fn element(&mut self) -> Result<bool, Fault> {
        self.flat.budget().charge_steps(1)?;
        self.elements = self.elements.saturating_add(1);
        let most = self.flat.len().div_euclid(4);
        let have = usize::try_from(self.elements).unwrap_or(usize::MAX);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(self.builder.room(have, most, "elements of shared lists"))
    }

    fn text(&mut self, table: &Table, id: u16) -> Result<String, Fault> {
        match self.flat.string(table, id)? {
            Some(range) => self.flat.text(range, limits::NAME),
            None => Ok(String::new()),
        }
    }

    /// The tables of a vector; broken ones are noted and left out.
    fn tables(&mut self, vector: Option<Vector>) -> Result<Vec<(u64, Table)>, Fault> {
        let mut tables = Vec::new();
        let Some(vector) = vector else {
            return Ok(tables);
        };
        for i in 0..vector.len {
            if !self.element()? {
                break;
            }
            let table = self.flat.table_in(&vector, i);
            let Some(table) = self.noted(table)? else {
                continue;
            };
            if self.first(&table) {
                tables.push((u64::from(i), table));
            }
        }
        Ok(tables)
    }

    fn strings(&mut self, table: &Table, id: u16) -> Result<Vec<Range<u64>>, Fault> {
        let mut ranges = Vec::new();
        if let Some(vector) = self.flat.vector(table, id, 4)? {
            for i in 0..vector.len {
                if !self.element()? {
                    break;
                }
                let range = self.flat.string_in(&vector, i);
                if let Some(range) = self.noted(range)?
                    && self
                        .builder
                        .room(ranges.len(), limits::NODE_ATTRIBUTES, "names of a table")
                {
                    ranges.push(range);
                }
            }
        }
        Ok(ranges)
    }

    fn session(&mut self) -> Result<(), Fault> {
        let root = self.flat.root()?;
        self.builder.model.ort_version = self.text(&root, 0)?;
        let Some(model) = self.flat.table(&root, 1)? else {
            return Ok(());
        };
        self.builder.model.ir_version = Some(self.flat.i64(&model, 0, 0)?);
        self.builder.model.producer = self.text(&model, 2)?;
        self.builder.model.producer_version = self.text(&model, 3)?;
        self.builder.model.domain = self.text(&model, 4)?;
        self.builder.model.model_version = Some(self.flat.i64(&model, 5, 0)?);
        for id in [6, 8] {
            if let Some(range) = self.flat.string(&model, id)? {
                self.builder
                    .claim(&range, RegionKind::Text, None, "doc_string");
            }
        }
        let opsets = self.flat.vector(&model, 1, 4)?;
        for (_, table) in self.tables(opsets)? {
            let opset = Opset {
                domain: self.text(&table, 0)?,
                version: self.flat.i64(&table, 1, 0)?,
            };
            let have = self.builder.model.opsets.len();
            if self.builder.room(have, limits::OPSETS, "sets of operators") {
                self.builder.model.opsets.push(opset);
            }
        }
        let properties = self.flat.vector(&model, 9, 4)?;
        for (_, table) in self.tables(properties)? {
            self.property(&table)?;
        }
        if let Some(table) = self.flat.table(&model, 7)?
            && let Some(graph) = self.builder.new_graph("graph".to_owned(), None, None)
        {
            self.jobs.push_back(Job { graph, table });
        }
        Ok(())
    }

    fn property(&mut self, table: &Table) -> Result<(), Fault> {
        let key = self.text(table, 0)?;
        let Some(range) = self.flat.string(table, 1)? else {
            return Ok(());
        };
        let value = self.flat.text(range.clone(), limits::TEXT)?;
        let route = Route::root("metadata_props");
        let template = key.contains("chat_template");
        self.builder
            .content(&range, RegionKind::Metadata, &route.field(&key), template)?;
        let have = self.builder.model.metadata.len();
        if self
            .builder
            .room(have, limits::PROPERTIES, "metadata properties")
        {
            let property = Property { key, value, range };
            self.builder.model.metadata.push(property);
        }
        Ok(())
    }

    fn graph(&mut self, graph: u32, table: &Table) -> Result<(), Fault> {
        let path = self.builder.graph_mut(graph).map(|g| g.route.clone());
        let path = path.unwrap_or_default();
        let route = Route::root(&path);
        let tensors = self.flat.vector(table, 0, 4)?;
        for (i, tensor) in self.tables(tensors)? {
            let route = route.index("initializers", i);
            let tensor = self.tensor(&tensor, Some(graph), &route);
            self.noted(tensor)?;
        }
        let sparse = self.flat.vector(table, 7, 4)?;
        for (i, sparse) in self.tables(sparse)? {
            let route = route.index("sparse_initializers", i);
            for (id, graph) in [(0, Some(graph)), (1, None)] {
                let part = self.flat.table(&sparse, id);
                if let Some(Some(part)) = self.noted(part)? {
                    let part = self.tensor(&part, graph, &route);
                    self.noted(part)?;
                }
            }
        }
        let mut types = std::collections::HashMap::new();
        let args = self.flat.vector(table, 1, 4)?;
        for (_, arg) in self.tables(args)? {
            let found = self.argument(&arg);
            if let Some((name, kind)) = self.noted(found)?
                && types.len() < limits::PORTS
            {
                types.insert(hash(&[&name]), kind);
            }
        }
        for (id, input) in [(5, true), (6, false)] {
            for range in self.strings(table, id)? {
                let name = self.flat.text(range, limits::NAME)?;
                let (kind, rank) = types.get(&hash(&[&name])).cloned().unwrap_or_default();
                let port = Port {
                    name,
                    kind,
                    rank,
                    value: None,
                };
                self.builder.keep_port(graph, port, input);
            }
        }
        let nodes = self.flat.vector(table, 2, 4)?;
        for (i, node) in self.tables(nodes)? {
            let node = self.node(graph, &node, &route.index("nodes", i), i);
            self.noted(node)?;
        }
        Ok(())
    }

    /// Name and type of a value.
    fn argument(&mut self, table: &Table) -> Result<(String, (String, Option<usize>)), Fault> {
        let name = self.text(table, 0)?;
        let mut kind = (String::new(), None);
        let Some(info) = self.flat.table(table, 2)? else {
            return Ok((name, kind));
        };
        if self.flat.u8(&info, 1, 0)? != 1 {
            return Ok((name, kind));
        }
        let Some(tensor) = self.flat.table(&info, 2)? else {
            return Ok((name, kind));
        };
        kind.0 = type_name(i64::from(self.flat.i32(&tensor, 0, 0)?));
        let Some(shape) = self.flat.table(&tensor, 1)? else {
            return Ok((name, kind));
        };
        let Some(dims) = self.flat.vector(&shape, 0, 4)? else {
            return Ok((name, (kind.0, Some(0))));
        };
        let mut texts = Vec::new();
        for i in 0..dims.len.min(16) {
            let dim = self.flat.table_in(&dims, i)?;
            let value = self.flat.table(&dim, 0)?;
            texts.push(match value {
                Some(value) if self.flat.u8(&value, 0, 0)? == 1 => {
                    self.flat.i64(&value, 1, 0)?.to_string()
                }
                Some(value) if self.flat.u8(&value, 0, 0)? == 2 => {
                    let text = self.text(&value, 2)?;
                    ma_core::text::shorten(&text, 64).into_owned()
                }
                _ => "?".to_owned(),
            });
        }
        let rank = usize::try_from(dims.len).ok();
        Ok((name, (format!("{}[{}]", kind.0, texts.join(", ")), rank)))
    }

    fn tensor(
        &mut self,
        table: &Table,
        graph: Option<u32>,
        route: &Route<'_>,
    ) -> Result<(), Fault> {
        let name = self.text(table, 0)?;
        if let Some(doc) = self.flat.string(table, 1)? {
            let route = route.field("doc_string");
            self.builder.claim(&doc, RegionKind::Text, None, route);
        }
        let mut dims = Vec::new();
        if let Some(vector) = self.flat.vector(table, 2, 8)? {
            for i in 0..vector.len.min(limits::DIMS as u32) {
                dims.push(self.flat.i64_in(&vector, i)?);
            }
        }
        let data_type = i64::from(self.flat.i32(table, 3, 0)?);
        let raw = self.flat.vector(table, 4, 1)?.map(|v| v.range());
        let mut strings = 0u64;
        for range in self.strings(table, 5)? {
            strings = strings.saturating_add(1);
            let route = route.field("string_data");
            self.builder
                .content(&range, RegionKind::Vocabulary, &route, false)?;
        }
        let outside = self.flat.i64(table, 6, -1)? >= 0;
        let stored = match &raw {
            _ if outside => Stored::External,
            Some(raw) => Stored::Raw(raw.end.saturating_sub(raw.start)),
            None if strings > 0 => Stored::Typed(strings),
            None => Stored::None,
        };
        let value = graph.and_then(|graph| self.builder.named_initializer(graph, &name));
        let tensor = Tensor {
            name,
            dims,
            data_type,
            stored,
            range: table.at..table.at.saturating_add(4),
            value,
        };
        self.builder.flat_tensor(tensor, raw, strings, route);
        Ok(())
    }

    fn node(
        &mut self,
        graph: u32,
        table: &Table,
        route: &Route<'_>,
        number: u64,
    ) -> Result<(), Fault> {
        let range = table.at..table.at.saturating_add(4);
        let mut parts = Parts {
            operator: self.text(table, 5)?,
            domain: domain(self.text(table, 2)?),
            ..Parts::default()
        };
        if let Some(doc) = self.flat.string(table, 1)? {
            let route = route.field("doc_string");
            self.builder.claim(&doc, RegionKind::Text, None, route);
        }
        for id in [8, 9] {
            for name in self.strings(table, id)? {
                let name = self.flat.text(name, limits::NAME)?;
                if id == 8 {
                    parts.inputs.push(hash(&[&name]));
                } else {
                    parts.outputs.push((hash(&[&name]), name));
                }
            }
        }
        let place = self.builder.keep_node(graph, &parts, &range, route, number);
        let notable = is_notable(&parts.operator);
        let mut kept = Vec::new();
        let attributes = self.flat.vector(table, 10, 4)?;
        for (_, attribute) in self.tables(attributes)? {
            let found = self.attribute((graph, place), &attribute, route);
            let found = self.noted(found)?;
            if notable
                && self
                    .builder
                    .room(kept.len(), limits::ATTRIBUTES, "attributes of a node")
            {
                kept.extend(found);
            }
        }
        let listed = self.builder.model.notable.len();
        let what = "nodes that need a closer look";
        if notable && self.builder.room(listed, limits::NOTABLE, what) {
            self.builder.model.notable.push(Notable {
                domain: parts.domain,
                operator: parts.operator,
                attributes: kept,
                range,
                route: route.to_string(),
            });
        }
        Ok(())
    }

    fn attribute(
        &mut self,
        parent: (u32, Option<u32>),
        table: &Table,
        route: &Route<'_>,
    ) -> Result<Attribute, Fault> {
        let name = self.text(table, 0)?;
        let route = &route.named("attributes", &name);
        let text = self.flat.string(table, 5)?;
        let mut shown = None;
        if let Some(range) = &text {
            self.builder
                .content(range, RegionKind::Metadata, route, false)?;
            shown = Some(self.flat.text(range.clone(), limits::TEXT)?);
        }
        for range in self.strings(table, 10)? {
            self.builder
                .content(&range, RegionKind::Vocabulary, route, false)?;
        }
        let mut tensors: Vec<Table> = self.flat.table(table, 6)?.into_iter().collect();
        let more = self.flat.vector(table, 11, 4)?;
        tensors.extend(self.tables(more)?.into_iter().map(|(_, t)| t));
        for tensor in tensors {
            let tensor = self.tensor(&tensor, None, &route.field("t"));
            self.noted(tensor)?;
        }
        let mut graphs: Vec<Table> = self.flat.table(table, 7)?.into_iter().collect();
        graphs.retain(|graph| self.first(graph));
        let more = self.flat.vector(table, 12, 4)?;
        graphs.extend(self.tables(more)?.into_iter().map(|(_, t)| t));
        for inner in graphs {
            let route = super::builder::short_route(&route.field("g").to_string());
            if let Some(graph) = self.builder.new_graph(route, Some(parent), None) {
                self.jobs.push_back(Job {
                    graph,
                    table: inner,
                });
            }
        }
        Ok(Attribute {
            name,
            text: shown,
            int: Some(self.flat.i64(table, 4, 0)?),
            size: text.map_or(0, |r| r.end.saturating_sub(r.start)),
            range: table.at..table.at.saturating_add(4),
        })
    }
}
