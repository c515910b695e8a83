//! Bytes to model and anomalies.
//!
//! Layout: a `ModelProto` of `onnx.proto` (onnx 1.23, IR version 14): Protocol Buffers, no magic, all
//! numbers little-endian. The outermost message has the graph (7), sets of operators (8), metadata (14),
//! training graphs (20) and functions (25); a graph has nodes (1), tensors (5, 15), inputs and outputs
//! (11, 12); a node has attributes (5), and an attribute may hold tensors (5, 10, 22, 23) and graphs
//! (6, 11) again. A tensor keeps its numbers as raw bytes (9), in one of six typed fields, or in another
//! file (13, 14). ONNX Runtime's own FlatBuffers (`ORTM` at byte 4) are read by [`ort`].
//!
//! Singular messages that are written several times are merged, as the C++ library does: a graph cut in
//! two halves is one graph. A field whose length reaches beyond its message is cut there and still looked
//! at. Anomalies: a violated encoding, unknown outermost fields, repeated singular fields, tensors whose
//! sizes do not fit, and what [`AnomalyKind`] lists.
//!
//! Cost: tags, lengths and names; never the numbers of a tensor (small typed fields are counted). Nested
//! graphs are a worklist. Memory is bounded by [`limits`].

mod builder;
mod graph;
pub mod limits;
mod node;
pub mod ort;
mod reader;
pub mod recognise;
mod tensor;

use std::ops::Range;

use ma_core::{Blob, Budget, RegionKind, ScanError};

use crate::model::{AnomalyKind, Form, Model, Opset, Property};
use builder::Builder;
use ma_wire::protobuf::{Field, Value};
use reader::{Pieces, Route};
use recognise::{Look, Recognised, whole};

pub(crate) use node::is_notable;

/// Reads a file. A broken file is a result, not an error.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Model, ScanError> {
    match recognise::recognise(blob, budget, Look::Whole)? {
        Recognised::Ort => ort::parse(blob, budget),
        Recognised::Tensor => {
            let mut builder = Builder::new(blob, budget, Form::Tensor);
            let all = 0..blob.len();
            builder.tensor(&[all], &Route::root("tensor"), None)?;
            Ok(builder.finish())
        }
        Recognised::Model | Recognised::No => {
            let mut builder = Builder::new(blob, budget, Form::Model);
            builder.outermost(blob.len())?;
            Ok(builder.finish())
        }
    }
}

/// What the outermost message holds, before any of it is walked.
#[derive(Default)]
struct Outermost {
    graph: Vec<Range<u64>>,
    training: Vec<Range<u64>>,
    functions: Vec<Range<u64>>,
    seen: [bool; 7],
}

impl Builder<'_> {
    fn outermost(&mut self, len: u64) -> Result<(), ScanError> {
        let all = whole(len);
        let mut pieces = Pieces::new(&all);
        let mut found = Outermost::default();
        while let Some(field) = pieces.next(&mut self.reader)? {
            self.outermost_field(&field, &mut found)?;
        }
        if let Some(rest) = pieces.unread() {
            self.stranger(&rest, &Route::root("behind the model"))?;
        }
        if found.graph.len() > 1 {
            let again = found.graph.get(1).cloned().unwrap_or_default();
            self.anomaly(AnomalyKind::Repeated("graph"), again, "graph");
        }
        if let Some(graph) = self.new_graph("graph".to_owned(), None, None) {
            self.graph(graph, &found.graph)?;
        }
        for (i, training) in found.training.iter().enumerate() {
            self.training(training, i as u64)?;
        }
        for (i, function) in found.functions.iter().enumerate() {
            self.function(function, i as u64)?;
        }
        self.nested()?;
        if self.model.opsets.is_empty() && self.model.node_count > 0 {
            self.anomaly(AnomalyKind::NoOpset, 0..0, "opset_import");
        }
        Ok(())
    }

    fn outermost_field(&mut self, field: &Field, found: &mut Outermost) -> Result<(), ScanError> {
        if let Some(seen) = found
            .seen
            .get_mut(usize::try_from(field.number).unwrap_or(usize::MAX))
        {
            if *seen {
                let what = ["", "ir_version", "producer_name", "producer_version"];
                let what = what.get(usize::try_from(field.number).unwrap_or(0));
                let what = what.copied().unwrap_or("model field");
                self.anomaly(AnomalyKind::Repeated(what), field.range.clone(), what);
            }
            *seen = true;
        }
        match (field.number, &field.value) {
            (1, Value::Varint(_)) => self.model.ir_version = field.as_i64(),
            (5, Value::Varint(_)) => self.model.model_version = field.as_i64(),
            (2, Value::Bytes(r)) => self.model.producer = self.name(r)?,
            (3, Value::Bytes(r)) => self.model.producer_version = self.name(r)?,
            (4, Value::Bytes(r)) => self.model.domain = self.name(r)?,
            (6, Value::Bytes(r)) => self.claim(r, RegionKind::Text, None, "doc_string"),
            (7, Value::Bytes(r)) => self.keep_piece(&mut found.graph, r, "pieces of the graph"),
            (8, Value::Bytes(r)) => self.opset(r)?,
            (14, Value::Bytes(r)) => self.property(r)?,
            (20, Value::Bytes(r)) => {
                self.keep_piece(&mut found.training, r, "training graphs");
            }
            (25, Value::Bytes(r)) => {
                if self.room(found.functions.len(), limits::FUNCTIONS, "functions") {
                    found.functions.push(r.clone());
                }
            }
            (26, Value::Bytes(_)) => {}
            (number, _) => {
                let known = matches!(number, 1..=8 | 14 | 20 | 25 | 26);
                let kind = if known {
                    AnomalyKind::Broken("a field of another wire type than the format gives it")
                } else {
                    let inside = field.as_range().unwrap_or_else(|| field.range.clone());
                    self.stranger(&inside, &Route::root("unknown field"))?;
                    AnomalyKind::UnknownField(number)
                };
                self.anomaly(kind, field.range.clone(), "model");
            }
        }
        Ok(())
    }

    fn keep_piece(&mut self, pieces: &mut Vec<Range<u64>>, r: &Range<u64>, what: &'static str) {
        if self.room(pieces.len(), limits::PIECES, what) {
            pieces.push(r.clone());
        }
    }

    /// A set of operators.
    pub(crate) fn opset(&mut self, range: &Range<u64>) -> Result<(), ScanError> {
        let pieces = [range.clone()];
        let mut fields = Pieces::new(&pieces);
        let (mut domain, mut version) = (String::new(), 0);
        while let Some(field) = fields.next(&mut self.reader)? {
            match (field.number, &field.value) {
                (1, Value::Bytes(r)) => domain = self.name(r)?,
                (2, Value::Varint(_)) => version = field.as_i64().unwrap_or(0),
                _ => {}
            }
        }
        if self.room(self.model.opsets.len(), limits::OPSETS, "sets of operators") {
            self.model.opsets.push(Opset { domain, version });
        }
        Ok(())
    }

    /// A key with its value, from the metadata of anything.
    pub(crate) fn pair(&mut self, range: &Range<u64>) -> Result<(String, Range<u64>), ScanError> {
        let pieces = [range.clone()];
        let mut fields = Pieces::new(&pieces);
        let (mut key, mut value) = (String::new(), range.end..range.end);
        while let Some(field) = fields.next(&mut self.reader)? {
            match (field.number, &field.value) {
                (1, Value::Bytes(r)) => key = self.name(r)?,
                (2, Value::Bytes(r)) => value = r.clone(),
                _ => {}
            }
        }
        Ok((key, value))
    }

    fn property(&mut self, range: &Range<u64>) -> Result<(), ScanError> {
        let (key, value) = self.pair(range)?;
        let route = Route::root("metadata_props");
        let route = route.field(&key);
        let template = key.contains("chat_template");
        self.content(&value, RegionKind::Metadata, &route, template)?;
        let have = self.model.metadata.len();
        if self.room(have, limits::PROPERTIES, "metadata properties") {
            let text = self.reader.text(value.clone(), limits::TEXT)?;
            self.model.metadata.push(Property {
                key,
                value: text,
                range: value,
            });
        }
        Ok(())
    }

    fn training(&mut self, range: &Range<u64>, index: u64) -> Result<(), ScanError> {
        let pieces = [range.clone()];
        let mut fields = Pieces::new(&pieces);
        let mut graphs: [Vec<Range<u64>>; 2] = Default::default();
        while let Some(field) = fields.next(&mut self.reader)? {
            let Some(r) = field.as_range() else { continue };
            let slot = match field.number {
                1 => graphs.first_mut(),
                2 => graphs.last_mut(),
                _ => None,
            };
            if let Some(slot) = slot {
                self.keep_piece(slot, &r, "pieces of a training graph");
            }
        }
        for (name, pieces) in ["initialization", "algorithm"].iter().zip(&graphs) {
            let route = format!("training_info[{index}].{name}");
            if pieces.is_empty() {
                continue;
            }
            // The algorithm sees the initializers of the main graph.
            if let Some(graph) = self.new_graph(route, Some((0, None)), None) {
                self.graph(graph, pieces)?;
            }
        }
        Ok(())
    }
}
