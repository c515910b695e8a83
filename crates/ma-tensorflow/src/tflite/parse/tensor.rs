//! Tensors: shape, type, the size of constant data, strings, sparsity, quantisation.

use std::ops::Range;

use ma_core::{RegionKind, ScanError};
use ma_wire::flatbuffers::{Table, Vector};

use super::super::model::{AnomalyKind, MAX_LISTED, Place, Tensor};
use super::super::schema::{self, STRING};
use super::{Parser, Shape};
use crate::graph::embedded::is_graph;

/// Offsets of strings and indices of sparse tensors that are checked one by one; of longer lists the
/// first so many.
const MAX_CHECKED: u32 = 1 << 16;

/// Bytes below which no text is a graph.
const MIN_GRAPH: u64 = 16;

impl Parser<'_> {
    pub(super) fn tensor(&mut self, tensors: &Vector, s: u32, i: u32) -> Result<(), ScanError> {
        let place = Place::Tensor(s, i);
        self.model.tensor_count = self.model.tensor_count.saturating_add(1);
        let mut shape = Shape {
            kind: u8::MAX,
            rank: 0,
            buffer: 0,
        };
        if let Some(table) = self.table_in(tensors, i, place)? {
            shape = self.tensor_table(&table, place)?;
        }
        self.tensors.push(shape);
        Ok(())
    }

    fn tensor_table(&mut self, table: &Table, place: Place) -> Result<Shape, ScanError> {
        let kind = self.flat.u8(table, 1, 0);
        let kind = self.number(kind, place)?;
        let buffer = self.flat.u32(table, 2, 0);
        let buffer = self.number(buffer, place)?;
        let dims = self.vector(table, 0, 4, place)?;
        let rank = dims.as_ref().map_or(0, |d| d.len);
        self.vector(table, 7, 4, place)?;
        let name = self.text(table, 3, place)?.map(|(name, _)| name);
        let (shown, elements) = match &dims {
            Some(dims) => self.shape(dims, kind, place)?,
            None => (Vec::new(), Some(1)),
        };
        let data = self.data(buffer, table.at, place);
        let sparsity = self.table(table, 6, place)?;
        if let (Some(sparsity), Some(dims)) = (&sparsity, &dims) {
            self.sparsity(sparsity, dims, place)?;
        }
        let quantisation = self.table(table, 4, place)?;
        let quantised = match &quantisation {
            Some(q) => self.quantisation(q, dims.as_ref(), place)?,
            None => false,
        };
        self.variants(table, place)?;
        if let Some(data) = &data {
            self.constant(data, kind, elements, sparsity.is_some(), place)?;
            self.name_buffer(buffer, kind, place);
        }
        if self.model.tensors.len() < MAX_LISTED {
            self.model.tensors.push(Tensor {
                place: Some(place),
                name: name.unwrap_or_default(),
                kind,
                shape: shown,
                quantised,
                data,
                at: table.at,
            });
        }
        Ok(Shape { kind, rank, buffer })
    }

    /// The first dimensions, and the number of elements where it can be told.
    fn shape(
        &mut self,
        dims: &Vector,
        kind: u8,
        place: Place,
    ) -> Result<(Vec<i32>, Option<u64>), ScanError> {
        let mut shown = Vec::new();
        let mut elements = Some(1u64);
        let mut negative = false;
        let mut zero = false;
        for i in 0..self.bounded(dims, "dimensions of one tensor") {
            let dim = self.flat.i32_in(dims, i);
            let dim = self.number(dim, place)?;
            if shown.len() < 16 {
                shown.push(dim);
            }
            negative |= dim < 0;
            zero |= dim == 0;
            elements = elements.and_then(|n| n.checked_mul(u64::try_from(dim).ok()?));
        }
        if zero && !negative {
            elements = Some(0);
        }
        let bits = schema::type_bits(kind).unwrap_or(8);
        let countable = elements
            .and_then(|n| n.checked_mul(bits))
            .is_some_and(|bits| bits <= i64::MAX.unsigned_abs());
        if negative || !countable {
            let shape = shown.clone();
            let kind = AnomalyKind::Shape { shape, negative };
            self.note(kind, place, dims.range());
            elements = None;
        }
        Ok((shown, elements))
    }

    /// Where the constant data of a tensor lies; `None` when it has none.
    fn data(&mut self, buffer: u32, at: u64, place: Place) -> Option<Range<u64>> {
        let count = self.model.buffers;
        if u64::from(buffer) >= count.max(1) {
            let kind = AnomalyKind::Index {
                what: "buffer",
                index: i64::from(buffer),
                count,
            };
            self.note(kind, place, at..at.saturating_add(4));
        }
        if buffer == 0 {
            return None;
        }
        let data = self.buffers.get(buffer as usize)?.data.clone();
        (!data.is_empty()).then_some(data)
    }

    /// Checks constant data against type and shape.
    fn constant(
        &mut self,
        data: &Range<u64>,
        kind: u8,
        elements: Option<u64>,
        sparse: bool,
        place: Place,
    ) -> Result<(), ScanError> {
        let have = data.end.saturating_sub(data.start);
        if kind == STRING {
            return self.strings(data, elements, place);
        }
        let (Some(elements), Some(bits), false) = (elements, schema::type_bits(kind), sparse)
        else {
            return Ok(());
        };
        let need = elements.saturating_mul(bits).div_ceil(8);
        if need != have {
            self.note(AnomalyKind::BufferSize { need, have }, place, data.clone());
        }
        Ok(())
    }

    /// A buffer of strings: `i32` count, count + 1 offsets from its start, the text.
    fn strings(
        &mut self,
        data: &Range<u64>,
        elements: Option<u64>,
        place: Place,
    ) -> Result<(), ScanError> {
        if let Some(problem) = self.strings_problem(data, elements, place)? {
            self.note(AnomalyKind::Strings(problem), place, data.clone());
        }
        Ok(())
    }

    fn strings_problem(
        &mut self,
        data: &Range<u64>,
        elements: Option<u64>,
        place: Place,
    ) -> Result<Option<&'static str>, ScanError> {
        let have = data.end.saturating_sub(data.start);
        let Some(words) = words(data) else {
            return Ok(Some("it is too short for a number of strings"));
        };
        let count = self.flat.i32_in(&words, 0);
        let count = self.number(count, place)?;
        let Ok(count) = u32::try_from(count) else {
            return Ok(Some("the number of strings is negative"));
        };
        if u64::from(count).saturating_add(2) > u64::from(words.len) {
            return Ok(Some("there are fewer offsets than strings"));
        }
        if elements.is_some_and(|n| n != u64::from(count)) {
            return Ok(Some("the number of strings is not that of the elements"));
        }
        let mut last = u64::from(count).saturating_add(2).saturating_mul(4);
        let offsets = Vector {
            start: words.start.saturating_add(4),
            len: count.saturating_add(1),
            element: 4,
        };
        for offset in self.numbers(&offsets, place)? {
            let offset = u64::try_from(offset).unwrap_or(u64::MAX);
            if offset < last || offset > have {
                return Ok(Some("a string begins outside of its place"));
            }
            last = offset;
        }
        if count >= MAX_CHECKED {
            self.limit("strings in one tensor");
        }
        Ok(None)
    }

    /// The first texts of a constant tensor of strings.
    pub(super) fn constant_texts(
        &mut self,
        tensor: i32,
        place: Place,
    ) -> Result<Option<Vec<String>>, ScanError> {
        let mut texts = Vec::new();
        let shape = usize::try_from(tensor)
            .ok()
            .and_then(|t| self.tensors.get(t));
        let Some(buffer) = shape.filter(|s| s.kind == STRING).map(|s| s.buffer) else {
            return Ok(None);
        };
        let Some(data) = self.buffers.get(buffer as usize).map(|b| b.data.clone()) else {
            return Ok(None);
        };
        if self.strings_problem(&data, None, place)?.is_some() {
            return Ok(None);
        }
        let Some(words) = words(&data) else {
            return Ok(None);
        };
        let count = self.flat.u32_in(&words, 0);
        let count = self.number(count, place)?;
        for i in 1..=count.min(4) {
            let from = self.flat.u32_in(&words, i);
            let from = u64::from(self.number(from, place)?);
            let to = self.flat.u32_in(&words, i.saturating_add(1));
            let to = u64::from(self.number(to, place)?);
            let range = data.start.saturating_add(from)..data.start.saturating_add(to);
            self.hidden_graph(&range, place)?;
            let text = self.flat.text(range, super::MAX_NAME);
            texts.push(self.number(text, place)?);
        }
        Ok(Some(texts))
    }

    /// Notes a text that is a graph of TensorFlow.
    fn hidden_graph(&mut self, range: &Range<u64>, place: Place) -> Result<(), ScanError> {
        let len = range.end.saturating_sub(range.start);
        if len < MIN_GRAPH || self.model.graphs.len() >= 256 {
            return Ok(());
        }
        let mut cursor = self.flat.blob().cursor(self.flat.budget());
        if is_graph(&mut cursor, range.clone())? {
            self.model.graphs.push((place, range.clone()));
        }
        Ok(())
    }

    /// Says what a buffer holds; the first tensor that names it decides.
    fn name_buffer(&mut self, buffer: u32, kind: u8, place: Place) {
        if let Some(buffer) = self.buffers.get_mut(buffer as usize)
            && buffer.area.is_none()
        {
            buffer.area = Some(match kind {
                STRING => (RegionKind::Vocabulary, None, place),
                kind => (RegionKind::Weights, Some(schema::element(kind)), place),
            });
        }
    }

    fn variants(&mut self, table: &Table, place: Place) -> Result<(), ScanError> {
        if let Some(variants) = self.vector(table, 9, 4, place)? {
            for i in 0..self.bounded(&variants, "variants of one tensor") {
                if let Some(variant) = self.table_in(&variants, i, place)? {
                    self.vector(&variant, 0, 4, place)?;
                }
            }
        }
        Ok(())
    }

    /// True when numbers are given.
    fn quantisation(
        &mut self,
        table: &Table,
        dims: Option<&Vector>,
        place: Place,
    ) -> Result<bool, ScanError> {
        self.vector(table, 0, 4, place)?;
        self.vector(table, 1, 4, place)?;
        let scale = self.vector(table, 2, 4, place)?;
        let zero = self.vector(table, 3, 8, place)?;
        let details = self.flat.u8(table, 4, 0);
        let details = self.number(details, place)?;
        if let Some(details_table) = self.table(table, 5, place)?
            && details == 1
        {
            self.vector(&details_table, 0, 1, place)?;
        }
        let axis = self.flat.i32(table, 6, 0);
        let axis = self.number(axis, place)?;
        let Some(scale) = scale.filter(|s| s.len > 0) else {
            return Ok(false);
        };
        let rank = dims.map_or(0, |d| d.len);
        let mut problem = None;
        if zero.is_some_and(|z| z.len != 0 && z.len != scale.len) {
            problem = Some("there are other numbers of scales and of zero points");
        }
        if scale.len > 1 {
            let axis = u32::try_from(axis).ok().filter(|a| *a < rank);
            match (axis, dims) {
                (Some(axis), Some(dims)) => {
                    let dim = self.flat.i32_in(dims, axis);
                    let dim = self.number(dim, place)?;
                    if u32::try_from(dim) != Ok(scale.len) {
                        problem = Some("there are not as many scales as the axis is long");
                    }
                }
                _ => problem = Some("the axis of the scales is not one of the tensor's"),
            }
        }
        for bits in self.numbers(&scale, place)? {
            let value = f32::from_bits(i32::try_from(bits).unwrap_or_default().cast_unsigned());
            if !value.is_finite() || value < 0.0 {
                problem = Some("a scale is negative or no number");
                break;
            }
        }
        if let Some(problem) = problem {
            self.note(AnomalyKind::Quantisation(problem), place, scale.range());
        }
        Ok(true)
    }

    fn sparsity(&mut self, table: &Table, dims: &Vector, place: Place) -> Result<(), ScanError> {
        if let Some(problem) = self.sparsity_problem(table, dims, place)? {
            let at = table.range();
            self.note(AnomalyKind::Sparsity(problem), place, at);
        }
        Ok(())
    }

    fn sparsity_problem(
        &mut self,
        table: &Table,
        dims: &Vector,
        place: Place,
    ) -> Result<Option<&'static str>, ScanError> {
        let order = self.vector(table, 0, 4, place)?;
        let blocks = self.vector(table, 1, 4, place)?;
        let levels = self.vector(table, 2, 4, place)?;
        let (order, levels) = match (order, levels) {
            (Some(order), Some(levels)) => (order, levels),
            _ => return Ok(Some("the order of the dimensions is missing")),
        };
        let block_count = blocks.as_ref().map_or(0, |b| b.len);
        let depth = u64::from(dims.len).saturating_add(u64::from(block_count));
        if u64::from(order.len) != depth || order.len != levels.len || depth > 64 {
            return Ok(Some("it describes another number of dimensions"));
        }
        if let Some(blocks) = &blocks {
            for i in 0..blocks.len {
                let dim = self.flat.i32_in(blocks, i);
                let dim = self.number(dim, place)?;
                if u32::try_from(dim).is_ok_and(|d| d < dims.len) {
                    continue;
                }
                return Ok(Some("a block belongs to a dimension that does not exist"));
            }
        }
        let mut seen = 0u64;
        for i in 0..order.len {
            let dim = self.flat.i32_in(&order, i);
            let dim = self.number(dim, place)?;
            let bit = u32::try_from(dim).ok().and_then(|d| 1u64.checked_shl(d));
            match bit {
                Some(bit) if u64::from(dim.unsigned_abs()) < depth && seen & bit == 0 => {
                    seen |= bit;
                }
                _ => return Ok(Some("the order names a dimension twice or one too many")),
            }
            let size = match u32::try_from(dim).ok().filter(|d| *d < dims.len) {
                Some(dim) => {
                    let size = self.flat.i32_in(dims, dim);
                    Some(self.number(size, place)?)
                }
                None => None,
            };
            if let Some(level) = self.table_in(&levels, i, place)?
                && let Some(problem) = self.level(&level, size, place)?
            {
                return Ok(Some(problem));
            }
        }
        Ok(None)
    }

    /// One level: dense, or compressed with segments and indices.
    fn level(
        &mut self,
        level: &Table,
        size: Option<i32>,
        place: Place,
    ) -> Result<Option<&'static str>, ScanError> {
        let format = self.flat.u8(level, 0, 0);
        let format = self.number(format, place)?;
        if format == 0 {
            let dense = self.flat.i32(level, 1, 0);
            let dense = self.number(dense, place)?;
            let wrong = dense < 0 || size.is_some_and(|size| dense > size.max(0));
            return Ok(wrong.then_some("a dimension is larger than the tensor's"));
        }
        if format != 1 {
            return Ok(Some("a dimension is neither dense nor compressed"));
        }
        let (Some(segments), Some(indices)) =
            (self.list(level, 2, place)?, self.list(level, 4, place)?)
        else {
            return Ok(Some("a compressed dimension has no indices"));
        };
        let mut last = 0;
        for segment in self.numbers(&segments, place)? {
            if segment < last || segment > i64::from(indices.len) {
                return Ok(Some("a segment lies outside the indices"));
            }
            last = segment;
        }
        for index in self.numbers(&indices, place)? {
            if index < 0 || size.is_some_and(|size| index >= i64::from(size)) {
                return Ok(Some("an index lies outside the tensor"));
            }
        }
        if segments.len.max(indices.len) > MAX_CHECKED {
            self.limit("indices of a sparse tensor");
        }
        Ok(None)
    }

    /// A list of numbers of one, two or four bytes: a union of three tables.
    fn list(&mut self, level: &Table, id: u16, place: Place) -> Result<Option<Vector>, ScanError> {
        let width = self.flat.u8(level, id, 0);
        let width = match self.number(width, place)? {
            1 => 4,
            2 => 2,
            3 => 1,
            _ => return Ok(None),
        };
        match self.table(level, id.saturating_add(1), place)? {
            Some(list) => self.vector(&list, 0, width, place),
            None => Ok(None),
        }
    }

    /// The first [`MAX_CHECKED`] numbers of a list, read at once: of 8 and 16 bits without a sign, of 32
    /// with one.
    fn numbers(&mut self, list: &Vector, place: Place) -> Result<Vec<i64>, ScanError> {
        let count = list.len.min(MAX_CHECKED);
        self.flat.budget().charge_steps(u64::from(count))?;
        let len = u64::from(count).saturating_mul(u64::from(list.element));
        let range = list.start..list.start.saturating_add(len);
        let bytes = self.flat.bytes(range, usize::MAX);
        let bytes = self.number(bytes, place)?;
        Ok(match list.element {
            4 => {
                let words = bytes.as_chunks().0.iter();
                words.map(|w| i64::from(i32::from_le_bytes(*w))).collect()
            }
            2 => {
                let words = bytes.as_chunks().0.iter();
                words.map(|w| i64::from(u16::from_le_bytes(*w))).collect()
            }
            _ => bytes.iter().map(|b| i64::from(*b)).collect(),
        })
    }
}

/// A buffer as a list of 32-bit numbers.
fn words(data: &Range<u64>) -> Option<Vector> {
    let have = data.end.saturating_sub(data.start);
    let len = u32::try_from(have.div_euclid(4)).ok().filter(|n| *n > 0)?;
    Some(Vector {
        start: data.start,
        len,
        element: 4,
    })
}
