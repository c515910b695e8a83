//! Bytes to model and anomalies.
//!
//! Layout (FlatBuffers, little-endian; schema version 3 as generated into the packages tensorflow 2.21
//! and ai-edge-litert 2.3). The numbers are field numbers.
//!
//! ```text
//! Model          0 version  1 operator_codes  2 subgraphs  3 description  4 buffers
//!                5 metadata_buffer  6 metadata  7 signature_defs  8 external_buffer_groups  9 external_buffers
//! OperatorCode   0 deprecated_builtin_code (i8)  1 custom_code  2 version  3 builtin_code
//! SubGraph       0 tensors  1 inputs  2 outputs  3 operators  4 name
//! Tensor         0 shape  1 type  2 buffer  3 name  4 quantization  5 is_variable  6 sparsity
//!                7 shape_signature  8 has_rank  9 variant_tensors  10 external_buffer
//! Operator       0 opcode_index  1 inputs  2 outputs  3, 4 builtin_options  5 custom_options
//!                8 intermediates  9, 10 large_custom_options offset, size  11, 12 builtin_options_2
//! Buffer         0 data  1 offset  2 size          behind the FlatBuffer, for models above 2 GiB
//! Metadata       0 name  1 buffer
//! SignatureDef   0 inputs  1 outputs  2 signature_key  4 subgraph_index
//! ```
//!
//! An anomaly is what the interpreter would trip over: offsets outside the file, numbers of tensors,
//! buffers, operators and subgraphs that do not exist, circles of subgraphs, sizes that do not fit.
//! Everything is checked lazily; the data of tensors is not read (of tensors of strings, the offsets).
//! Cost: a few hundred bytes a tensor and an operator.

mod claims;
mod flex;
mod metadata;
mod operator;
mod tensor;

use std::collections::BTreeSet;
use std::ops::Range;

use ma_core::{Blob, Budget, GapReason, RegionKind, ScanError};
use ma_wire::content::Content;
use ma_wire::flatbuffers::{Flat, Table, Vector};
use ma_wire::{Fault, OrBroken};

use super::model::{Anomaly, AnomalyKind, Area, Code, Model, Place, Subgraph};
use claims::Claims;

/// The identifier at 4.
pub const IDENTIFIER: &[u8; 4] = b"TFL3";

/// Lists are followed up to so many items each; what is beyond is a gap.
const MAX_ITEMS: u32 = 1 << 18;
/// Anomalies of all kinds that are kept.
const MAX_ANOMALIES: usize = 2000;
/// Characters of a name that are read.
pub(crate) const MAX_NAME: usize = 256;
/// Regions that are handed out at most, each of text and of weights.
const MAX_AREAS: usize = 2000;

/// Reads a model. A broken file is a result, not an error.
///
/// # Errors
/// When the bytes can't be read or a limit was hit.
pub fn parse(blob: &Blob, budget: &Budget) -> Result<Model, ScanError> {
    let mut parser = Parser::new(blob, budget);
    parser.model()?;
    parser.finish()
}

/// A buffer.
pub(crate) struct Buffer {
    /// Where its bytes lie.
    pub(crate) data: Range<u64>,
    /// What they are, once somebody named them.
    pub(crate) area: Option<(RegionKind, Option<ma_core::ElementType>, Place)>,
}

/// A tensor of the graph that is being read.
pub(crate) struct Shape {
    /// Its type.
    pub(crate) kind: u8,
    /// Number of dimensions; 0 also when it is not known.
    pub(crate) rank: u32,
    /// Which buffer; 0 when it has no data.
    pub(crate) buffer: u32,
}

pub(crate) struct Parser<'b> {
    pub(crate) flat: Flat<'b>,
    pub(crate) model: Model,
    pub(crate) buffers: Vec<Buffer>,
    pub(crate) tensors: Vec<Shape>,
    /// What the graph that is being read takes.
    pub(crate) inputs: Vec<i32>,
    pub(crate) subgraphs: u32,
    /// Which graph runs which.
    calls: BTreeSet<(u32, u32)>,
    claims: Claims,
    texts: Vec<Range<u64>>,
    limited: BTreeSet<&'static str>,
}

impl<'b> Parser<'b> {
    fn new(blob: &Blob, budget: &'b Budget) -> Self {
        Self {
            flat: Flat::new(blob.clone(), budget),
            model: Model::default(),
            buffers: Vec::new(),
            tensors: Vec::new(),
            inputs: Vec::new(),
            subgraphs: 0,
            calls: BTreeSet::new(),
            claims: Claims::default(),
            texts: Vec::new(),
            limited: BTreeSet::new(),
        }
    }

    /// Notes what the specification does not allow.
    pub(crate) fn note(&mut self, kind: AnomalyKind, place: Place, range: Range<u64>) {
        if self.model.anomalies.len() < MAX_ANOMALIES {
            self.model.anomalies.push(Anomaly { kind, place, range });
        } else {
            self.limit("deviations from the format");
        }
    }

    /// Notes, once for each `what`, that there are more than are looked at.
    pub(crate) fn limit(&mut self, what: &'static str) {
        if self.limited.insert(what) {
            let detail = format!("there are more {what} than are looked at");
            self.model.gaps.push((GapReason::Limit, detail, None));
        }
    }

    /// The value, or nothing after the break was noted.
    pub(crate) fn keep<T>(
        &mut self,
        result: Result<T, Fault>,
        place: Place,
    ) -> Result<Option<T>, ScanError> {
        match result.or_broken()? {
            Ok(value) => Ok(Some(value)),
            Err(broken) => {
                let at = broken.at..broken.at.saturating_add(4);
                self.note(AnomalyKind::Broken(broken.what), place, at);
                Ok(None)
            }
        }
    }

    /// A field that is a table; its bytes are claimed.
    pub(crate) fn table(
        &mut self,
        table: &Table,
        id: u16,
        place: Place,
    ) -> Result<Option<Table>, ScanError> {
        let result = self.flat.table(table, id);
        let found = self.keep(result, place)?.flatten();
        if let Some(found) = &found {
            self.claim_table(found);
        }
        Ok(found)
    }

    /// A field that is a vector; its bytes are claimed.
    pub(crate) fn vector(
        &mut self,
        table: &Table,
        id: u16,
        element: u32,
        place: Place,
    ) -> Result<Option<Vector>, ScanError> {
        let result = self.flat.vector(table, id, element);
        let found = self.keep(result, place)?.flatten();
        if let Some(found) = &found {
            let range = found.range();
            // The count before it, and the zero behind a text.
            self.claims.add(&(range.start.saturating_sub(4)..range.end));
        }
        Ok(found)
    }

    /// Element `i` of a vector of tables.
    pub(crate) fn table_in(
        &mut self,
        vector: &Vector,
        i: u32,
        place: Place,
    ) -> Result<Option<Table>, ScanError> {
        let result = self.flat.table_in(vector, i);
        let found = self.keep(result, place)?;
        if let Some(found) = &found {
            self.claim_table(found);
        }
        Ok(found)
    }

    /// A text field, cut after [`MAX_NAME`] bytes, and where it stands; detectors get to see it.
    pub(crate) fn text(
        &mut self,
        table: &Table,
        id: u16,
        place: Place,
    ) -> Result<Option<(String, Range<u64>)>, ScanError> {
        let Some(vector) = self.vector(table, id, 1, place)? else {
            return Ok(None);
        };
        let range = vector.range();
        if range.is_empty() {
            return Ok(Some((String::new(), range)));
        }
        self.texts.push(range.clone());
        if self.texts.len() > MAX_AREAS * 8 {
            self.texts = join(std::mem::take(&mut self.texts), MAX_AREAS);
        }
        let result = self.flat.text(range.clone(), MAX_NAME);
        Ok(self.keep(result, place)?.map(|text| (text, range)))
    }

    fn claim_table(&mut self, table: &Table) {
        self.claims.add(&table.range());
        self.claims.add(&table.vtable_range());
    }

    /// Number of items of a list that are looked at.
    pub(crate) fn bounded(&mut self, vector: &Vector, what: &'static str) -> u32 {
        if vector.len > MAX_ITEMS {
            self.limit(what);
        }
        vector.len.min(MAX_ITEMS)
    }

    /// Fields of a table that may be absent.
    pub(crate) fn number<T: Default>(
        &mut self,
        result: Result<T, Fault>,
        place: Place,
    ) -> Result<T, ScanError> {
        Ok(self.keep(result, place)?.unwrap_or_default())
    }

    fn model(&mut self) -> Result<(), ScanError> {
        self.claims.add(&(0..8));
        let root = self.flat.root();
        let Some(root) = self.keep(root, Place::Model)? else {
            return Ok(());
        };
        self.claim_table(&root);
        let version = self.flat.u32(&root, 0, 0);
        self.model.version = self.number(version, Place::Model)?;
        if let Some((text, _)) = self.text(&root, 3, Place::Model)? {
            self.model.description = text;
        }
        self.codes(&root)?;
        self.buffers(&root)?;
        self.metadata(&root)?;
        self.external(&root)?;
        let Some(subgraphs) = self.vector(&root, 2, 4, Place::Model)? else {
            return Ok(());
        };
        self.subgraphs = subgraphs.len;
        for i in 0..self.bounded(&subgraphs, "subgraphs") {
            self.subgraph(&subgraphs, i)?;
        }
        self.signatures(&root)?;
        self.cycles();
        Ok(())
    }

    fn codes(&mut self, root: &Table) -> Result<(), ScanError> {
        let Some(codes) = self.vector(root, 1, 4, Place::Model)? else {
            return Ok(());
        };
        for i in 0..self.bounded(&codes, "operator codes") {
            let place = Place::Code(i);
            let mut code = Code::default();
            if let Some(table) = self.table_in(&codes, i, place)? {
                let old = self.flat.i8(&table, 0, 0);
                let old = i32::from(self.number(old, place)?);
                let new = self.flat.i32(&table, 3, 0);
                code.builtin = old.max(self.number(new, place)?);
                code.range = table.range();
                if let Some((name, range)) = self.text(&table, 1, place)? {
                    code.custom = Some(name);
                    code.range = range;
                }
            }
            self.model.codes.push(code);
        }
        Ok(())
    }

    fn buffers(&mut self, root: &Table) -> Result<(), ScanError> {
        let Some(buffers) = self.vector(root, 4, 4, Place::Model)? else {
            return Ok(());
        };
        self.model.buffers = u64::from(buffers.len);
        for i in 0..self.bounded(&buffers, "buffers") {
            let place = Place::Buffer(i);
            let data = match self.table_in(&buffers, i, place)? {
                Some(table) => self.buffer(&table, place)?,
                None => 0..0,
            };
            self.buffers.push(Buffer { data, area: None });
        }
        Ok(())
    }

    fn buffer(&mut self, table: &Table, place: Place) -> Result<Range<u64>, ScanError> {
        let offset = self.flat.u64(table, 1, 0);
        let offset = self.number(offset, place)?;
        let size = self.flat.u64(table, 2, 0);
        let size = self.number(size, place)?;
        // 1 stands for "not filled in yet".
        if offset > 1 {
            return self.outside("buffer", offset, size, place, table.at);
        }
        let data = self.vector(table, 0, 1, place)?;
        Ok(data.map_or(0..0, |d| d.range()))
    }

    /// Bytes behind the FlatBuffer.
    pub(crate) fn outside(
        &mut self,
        what: &'static str,
        offset: u64,
        size: u64,
        place: Place,
        at: u64,
    ) -> Result<Range<u64>, ScanError> {
        let end = offset.checked_add(size);
        let Some(end) = end.filter(|end| *end <= self.flat.len()) else {
            let kind = AnomalyKind::BeyondFile { what, offset, size };
            self.note(kind, place, at..at.saturating_add(4));
            return Ok(0..0);
        };
        self.claims.add(&(offset..end));
        Ok(offset..end)
    }

    fn subgraph(&mut self, subgraphs: &Vector, s: u32) -> Result<(), ScanError> {
        let place = Place::Subgraph(s);
        self.tensors.clear();
        let mut found = Subgraph::default();
        if let Some(table) = self.table_in(subgraphs, s, place)? {
            if let Some((name, _)) = self.text(&table, 4, place)? {
                found.name = name;
            }
            if let Some(tensors) = self.vector(&table, 0, 4, place)? {
                found.tensors = tensors.len;
                for i in 0..self.bounded(&tensors, "tensors") {
                    self.tensor(&tensors, s, i)?;
                }
            }
            let count = found.tensors;
            found.inputs = self.tensor_numbers(&table, 1, place, count)?;
            self.inputs.clone_from(&found.inputs);
            found.outputs = self.tensor_numbers(&table, 2, place, count)?;
            if let Some(operators) = self.vector(&table, 3, 4, place)? {
                found.operators = operators.len;
                for i in 0..self.bounded(&operators, "operators") {
                    self.operator(&operators, s, i, count)?;
                }
            }
        }
        self.model.subgraphs.push(found);
        Ok(())
    }

    /// A vector of numbers of tensors, each of which must exist or be -1; the first 64 are given back.
    pub(crate) fn tensor_numbers(
        &mut self,
        table: &Table,
        id: u16,
        place: Place,
        count: u32,
    ) -> Result<Vec<i32>, ScanError> {
        let Some(vector) = self.vector(table, id, 4, place)? else {
            return Ok(Vec::new());
        };
        let mut numbers = Vec::new();
        for i in 0..self.bounded(&vector, "tensors of one operator") {
            let number = self.flat.i32_in(&vector, i);
            let number = self.number(number, place)?;
            if numbers.len() < 64 {
                numbers.push(number);
            }
            let exists = u32::try_from(number).is_ok_and(|n| n < count);
            if !exists && number != -1 {
                let at = vector.at(i).unwrap_or(vector.start);
                let kind = AnomalyKind::Index {
                    what: "tensor",
                    index: i64::from(number),
                    count: u64::from(count),
                };
                self.note(kind, place, at..at.saturating_add(4));
            }
        }
        Ok(numbers)
    }

    /// One graph runs another.
    pub(crate) fn call(&mut self, from: u32, to: u32) {
        if self.calls.len() < (1 << 16) {
            self.calls.insert((from, to));
        } else {
            self.limit("calls between subgraphs");
        }
    }

    /// Circles among the graphs, found without recursion.
    fn cycles(&mut self) {
        let calls = std::mem::take(&mut self.calls);
        let next = |from: u32, after: u32| {
            let mut range = calls.range((from, after)..=(from, u32::MAX));
            range.next().map(|(_, to)| *to)
        };
        let mut done = BTreeSet::new();
        for start in calls.iter().map(|(from, _)| *from) {
            // Graphs on the way, each with the next call to follow.
            let mut way: Vec<(u32, u32)> = vec![(start, 0)];
            while let Some((graph, after)) = way.last().copied() {
                let to = next(graph, after).filter(|_| !done.contains(&graph));
                let Some(to) = to else {
                    done.insert(graph);
                    way.pop();
                    continue;
                };
                match to.checked_add(1) {
                    Some(after) => way.last_mut().into_iter().for_each(|w| w.1 = after),
                    None => drop(done.insert(graph)),
                }
                if let Some(at) = way.iter().position(|(g, _)| *g == to) {
                    let circle = way.iter().skip(at).map(|(g, _)| *g).take(16).collect();
                    self.note(AnomalyKind::Cycle(circle), Place::Subgraph(to), 0..8);
                    if self.model.anomalies.len() >= MAX_ANOMALIES {
                        return;
                    }
                } else if !done.contains(&to) {
                    way.push((to, 0));
                }
            }
        }
    }

    fn finish(mut self) -> Result<Model, ScanError> {
        let mut weights = Vec::new();
        for (i, buffer) in std::mem::take(&mut self.buffers).into_iter().enumerate() {
            if buffer.data.is_empty() {
                continue;
            }
            let here = Place::Buffer(u32::try_from(i).unwrap_or(u32::MAX));
            let (kind, element, place) = buffer.area.unwrap_or((RegionKind::Unclaimed, None, here));
            weights.push(Area {
                range: buffer.data,
                kind,
                element,
                route: place.to_string(),
            });
        }
        self.model.areas = fewer(weights);
        for range in join(std::mem::take(&mut self.texts), MAX_AREAS) {
            self.model.areas.push(Area {
                range,
                kind: RegionKind::Metadata,
                element: None,
                route: "names".to_owned(),
            });
        }
        self.leftovers()?;
        Ok(self.model)
    }

    /// Bytes that belong to nothing.
    fn leftovers(&mut self) -> Result<(), ScanError> {
        // After a break there is no telling what belongs to what.
        let broken = |a: &Anomaly| matches!(a.kind, AnomalyKind::Broken(_));
        if self.model.anomalies.iter().any(broken) || !self.model.gaps.is_empty() {
            return Ok(());
        }
        let len = self.flat.len();
        let free = std::mem::take(&mut self.claims).unclaimed(len);
        for mut range in free.into_iter().take(MAX_AREAS) {
            // Alignment in front of what follows is no part of it.
            let head = self.flat.blob().tail(range.start).head(64)?;
            let zeros = head.iter().take_while(|b| **b == 0).count() as u64;
            range.start = range.start.saturating_add(zeros).min(range.end);
            let Ok(blob) = self.flat.blob().slice(range.clone()) else {
                continue;
            };
            let content = Content::of_blob(&blob)?;
            if content == Content::Zeros {
                continue;
            }
            let trailing = range.end == len;
            self.note(
                AnomalyKind::Unclaimed { content, trailing },
                Place::Model,
                range.clone(),
            );
            self.model.areas.push(Area {
                range,
                kind: RegionKind::Unclaimed,
                element: None,
                route: String::new(),
            });
        }
        Ok(())
    }
}

/// Ranges joined until there are at most `max`.
fn join(mut ranges: Vec<Range<u64>>, max: usize) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|r| (r.start, r.end));
    let mut gap = 64u64;
    loop {
        let mut joined: Vec<Range<u64>> = Vec::new();
        for range in ranges {
            match joined.last_mut() {
                Some(last) if range.start <= last.end.saturating_add(gap) => {
                    last.end = last.end.max(range.end);
                }
                _ => joined.push(range),
            }
        }
        if joined.len() <= max {
            return joined;
        }
        ranges = joined;
        gap = gap.saturating_mul(4);
    }
}

/// Areas of weights joined with their neighbours of the same kind until there are few enough.
fn fewer(mut areas: Vec<Area>) -> Vec<Area> {
    areas.sort_by_key(|a| (a.range.start, a.range.end));
    areas.dedup_by(|a, b| a.range == b.range);
    let mut gap = 64u64;
    while areas.len() > MAX_AREAS && gap < u64::MAX {
        let mut joined: Vec<Area> = Vec::new();
        for area in areas {
            match joined.last_mut() {
                Some(last)
                    if (last.kind == area.kind || gap > 1 << 40)
                        && area.range.start <= last.range.end.saturating_add(gap) =>
                {
                    last.range.end = last.range.end.max(area.range.end);
                    if last.element != area.element {
                        last.element = None;
                    }
                    if last.kind != area.kind {
                        last.kind = RegionKind::Unclaimed;
                    }
                }
                _ => joined.push(area),
            }
        }
        areas = joined;
        gap = gap.saturating_mul(8);
    }
    areas
}
